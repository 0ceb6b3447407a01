import pkcs11js from 'pkcs11js';
import { equalBytes, equalConstantTime } from '#encoder/bytes';
import { HsmError } from './hsm-error.ts';
import type { AesKey, EcKey, RsaKey, SigningKey } from './hsm.ts';
import { factsOfUnwrapped, IDENTIFYING_DATA, keyIdOfPublicKey } from './key-id.ts';
import { describe, findOne, readBytes, readCurve, readFlag, readPoint } from './pkcs11-objects.ts';
import type { Cryptoki, Handle } from './pkcs11-sessions.ts';
import { assertProductionKey } from './production-key.ts';
import { encodeRsaPublicKey, rsaBits } from './rsa.ts';

/** A key and where the token keeps it; handles are good for one login. */
export interface Found<Key> {
  readonly key: Key;
  readonly handle: Handle;
  /** Of a pair: where its public half is. */
  readonly publicHandle?: Handle;
}

export const CMAC_BYTES = 16;

export function findEc(library: Cryptoki, session: Handle, wanted: Pick<EcKey, 'keyId' | 'point'>): Found<EcKey> {
  const pair = findPair(library, session, wanted.keyId);
  const point = readPoint(library, session, pair.publicHandle);
  const curve = readCurve(library, session, pair.handle);
  assertIs(wanted, wanted.point, point);
  if (readCurve(library, session, pair.publicHandle).name !== curve.name)
    throw new HsmError('HSM_KEY_MISMATCH', { where: 'CKA_EC_PARAMS' });
  const purpose = pair.signs ? 'sign' : 'derive';
  return { ...pair, key: Object.freeze<EcKey>({ kind: 'ec', keyId: pair.keyId, curve: curve.name, point, purpose, label: pair.label }) };
}

export function findRsa(library: Cryptoki, session: Handle, wanted: Pick<RsaKey, 'keyId' | 'publicKey'>): Found<RsaKey> {
  const pair = findPair(library, session, wanted.keyId);
  const { publicKey, bits } = readRsaPublicKey(library, session, pair.publicHandle);
  assertIs(wanted, wanted.publicKey, publicKey);
  // The private half carries its modulus too (PKCS#11 v2.40 §2.1.3): that they belong together can be seen without a signature.
  const modulus = (handle: Handle) => readBytes(library, session, handle, pkcs11js.CKA_MODULUS);
  if (!equalBytes(modulus(pair.handle), modulus(pair.publicHandle))) throw new HsmError('HSM_KEY_MISMATCH', { where: 'CKA_MODULUS' });
  const purpose = pair.signs ? 'sign' : 'unwrap';
  return { ...pair, key: Object.freeze<RsaKey>({ kind: 'rsa', keyId: pair.keyId, bits, publicKey, purpose, label: pair.label }) };
}

export function findSigning(library: Cryptoki, session: Handle, wanted: SigningKey): Found<SigningKey> {
  return wanted.kind === 'ec' ? findEc(library, session, wanted) : findRsa(library, session, wanted);
}

export function findAes(library: Cryptoki, session: Handle, wanted: Pick<AesKey, 'keyId' | 'checkValue'>): Found<AesKey> {
  const handle = findOne(library, session, [
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_ID, value: Buffer.from(wanted.keyId) },
  ]);
  const key = describeAes(library, session, handle);
  if (!equalBytes(key.checkValue, wanted.checkValue)) throw new HsmError('HSM_KEY_MISMATCH', { where: 'findAesKey' });
  const { sensitive, extractable } = describe(library, session, handle);
  if (sensitive !== true || extractable !== false) throw new HsmError('HSM_KEY_EXPOSED', { where: 'findAesKey' });
  return { handle, key };
}

export function readRsaPublicKey(library: Cryptoki, session: Handle, handle: Handle): Pick<RsaKey, 'publicKey' | 'bits'> {
  const modulus = readBytes(library, session, handle, pkcs11js.CKA_MODULUS);
  const exponent = readBytes(library, session, handle, pkcs11js.CKA_PUBLIC_EXPONENT);
  return { publicKey: encodeRsaPublicKey(modulus, exponent), bits: rsaBits(8 * modulus.length) };
}

/** A key with no check value of its own was unwrapped: its identifier holds what it is, and the key proves the identifier. */
export function describeAes(library: Cryptoki, session: Handle, handle: Handle): AesKey {
  const bytes = (type: number) => readBytes(library, session, handle, type);
  const keyId = bytes(pkcs11js.CKA_ID);
  const label = labelOf(library, session, handle);
  const checkValue = bytes(pkcs11js.CKA_CHECK_VALUE);
  if (checkValue.length > 0) {
    const bits = bytes(pkcs11js.CKA_VALUE_LEN)[0] === 16 ? 128 : 256;
    return Object.freeze<AesKey>({ kind: 'aes', keyId, bits, checkValue, label });
  }
  const facts = factsOfUnwrapped(keyId);
  if (facts === undefined || !equalConstantTime(cmacOf(library, session, handle, IDENTIFYING_DATA), facts.mac))
    throw new HsmError('HSM_KEY_MISMATCH', { where: 'CKA_ID' });
  return Object.freeze<AesKey>({ kind: 'aes', keyId, bits: facts.bits, checkValue: facts.checkValue, label });
}

export function cmacOf(library: Cryptoki, session: Handle, key: Handle, data: Uint8Array): Uint8Array {
  library.C_SignInit(session, { mechanism: pkcs11js.CKM_AES_CMAC }, key);
  return Uint8Array.from(library.C_Sign(session, Buffer.from(data), Buffer.alloc(CMAC_BYTES)));
}

function findPair(library: Cryptoki, session: Handle, keyId: Uint8Array) {
  const id = { type: pkcs11js.CKA_ID, value: Buffer.from(keyId) };
  const handle = findOne(library, session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY }, id]);
  const publicHandle = findOne(library, session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PUBLIC_KEY }, id]);
  assertProductionKey(describe(library, session, handle));
  return {
    handle,
    publicHandle,
    keyId: Uint8Array.from(keyId),
    label: labelOf(library, session, handle),
    signs: readFlag(library, session, handle, pkcs11js.CKA_SIGN),
  };
}

/** The public half in the token is the one that is wanted, and the identifier is that half's. */
function assertIs(wanted: { readonly keyId: Uint8Array }, publicHalf: Uint8Array, found: Uint8Array): void {
  if (!equalBytes(found, publicHalf) || !equalBytes(keyIdOfPublicKey(found), wanted.keyId)) throw new HsmError('HSM_KEY_MISMATCH');
}

function labelOf(library: Cryptoki, session: Handle, handle: Handle): string {
  return Buffer.from(readBytes(library, session, handle, pkcs11js.CKA_LABEL)).toString('utf8');
}
