import { createCipheriv, createDecipheriv, generateKeyPairSync, scryptSync } from 'node:crypto';
import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { concat, fromHex, Secret, toHex, utf8 } from '#encoder/bytes';
import { CUSTODIAN_ID, type Custodian } from './approval.ts';
import { CeremonyError } from './ceremony-error.ts';
import type { Share } from './shares.ts';

const hex = (bytes: number) => Type.String({ pattern: `^[0-9A-F]{${2 * bytes}}$` });
const strict = { additionalProperties: false } as const;
/** AES-256-GCM: 12 bytes of nonce, ciphertext and 16 bytes of tag (SP 800-38D). */
const Box = Type.Object({ nonce: hex(12), sealed: Type.String({ pattern: '^([0-9A-F]{2}){17,600}$' }) }, strict);

/**
 * One person's file. Who they are is readable; their private key and their share of the authority's PIN are sealed under their own
 * passphrase: scrypt (RFC 7914) gives the key, AES-256-GCM seals, and what is readable is the associated data, so that no line of it can be changed.
 */
export const CustodianFile = Type.Object(
  {
    format: Type.Literal('cardmint-custodian/1'),
    id: Type.String({ pattern: CUSTODIAN_ID.source }),
    name: Type.String({ minLength: 1, maxLength: 100 }),
    /** Ed25519 SubjectPublicKeyInfo, DER. */
    publicKey: hex(44),
    /** `cost` is scrypt's N, a power of two; r = 8, p = 1. */
    scrypt: Type.Object({ cost: Type.Integer({ minimum: 2 ** 10, maximum: 2 ** 20 }), salt: hex(16) }, strict),
    privateKey: Box,
    share: Type.Optional(
      Type.Object(
        { set: hex(16), needed: Type.Integer({ minimum: 2, maximum: 255 }), nonce: hex(12), sealed: Box.properties.sealed },
        strict,
      ),
    ),
  },
  strict,
);
export type CustodianFile = Static<typeof CustodianFile>;

/** A person who has typed their passphrase: they can approve, and give their share. */
export interface PresentCustodian extends Custodian {
  readonly privateKey: Secret;
  readonly share?: Share;
}

/** Characters, in UTF-8: of Vietnamese letters most have two or three bytes. */
export const PASSPHRASE_MIN = 12;
const COST = 2 ** 17;

/** Makes the person's key pair. `random` gives salt and nonce. Throws `CUSTODIAN_PASSPHRASE_SHORT`. */
export function newCustodian(
  who: { readonly id: string; readonly name: string },
  passphrase: Secret,
  { random, cost = COST }: { readonly random: (length: number) => Uint8Array; readonly cost?: number },
): CustodianFile {
  if (passphrase.reveal().filter((byte) => (byte & 0xc0) !== 0x80).length < PASSPHRASE_MIN)
    throw new CeremonyError('CUSTODIAN_PASSPHRASE_SHORT', { where: who.id });
  const pair = generateKeyPairSync('ed25519');
  const publicKey = toHex(Uint8Array.from(pair.publicKey.export({ format: 'der', type: 'spki' })));
  const open = { format: 'cardmint-custodian/1', ...who, publicKey, scrypt: { cost, salt: toHex(random(16)) } } as const;
  const privateKey = Secret.takeOver(Uint8Array.from(pair.privateKey.export({ format: 'der', type: 'pkcs8' })));
  const key = sealingKey(open, passphrase);
  try {
    const file = { ...open, privateKey: seal(key, random(12), privateKey, associated(open)) };
    if (!Check(CustodianFile, file)) throw new CeremonyError('CUSTODIAN_MALFORMED', { where: who.id });
    return file;
  } finally {
    key.destroy();
    privateKey.destroy();
  }
}

/** The same person's file with a share; an earlier share is replaced. Throws `CUSTODIAN_PASSPHRASE_WRONG`. */
export function withShare(file: CustodianFile, passphrase: Secret, share: Share, random: (length: number) => Uint8Array): CustodianFile {
  const key = sealingKey(file, passphrase);
  try {
    unseal(key, file.privateKey, associated(file), file.id).destroy();
    const dealt = { set: toHex(share.set), needed: share.needed };
    return { ...file, share: { ...dealt, ...seal(key, random(12), share.bytes, associated(file, dealt)) } };
  } finally {
    key.destroy();
  }
}

/** Throws `CUSTODIAN_PASSPHRASE_WRONG`, also for a file that was changed: the two cannot be told apart. */
export function openCustodian(file: CustodianFile, passphrase: Secret): PresentCustodian {
  const key = sealingKey(file, passphrase);
  try {
    const privateKey = unseal(key, file.privateKey, associated(file), file.id);
    const who = { ...custodianOf(file), privateKey };
    if (file.share === undefined) return who;
    const { set, needed } = file.share;
    const bytes = unseal(key, file.share, associated(file, { set, needed }), file.id);
    return { ...who, share: { set: fromHex(set), needed, bytes } };
  } finally {
    key.destroy();
  }
}

export function custodianOf({ id, name, publicKey }: CustodianFile): Custodian {
  return { id, name, publicKey: fromHex(publicKey) };
}

/** Throws `CUSTODIAN_MALFORMED`. */
export function readCustodianFile(text: string, where: string): CustodianFile {
  try {
    const value: unknown = JSON.parse(text);
    if (Check(CustodianFile, value) && Number.isInteger(Math.log2(value.scrypt.cost))) return value;
  } catch {
    // Not JSON: not a custodian's file either.
  }
  throw new CeremonyError('CUSTODIAN_MALFORMED', { where });
}

function sealingKey({ scrypt: { cost, salt } }: Pick<CustodianFile, 'scrypt'>, passphrase: Secret): Secret {
  const options = { N: cost, r: 8, p: 1, maxmem: 256 * cost * 8 };
  return Secret.takeOver(Uint8Array.from(scryptSync(passphrase.reveal(), fromHex(salt), 32, options)));
}

/** What is readable in the file, in one order. */
function associated({ format, id, name, publicKey, scrypt }: Omit<CustodianFile, 'privateKey' | 'share'>, share?: object): Uint8Array {
  return utf8(JSON.stringify([format, id, name, publicKey, scrypt.cost, scrypt.salt, share ?? null]));
}

function seal(key: Secret, nonce: Uint8Array, plain: Secret, aad: Uint8Array): Static<typeof Box> {
  const cipher = createCipheriv('aes-256-gcm', key.reveal(), nonce).setAAD(aad);
  const sealed = concat(cipher.update(plain.reveal()), cipher.final(), cipher.getAuthTag());
  return { nonce: toHex(nonce), sealed: toHex(sealed) };
}

function unseal(key: Secret, { nonce, sealed }: Static<typeof Box>, aad: Uint8Array, where: string): Secret {
  const bytes = fromHex(sealed);
  const decipher = createDecipheriv('aes-256-gcm', key.reveal(), fromHex(nonce), { authTagLength: 16 });
  decipher.setAAD(aad).setAuthTag(bytes.subarray(-16));
  try {
    const plain = decipher.update(bytes.subarray(0, -16));
    decipher.final();
    return Secret.takeOver(plain);
  } catch (cause) {
    throw new CeremonyError('CUSTODIAN_PASSPHRASE_WRONG', { where, cause });
  }
}
