import { createPublicKey, type KeyObject } from 'node:crypto';
import { DecodeError, uintBE } from '#encoder/bytes';
import { ecSubjectPublicKeyInfo } from '#encoder/lds';
import { decodeOnly, enter, readTlv, tlv } from '#encoder/tlv';
import { EC_CURVES, type EcCurve, type EcCurveName } from './curves.ts';
import { EcError } from './ec-error.ts';

/** id-ecPublicKey 1.2.840.10045.2.1 (RFC 3279 §2.3.5). */
const ID_EC_PUBLIC_KEY = Uint8Array.of(0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);

/**
 * SubjectPublicKeyInfo with the domain parameters spelled out, as Doc 9303-12 §4.1.6 demands for every certificate of the
 * eMRTD PKI: no named curve, uncompressed base point, cofactor present (and absent seed: no verifier recomputes it). The point is on the
 * curve, else `EcError` EC_POINT_INVALID.
 */
export function explicitSpki(curveName: EcCurveName, point: Uint8Array): Uint8Array {
  try {
    return ecSubjectPublicKeyInfo(curveName, point);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new EcError('EC_POINT_INVALID', { where: curveName, detail: `${point.length} bytes`, cause });
  }
}

/** SubjectPublicKeyInfo that names its curve, for the keys outside the eMRTD PKI (plant signer, record key, JWS). */
export function namedSpki(curveName: EcCurveName, point: Uint8Array): Uint8Array {
  const curve = EC_CURVES[curveName];
  return spki(curve.oidDer, checkedForm(curve, point));
}

/** A key object for node:crypto. OpenSSL refuses a point that is not on the curve. */
export function publicKeyOfPoint(curveName: EcCurveName, point: Uint8Array): KeyObject {
  const der = namedSpki(curveName, point);
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new EcError('EC_POINT_INVALID', { where: curveName, cause });
  }
}

/** What the BIT STRING of a SubjectPublicKeyInfo holds: of an EC key, named or explicit, the point; of an RSA key RSAPublicKey in DER. */
export function pointOfKey(spkiDer: Uint8Array): Uint8Array {
  const outer = decodeOnly(spkiDer, 0x30, 'spki');
  readTlv(outer);
  const bits = enter(outer, 0x03);
  if (bits.uint(1, 'unused bits') !== 0) throw new EcError('EC_POINT_INVALID', { where: 'spki' });
  return Uint8Array.from(bits.rest());
}

function spki(parameters: Uint8Array, point: Uint8Array): Uint8Array {
  return tlv(0x30, tlv(0x30, ID_EC_PUBLIC_KEY, parameters), tlv(0x03, uintBE(0, 1), point));
}

function checkedForm(curve: EcCurve, point: Uint8Array): Uint8Array {
  if (point.length !== 2 * curve.size + 1 || point[0] !== 0x04) {
    throw new EcError('EC_POINT_INVALID', { where: curve.name, detail: `${point.length} bytes` });
  }
  return point;
}
