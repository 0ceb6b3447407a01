import { DH_DOMAINS } from '#encoder/access';
import { ByteReader, bytesToInteger, equalBytes, uintBE } from '#encoder/bytes';
import { decodeTlvs, derBitString, derInteger, derNull, derOid, derSequence, enter, oidBytes, tlv } from '#encoder/tlv';
import type { ChipKeyAlgorithm, ChipKeyAlgorithms } from '../chip-keys.ts';
import { DriverError } from '../driver-error.ts';

type Role = keyof ChipKeyAlgorithms;

/** How a key pair is asked for, and how its public half is read. `read` throws CHIP_ANSWER_INVALID, or DecodeError for what is no TLV. */
interface ChipKey {
  /** Control reference template of GENERATE ASYMMETRIC KEY PAIR (chip specification §4). */
  readonly request: Uint8Array;
  readonly read: (template: Uint8Array, operation: string) => Uint8Array;
}

/** BSI TR-03110-3 §A.1.1.2. */
const ID_PK_DH = '0.4.0.127.0.7.2.2.1.1';
/** PKCS #3 §9, which Doc 9303-11 §9.6 asks for. */
const DH_KEY_AGREEMENT = '1.2.840.113549.1.3.1';
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
/** RFC 5480 §2.1.1.1, RFC 5639 §4.1. */
const CURVES: Readonly<Record<string, { readonly oid: string; readonly pointBytes: number }>> = {
  'P-256': { oid: '1.2.840.10045.3.1.7', pointBytes: 65 },
  'P-384': { oid: '1.3.132.0.34', pointBytes: 97 },
  'P-521': { oid: '1.3.132.0.35', pointBytes: 133 },
  brainpoolP256r1: { oid: '1.3.36.3.3.2.8.1.1.7', pointBytes: 65 },
  brainpoolP384r1: { oid: '1.3.36.3.3.2.8.1.1.11', pointBytes: 97 },
  brainpoolP512r1: { oid: '1.3.36.3.3.2.8.1.1.13', pointBytes: 129 },
};
const RSA_BITS = [2048, 1024, 3072] as const;
const TEMPLATES = { activeAuthentication: { tag: 0xb6, reference: 0x01 }, chipAuthentication: { tag: 0xa6, reference: 0x02 } } as const;

const RSA = RSA_BITS.map((bits): [string, Uint8Array] => [`RSA-${bits}`, tlv(0x80, uintBE(bits, 2))]);
const EC = Object.entries(CURVES).map(([name, { oid }]): [string, Uint8Array] => [`EC-${name}`, derOid(oid)]);

const DH = DH_DOMAINS.map(({ name, parameterId }): [string, Uint8Array] => [`DH-${name}`, tlv(0x81, uintBE(parameterId, 1))]);

/** Algorithms by role, as the object that names them inside the template. */
export const CHIP_KEYS: Readonly<Record<Role, Readonly<Record<string, Uint8Array>>>> = {
  activeAuthentication: Object.fromEntries([...RSA, ...EC]),
  chipAuthentication: Object.fromEntries([...EC, ...DH]),
};

/** Undefined when the family has no such key. */
export function chipKey(role: Role, algorithm: ChipKeyAlgorithm): ChipKey | undefined {
  const named = CHIP_KEYS[role][algorithm];
  if (named === undefined) return undefined;
  const { tag, reference } = TEMPLATES[role];
  return {
    request: tlv(tag, tlv(0x84, Uint8Array.of(reference)), named),
    read(template, operation) {
      const key = readPublicKey(template, operation);
      if (key.algorithm !== algorithm) throw invalid(operation, `${key.algorithm}, ${algorithm} was asked for`);
      return key.spki;
    },
  };
}

/**
 * From 7F49 (81 modulus, 82 exponent; or 06 curve, 86 uncompressed point; or 06 id-PK-DH, 81 p, 82 q, 83 g, 84 y) to DER
 * SubjectPublicKeyInfo, with a named curve or the parameters of a known group. Whether the point is on the curve, or the number in
 * the group, is for DG14's builder. Throws CHIP_ANSWER_INVALID.
 */
export function readPublicKey(
  template: Uint8Array,
  operation: string,
): { readonly algorithm: ChipKeyAlgorithm; readonly spki: Uint8Array } {
  const reader = enter(new ByteReader(template, operation), 0x7f49);
  const objects = new Map(decodeTlvs(reader.rest(), operation).map((object) => [object.tag, object.value]));
  const oid = objects.get(0x06);
  if (oid === undefined) return rsa(objects, operation);
  return sameOid(ID_PK_DH, oid) ? dh(objects, operation) : ec(objects, operation);
}

function rsa(objects: ReadonlyMap<number, Uint8Array>, operation: string): { algorithm: ChipKeyAlgorithm; spki: Uint8Array } {
  const [modulus, exponent] = [objects.get(0x81), objects.get(0x82)];
  const bits = (modulus?.length ?? 0) * 8;
  const whole = ((modulus?.[0] ?? 0) & 0x80) !== 0;
  const odd = ((modulus?.at(-1) ?? 0) & 1) === 1;
  if (modulus === undefined || exponent === undefined || exponent.length > 4 || !whole || !odd || !RSA_BITS.some((one) => one === bits)) {
    throw invalid(operation, 'no RSA public key');
  }
  const key = derSequence(derInteger(bytesToInteger(modulus)), derInteger(bytesToInteger(exponent)));
  return { algorithm: `RSA-${bits}`, spki: derSequence(derSequence(derOid(RSA_ENCRYPTION), derNull()), derBitString(key)) };
}

function ec(objects: ReadonlyMap<number, Uint8Array>, operation: string): { algorithm: ChipKeyAlgorithm; spki: Uint8Array } {
  const [oid, point] = [objects.get(0x06), objects.get(0x86)];
  const named = Object.entries(CURVES).find(([, curve]) => sameOid(curve.oid, oid));
  if (named === undefined || point?.length !== named[1].pointBytes || point[0] !== 0x04) {
    throw invalid(operation, 'no uncompressed point of a known curve');
  }
  const algorithm = derSequence(derOid(EC_PUBLIC_KEY), derOid(named[1].oid));
  return { algorithm: `EC-${named[0]}`, spki: derSequence(algorithm, derBitString(point)) };
}

/** The group is one of ours in all its numbers: no chip brings one of its own. */
function dh(objects: ReadonlyMap<number, Uint8Array>, operation: string): { algorithm: ChipKeyAlgorithm; spki: Uint8Array } {
  const [p, q, g, y] = [0x81, 0x82, 0x83, 0x84].map((tag) => bytesToInteger(objects.get(tag) ?? new Uint8Array(0)));
  const domain = DH_DOMAINS.find((known) => known.p === p && known.q === q && known.g === g);
  if (domain === undefined || y === undefined || y < 2n || y >= domain.p) throw invalid(operation, 'no public key of a known group');
  const algorithm = derSequence(derOid(DH_KEY_AGREEMENT), derSequence(derInteger(domain.p), derInteger(domain.g)));
  return { algorithm: `DH-${domain.name}`, spki: derSequence(algorithm, derBitString(derInteger(y))) };
}

function sameOid(dotted: string, contents: Uint8Array | undefined): boolean {
  return contents !== undefined && equalBytes(oidBytes(dotted), contents);
}

function invalid(operation: string, detail: string): DriverError {
  return new DriverError('CHIP_ANSWER_INVALID', operation, { detail });
}
