import { Type, type Static } from 'typebox';
import { CUSTODIAN_ID } from './approval.ts';

/** What several kinds of step are written with. */
export const strict = { additionalProperties: false } as const;
export const years = (maximum: number): ReturnType<typeof Type.Integer> => Type.Integer({ minimum: 1, maximum });
export const days = (maximum: number): ReturnType<typeof Type.Integer> => Type.Integer({ minimum: 1, maximum });

export const StepId = Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' });
/** A line token's name; the authority's is always `authority`. */
export const LineToken = Type.String({ pattern: '^(?!authority$)[a-z][a-z0-9]{0,9}$' });
export const AUTHORITY = 'authority';

const Text = Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\u0000-\\u001f]*$' });
export const Name = Type.Object(
  {
    country: Type.String({ pattern: '^[A-Z]{2}$' }),
    organization: Type.Optional(Text),
    organizationalUnit: Type.Optional(Text),
    serialNumber: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9 .-]{1,64}$' })),
    commonName: Text,
  },
  strict,
);

export const Curve = Type.Enum(['P-256', 'P-384', 'P-521', 'brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1']);

/** ECDSA with the hash that goes with the curve, or RSA with its padding and hash named (Doc 9303-12 §4.1.6). */
export const KeyChoice = Type.Union([
  Type.Object({ curve: Curve }, strict),
  Type.Object(
    { rsa: Type.Enum([2048, 3072, 4096]), padding: Type.Enum(['pkcs1', 'pss']), hash: Type.Enum(['sha256', 'sha384', 'sha512']) },
    strict,
  ),
]);
export type KeyChoice = Static<typeof KeyChoice>;

export function keyText(choice: KeyChoice): string {
  return 'curve' in choice ? choice.curve : `RSA ${choice.rsa}, ${choice.padding}, ${choice.hash}`;
}

/** Of a card-verifiable certificate: up to nine letters and digits (BSI TR-03110-3 §C.1.3). */
export const Mnemonic = Type.String({ pattern: '^[A-Z0-9]{1,9}$' });

export const Person = Type.Object(
  {
    id: Type.String({ pattern: CUSTODIAN_ID.source }),
    name: Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f]*$' }),
    /** Ed25519 SubjectPublicKeyInfo, DER in hexadecimal. */
    publicKey: Type.String({ pattern: '^302A300506032B6570032100[0-9A-F]{64}$' }),
  },
  strict,
);
