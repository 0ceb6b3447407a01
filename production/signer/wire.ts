/**
 * The signer's requests as they travel: JSON over a unix socket, bytes as base64. One row a request: who may ask it, the
 * schema of what is asked. The answers are small and made by us; the client checks only their presence.
 */
import { Type, type Static, type TSchema } from 'typebox';
import type { SignerClientIdentity } from './contract.ts';

const BASE64 = '^[A-Za-z0-9+/]*={0,2}$';
const Base64 = Type.String({ pattern: BASE64, maxLength: 400_000 });
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
/** A PrintableString or UTF8String of a name: no control character. */
const NamePart = Type.String({ pattern: '^[\\u0020-\\u007e\\u00a0-\\uffff]{1,50}$' });
const CardId = Type.String({ pattern: '^crd-[0-9a-z]{26}$' });
const Fence = Type.Integer({ minimum: 1 });
const object = <P extends Record<string, TSchema>>(properties: P) => Type.Object(properties, { additionalProperties: false });

const Approvals = Type.Array(
  object({ person: Type.String({ maxLength: 32 }), signature: Type.String({ pattern: '^[0-9A-Fa-f]{128}$' }) }),
  { maxItems: 20 },
);

export interface RequestRow {
  readonly callers: readonly SignerClientIdentity[];
  readonly schema: TSchema;
}

const EVERYBODY: readonly SignerClientIdentity[] = ['api', 'line', 'inspector', 'worker', 'authority'];

export const REQUESTS = {
  'public-material': { callers: EVERYBODY, schema: object({}) },
  health: { callers: EVERYBODY, schema: object({}) },
  'citizen-reference': { callers: ['api'], schema: object({ personalNumber: Type.String({ pattern: '^[0-9]{12}$' }) }) },
  'record-key': {
    callers: ['line', 'inspector', 'worker'],
    schema: object({ sealedKey: Base64, context: Type.String({ minLength: 1, maxLength: 200 }) }),
  },
  'transport-keys': {
    callers: ['line'],
    schema: object({ cardId: CardId, fence: Fence, chipId: Type.String({ pattern: '^[0-9A-F]{16}$' }) }),
  },
  'security-object': {
    callers: ['line'],
    schema: object({
      cardId: CardId,
      fence: Fence,
      efCom: Base64,
      dataGroups: Type.Record(Type.String({ pattern: '^([1-9]|1[0-6])$' }), Base64),
    }),
  },
  'terminal-chain': { callers: ['inspector'], schema: object({}) },
  'terminal-signature': {
    callers: ['inspector'],
    schema: object({
      data: Type.String({ pattern: BASE64, maxLength: 1000 }),
      holder: Type.String({ pattern: '^[A-Z]{2}[A-Z0-9]{6,14}$' }),
    }),
  },
  'terminal-certificate': {
    callers: ['authority'],
    schema: object({
      mnemonic: Type.String({ pattern: '^[A-Z0-9]{1,9}$' }),
      point: Type.String({ pattern: BASE64, maxLength: 200 }),
    }),
  },
  'manifest-signature': {
    callers: ['worker'],
    schema: object({ consignmentId: Type.String({ maxLength: 60 }), manifest: Type.String({ maxLength: 16_000_000 }) }),
  },
  'document-signers': { callers: ['authority'], schema: object({}) },
  'document-signer-request': {
    callers: ['authority'],
    schema: object({
      token: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
      count: Type.Integer({ minimum: 1, maximum: 100 }),
      subject: object({
        country: Type.String({ pattern: '^[A-Z]{2}$' }),
        organization: Type.Optional(NamePart),
        organizationalUnit: Type.Optional(NamePart),
        commonName: NamePart,
      }),
    }),
  },
  'admit-document-signer': {
    callers: ['authority'],
    schema: object({ certificate: Base64, issuers: Type.Array(Base64, { maxItems: 2 }), approvals: Approvals }),
  },
  'destroy-document-signer': { callers: ['authority'], schema: object({ signerHash: Sha256, approvals: Approvals }) },
  'import-crl': { callers: ['authority'], schema: object({ crl: Type.String({ pattern: BASE64, maxLength: 1_500_000 }) }) },
  'import-csca-link': { callers: ['authority'], schema: object({ link: Base64, csca: Base64 }) },
  reconcile: { callers: ['authority'], schema: object({}) },
  'cards-of-signer': {
    callers: ['authority'],
    schema: object({
      signerHash: Sha256,
      after: Type.Integer({ minimum: 0 }),
      limit: Type.Integer({ minimum: 1, maximum: 10_000 }),
    }),
  },
  'birth-certificate': { callers: ['worker'], schema: object({ cardId: CardId, claims: Type.Record(Type.String(), Type.Unknown()) }) },
} as const satisfies Record<string, RequestRow>;

export type RequestName = keyof typeof REQUESTS;
export type RequestOf<N extends RequestName> = Static<(typeof REQUESTS)[N]['schema']>;

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
