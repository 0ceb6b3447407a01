import pkcs11js from 'pkcs11js';
import { decodeOnly } from '#encoder/tlv';
import { curveOfOid, type EcCurve } from '#pki/ec';
import { HsmError } from './hsm-error.ts';
import type { HsmObject, HsmObjectKind } from './hsm.ts';
import type { Cryptoki, Handle } from './pkcs11-sessions.ts';

/** More objects than this under one template is not an inventory that a person could check. */
const OBJECTS_MAX = 10_000;

export function findObjects(library: Cryptoki, session: Handle, template: pkcs11js.Template): readonly Handle[] {
  library.C_FindObjectsInit(session, template);
  const found = library.C_FindObjects(session, OBJECTS_MAX);
  library.C_FindObjectsFinal(session);
  return found;
}

/** Exactly one, or a coded refusal: an identifier that two keys share names neither. */
export function findOne(library: Cryptoki, session: Handle, template: pkcs11js.Template): Handle {
  const found = findObjects(library, session, template);
  const [only] = found;
  if (only === undefined) throw new HsmError('HSM_KEY_NOT_FOUND');
  if (found.length > 1) throw new HsmError('HSM_KEY_AMBIGUOUS', { detail: `${found.length} objects` });
  return only;
}

export function readBytes(library: Cryptoki, session: Handle, object: Handle, type: number): Uint8Array {
  const value = library.C_GetAttributeValue(session, object, [{ type }])[0]?.value;
  if (value === undefined) throw new HsmError('HSM_DEVICE_FAILED', { where: 'C_GetAttributeValue' });
  return Uint8Array.from(value);
}

export function readFlag(library: Cryptoki, session: Handle, object: Handle, type: number): boolean {
  return readBytes(library, session, object, type)[0] === 1;
}

/** CKA_EC_POINT is the point inside a DER OCTET STRING (PKCS#11 v2.40 §2.3.3). */
export function readPoint(library: Cryptoki, session: Handle, publicKey: Handle): Uint8Array {
  const value = readBytes(library, session, publicKey, pkcs11js.CKA_EC_POINT);
  return Uint8Array.from(decodeOnly(value, 0x04, 'CKA_EC_POINT').rest());
}

export function readCurve(library: Cryptoki, session: Handle, key: Handle): EcCurve {
  const curve = curveOfOid(readBytes(library, session, key, pkcs11js.CKA_EC_PARAMS));
  if (curve === undefined) throw new HsmError('HSM_MECHANISM_UNSUPPORTED', { where: 'CKA_EC_PARAMS' });
  return curve;
}

export function describe(library: Cryptoki, session: Handle, object: Handle): HsmObject {
  const flag = (type: number) => optional(() => readFlag(library, session, object, type));
  const bytes = (type: number) => optional(() => readBytes(library, session, object, type)) ?? new Uint8Array();
  const attributes = {
    sensitive: flag(pkcs11js.CKA_SENSITIVE),
    extractable: flag(pkcs11js.CKA_EXTRACTABLE),
    alwaysSensitive: flag(pkcs11js.CKA_ALWAYS_SENSITIVE),
    neverExtractable: flag(pkcs11js.CKA_NEVER_EXTRACTABLE),
    local: flag(pkcs11js.CKA_LOCAL),
  };
  return {
    kind: kindOf(bytes(pkcs11js.CKA_CLASS)),
    keyId: bytes(pkcs11js.CKA_ID),
    label: Buffer.from(bytes(pkcs11js.CKA_LABEL)).toString('utf8'),
    ...Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)),
  };
}

/** CKR_ATTRIBUTE_TYPE_INVALID: this kind of object has no such attribute. */
const NO_SUCH_ATTRIBUTE = 0x12;

function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof pkcs11js.Pkcs11Error && error.code === NO_SUCH_ATTRIBUTE) return undefined;
    throw error;
  }
}

const KINDS: ReadonlyMap<number, HsmObjectKind> = new Map<number, HsmObjectKind>([
  [pkcs11js.CKO_PRIVATE_KEY, 'private-key'],
  [pkcs11js.CKO_PUBLIC_KEY, 'public-key'],
  [pkcs11js.CKO_SECRET_KEY, 'secret-key'],
]);

function kindOf(objectClass: Uint8Array): HsmObjectKind {
  return KINDS.get(objectClass[0] ?? -1) ?? 'other';
}
