import { ByteReader, fromHex } from '#encoder/bytes';
import { decodeTlvs, enter, tlv } from '#encoder/tlv';
import { DriverError } from '../driver-error.ts';

const RSA_ENCRYPTION = fromHex('06 09 2A864886F70D010101 05 00');
/** id-ecPublicKey with the named curve brainpoolP256r1 (RFC 5639 §4.1). */
const EC_BRAINPOOL_P256R1 = fromHex('06 07 2A8648CE3D0201 06 09 2B2403030208010107');
const MODULUS_BYTES = 256;
const POINT_BYTES = 65;

/** From 7F49 with 81 (modulus) and 82 (exponent) to DER SubjectPublicKeyInfo. Throws CHIP_ANSWER_INVALID: not RSA-2048, or weak in form. */
export function rsaSpki(template: Uint8Array, operation: string): Uint8Array {
  const objects = publicObjects(template, operation);
  const [modulus, exponent] = [objects.get(0x81), objects.get(0x82)];
  const top = modulus?.[0] ?? 0;
  const odd = ((modulus?.at(-1) ?? 0) & 1) === 1;
  if (modulus?.length !== MODULUS_BYTES || (top & 0x80) === 0 || !odd || exponent === undefined || exponent.length > 4) {
    throw new DriverError('CHIP_ANSWER_INVALID', operation, { detail: 'no RSA-2048 public key' });
  }
  return spki(RSA_ENCRYPTION, tlv(0x30, unsignedInteger(modulus), unsignedInteger(exponent)));
}

/** From 7F49 with 86 (uncompressed point) to DER SubjectPublicKeyInfo. Whether the point is on the curve is for DG14's builder. */
export function ecSpki(template: Uint8Array, operation: string): Uint8Array {
  const point = publicObjects(template, operation).get(0x86);
  if (point?.length !== POINT_BYTES || point[0] !== 0x04) {
    throw new DriverError('CHIP_ANSWER_INVALID', operation, { detail: 'no uncompressed point of 256 bits' });
  }
  return spki(EC_BRAINPOOL_P256R1, point);
}

function publicObjects(template: Uint8Array, operation: string): ReadonlyMap<number, Uint8Array> {
  const reader = enter(new ByteReader(template, operation), 0x7f49);
  return new Map(decodeTlvs(reader.rest(), operation).map((object) => [object.tag, object.value]));
}

function spki(algorithm: Uint8Array, key: Uint8Array): Uint8Array {
  return tlv(0x30, tlv(0x30, algorithm), tlv(0x03, Uint8Array.of(0), key));
}

/** DER INTEGER of an unsigned number: no leading zeros but the one that keeps it positive (X.690 §8.3). */
function unsignedInteger(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const value = bytes.slice(start < 0 ? bytes.length - 1 : start);
  return ((value[0] ?? 0) & 0x80) === 0 ? tlv(0x02, value) : tlv(0x02, Uint8Array.of(0), value);
}
