import { ByteReader, concat, DecodeError } from '#encoder/bytes';
import {
  DER,
  decodeOnly,
  derBitString,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  enter,
  readBitString,
  readInteger,
  readNull,
  readOctetString,
  readOid,
  readSmallInteger,
} from '#encoder/tlv';
import { CURVES, isOnCurve, type CurveName } from './curves.ts';

/** The two kinds of chip keys a profile can ask for, as far as a card maker must know them. */
export type PublicKey =
  | {
      readonly kind: 'ec';
      readonly curve: CurveName;
      /** Uncompressed: `04 ‖ x ‖ y`. */
      readonly point: Uint8Array;
    }
  | { readonly kind: 'rsa'; readonly modulus: bigint; readonly exponent: bigint; readonly bits: number };

const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const PRIME_FIELD = '1.2.840.10045.1.1';
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';

/**
 * SubjectPublicKeyInfo of an EC key with explicit domain parameters. Doc 9303-11 §9.5.2: "domain parameters MUST be
 * described explicitly in the ECParameters structure … named curves and implicit domain parameters MUST NOT be used", and
 * §9.2 asks for "the corresponding ChipAuthenticationPublicKeyInfo using explicit domain parameters". The standardised
 * parameter number of §9.5.1 would be shorter, but readers in the field take ecPublicKey with ECParameters and not all
 * of them the number. Without the optional seed, with the cofactor: what OpenSSL writes for brainpool curves.
 *
 * ```
 * ECParameters ::= SEQUENCE { version INTEGER (1), fieldID SEQUENCE { prime-field, p },
 *   curve SEQUENCE { a OCTET STRING, b OCTET STRING, seed BIT STRING OPTIONAL },
 *   base OCTET STRING, order INTEGER, cofactor INTEGER OPTIONAL }
 * ```
 *
 * @param point uncompressed; a point that is not on the curve is a `DecodeError`
 */
export function ecSubjectPublicKeyInfo(name: CurveName, point: Uint8Array): Uint8Array {
  assertOnCurve(name, point, new ByteReader(point, 'point'));
  return derSequence(derSequence(derOid(EC_PUBLIC_KEY), ecParameters(name)), derBitString(point));
}

/**
 * Reads a SubjectPublicKeyInfo from a chip or a certificate: RSA, or EC on one of our curves with explicit or named
 * parameters. An unknown algorithm or curve and a point off its curve are `DecodeError`s.
 */
export function decodeSubjectPublicKeyInfo(bytes: Uint8Array, path = 'SubjectPublicKeyInfo'): PublicKey {
  const info = decodeOnly(bytes, DER.SEQUENCE, path);
  const algorithm = enter(info, DER.SEQUENCE);
  const oid = readOid(algorithm);
  if (oid === EC_PUBLIC_KEY) {
    const curve = readCurve(algorithm);
    const key = readBitString(info);
    info.end();
    const point = key.rest();
    assertOnCurve(curve, point, key);
    return { kind: 'ec', curve, point };
  }
  if (oid !== RSA_ENCRYPTION) throw algorithm.error('BYTES_UNEXPECTED', 'algorithm', 'neither RSA nor EC');
  readNull(algorithm);
  algorithm.end();
  const key = readBitString(info);
  info.end();
  const rsa = enter(key, DER.SEQUENCE);
  key.end();
  const modulus = readInteger(rsa);
  const exponent = readInteger(rsa);
  rsa.end();
  return { kind: 'rsa', modulus, exponent, bits: modulus.toString(2).length };
}

/** Checks the outer form only, for keys of algorithms that this room does not know: SEQUENCE { SEQUENCE { OID … } BIT STRING }. */
export function checkSubjectPublicKeyInfo(bytes: Uint8Array, path: string, offset = 0): void {
  const reader = new ByteReader(bytes, path, offset);
  const info = enter(reader, DER.SEQUENCE);
  reader.end();
  readOid(enter(info, DER.SEQUENCE));
  enter(info, DER.BIT_STRING);
  info.end();
}

function ecParameters(name: CurveName): Uint8Array {
  const { p, a, b, gx, gy, n, size } = CURVES[name];
  return derSequence(
    derInteger(1),
    derSequence(derOid(PRIME_FIELD), derInteger(p)),
    derSequence(derOctetString(element(a, size)), derOctetString(element(b, size))),
    derOctetString(concat(Uint8Array.of(0x04), element(gx, size), element(gy, size))),
    derInteger(n),
    derInteger(1),
  );
}

function readCurve(algorithm: ByteReader): CurveName {
  const named = algorithm.peek() === DER.OBJECT_IDENTIFIER;
  const found = named ? curveByOid(readOid(algorithm)) : readExplicitParameters(algorithm);
  algorithm.end();
  if (found === undefined) throw algorithm.error('BYTES_UNEXPECTED', 'parameters', 'not a curve of this system');
  return found;
}

/** All of p, a, b, base point and order must be those of one curve: a swapped base point is an attack on key agreement. */
function readExplicitParameters(algorithm: ByteReader): CurveName | undefined {
  const parameters = enter(algorithm, DER.SEQUENCE);
  readSmallInteger(parameters, 3);
  const field = enter(parameters, DER.SEQUENCE);
  if (readOid(field) !== PRIME_FIELD) throw field.error('BYTES_UNEXPECTED', 'fieldID', 'not a prime field');
  const p = readInteger(field);
  field.end();
  const curve = enter(parameters, DER.SEQUENCE);
  const a = unsigned(readOctetString(curve));
  const b = unsigned(readOctetString(curve));
  if (curve.remaining > 0) enter(curve, DER.BIT_STRING);
  curve.end();
  const base = readOctetString(parameters);
  const n = readInteger(parameters);
  const cofactor = parameters.remaining > 0 ? readSmallInteger(parameters) : 1;
  parameters.end();
  return curveNames().find((name) => {
    const known = CURVES[name];
    const sameBase = unsigned(base) === unsigned(concat(Uint8Array.of(0x04), element(known.gx, known.size), element(known.gy, known.size)));
    return known.p === p && known.a === a && known.b === b && sameBase && known.n === n && cofactor === 1;
  });
}

function curveByOid(oid: string): CurveName | undefined {
  return curveNames().find((name) => CURVES[name].oid === oid);
}

function curveNames(): readonly CurveName[] {
  return Object.keys(CURVES) as CurveName[];
}

function assertOnCurve(name: CurveName, point: Uint8Array, at: ByteReader): void {
  const curve = CURVES[name];
  const uncompressed = point.length === 1 + 2 * curve.size && point[0] === 0x04;
  const x = unsigned(point.subarray(1, 1 + curve.size));
  const y = unsigned(point.subarray(1 + curve.size));
  if (!uncompressed || !isOnCurve(curve, x, y)) {
    throw new DecodeError(
      'BYTES_UNEXPECTED',
      { path: `${at.path}/point`, offset: at.offset },
      { detail: `not an uncompressed point of ${name}` },
    );
  }
}

function element(value: bigint, size: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex'));
}

function unsigned(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}
