import pkcs11js from 'pkcs11js';
import { HsmError } from './hsm-error.ts';
import type { AesKey } from './hsm.ts';
import { IDENTIFYING_DATA, keyIdOfUnwrapped, type UnwrappedFacts } from './key-id.ts';
import { cmacOf, describeAes, findAes } from './pkcs11-keys.ts';
import { findObjects } from './pkcs11-objects.ts';
import type { Cryptoki, Handle } from './pkcs11-sessions.ts';
import { macKeyTemplate, passingSecretTemplate } from './pkcs11-templates.ts';

interface Wrapped {
  readonly under: Handle;
  readonly blob: Uint8Array;
}

/** RSAES-OAEP with SHA-1, MGF1 over SHA-1 and no label. */
const PARAMETER: pkcs11js.RsaOAEP = {
  type: pkcs11js.CK_PARAMS_RSA_OAEP,
  hashAlg: pkcs11js.CKM_SHA_1,
  mgf: pkcs11js.CKG_MGF1_SHA1,
  source: 1, // CKZ_DATA_SPECIFIED
};
const OAEP: pkcs11js.Mechanism = { mechanism: pkcs11js.CKM_RSA_PKCS_OAEP, parameter: PARAMETER };

/** Unwraps twice: first for this session, to learn what the key is, then for good under the identifier that says so. */
export async function unwrapMacKey(library: Cryptoki, session: Handle, label: string, wrapped: Wrapped): Promise<AesKey> {
  const { mac, checkValue, bits } = await factsOfWrapped(library, session, wrapped);
  const keyId = keyIdOfUnwrapped(mac, checkValue, bits);
  const id = { type: pkcs11js.CKA_ID, value: Buffer.from(keyId) };
  if (findObjects(library, session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY }, id]).length > 0)
    return findAes(library, session, { keyId, checkValue }).key;
  const handle = await unwrap(library, session, wrapped, [
    ...macKeyTemplate(label, keyId),
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_SECRET_KEY },
    { type: pkcs11js.CKA_KEY_TYPE, value: pkcs11js.CKK_AES },
  ]);
  return describeAes(library, session, handle);
}

export async function factsOfWrapped(library: Cryptoki, session: Handle, wrapped: Wrapped): Promise<UnwrappedFacts> {
  const passing = await unwrap(library, session, wrapped, passingSecretTemplate(pkcs11js.CKK_AES));
  const checkValue = encryptedZero(library, session, passing).slice(0, 3);
  const mac = cmacOf(library, session, passing, IDENTIFYING_DATA);
  library.C_DestroyObject(session, passing);
  return { mac, checkValue, bits: await bitsOfWrapped(library, session, wrapped) };
}

/** AES takes 16, 24 and 32 bytes; SoftHSM unwraps any number of bytes and says so only when they are used. */
function encryptedZero(library: Cryptoki, session: Handle, key: Handle): Uint8Array {
  try {
    library.C_EncryptInit(session, { mechanism: pkcs11js.CKM_AES_ECB }, key);
  } catch (cause) {
    throw new HsmError('HSM_INPUT_INVALID', { where: 'unwrapAesKey', detail: 'no AES key', cause });
  }
  return Uint8Array.from(library.C_Encrypt(session, Buffer.alloc(16), Buffer.alloc(16)));
}

/**
 * SoftHSM 2.6 leaves CKA_VALUE_LEN of what it unwraps at zero, and OAEP hides the length. But HMAC takes no key shorter than its hash
 * (CKR_KEY_SIZE_RANGE): with SHA-256 a key of 32 bytes can start, with SHA-1 one of 24, with neither one of 16.
 */
async function bitsOfWrapped(library: Cryptoki, session: Handle, wrapped: Wrapped): Promise<128 | 256> {
  const secret = await unwrap(library, session, wrapped, passingSecretTemplate(pkcs11js.CKK_GENERIC_SECRET));
  const canStart = (mechanism: number) => {
    try {
      library.C_SignInit(session, { mechanism }, secret);
    } catch (error) {
      if (error instanceof pkcs11js.Pkcs11Error && error.code === KEY_SIZE_RANGE) return false;
      throw error;
    }
    library.C_Sign(session, Buffer.alloc(1), Buffer.alloc(64));
    return true;
  };
  const is256 = canStart(pkcs11js.CKM_SHA256_HMAC);
  if (!is256 && canStart(pkcs11js.CKM_SHA_1_HMAC)) throw new HsmError('HSM_INPUT_INVALID', { where: 'unwrapAesKey', detail: 'AES-192' });
  library.C_DestroyObject(session, secret);
  return is256 ? 256 : 128;
}

const KEY_SIZE_RANGE = 0x62;

/**
 * What a token says of a box that is not for its key: GENERAL_ERROR and FUNCTION_FAILED (SoftHSM), ENCRYPTED_DATA_INVALID and _LEN_RANGE,
 * WRAPPED_KEY_INVALID and _LEN_RANGE. Here, and only here, these are the caller's fault and no failing device.
 */
const NOT_FOR_THIS_KEY: ReadonlySet<number> = new Set([0x05, 0x06, 0x40, 0x41, 0x110, 0x112]);

async function unwrap(library: Cryptoki, session: Handle, { under, blob }: Wrapped, template: pkcs11js.Template): Promise<Handle> {
  try {
    return await library.C_UnwrapKeyAsync(session, OAEP, under, Buffer.from(blob), template);
  } catch (cause) {
    if (!(cause instanceof pkcs11js.Pkcs11Error) || !NOT_FOR_THIS_KEY.has(cause.code)) throw cause;
    throw new HsmError('HSM_INPUT_INVALID', { where: 'unwrapAesKey', cause });
  }
}
