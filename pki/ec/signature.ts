import { concat } from '#encoder/bytes';
import { decodeOnly, enter, tlv } from '#encoder/tlv';
import { EcError } from './ec-error.ts';

/**
 * Tokens return r || s, each as long as the group order (PKCS#11 v2.40 §2.3.1); certificates and CMS carry
 * `ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3).
 */
export function derSignature(raw: Uint8Array): Uint8Array {
  if (raw.length === 0 || raw.length % 2 !== 0) throw new EcError('EC_SIGNATURE_FORM', { detail: `${raw.length} bytes` });
  const half = raw.length / 2;
  return tlv(0x30, derInteger(raw.subarray(0, half)), derInteger(raw.subarray(half)));
}

/** The reverse, strict: minimal positive integers, nothing left over. `size` is the length of the group order in bytes. */
export function rawSignature(der: Uint8Array, size: number): Uint8Array {
  const sequence = decodeOnly(der, 0x30, 'ECDSA-Sig-Value');
  const parts = [enter(sequence, 0x02).rest(), enter(sequence, 0x02).rest()].map((integer) => unsigned(integer, size));
  sequence.end();
  return concat(...parts);
}

function derInteger(value: Uint8Array): Uint8Array {
  const first = value.findIndex((byte) => byte !== 0);
  if (first < 0) throw new EcError('EC_SIGNATURE_FORM', { detail: 'r or s is zero' });
  const minimal = value.subarray(first);
  return (minimal[0] ?? 0) >= 0x80 ? tlv(0x02, Uint8Array.of(0), minimal) : tlv(0x02, minimal);
}

function unsigned(integer: Uint8Array, size: number): Uint8Array {
  const [first, second] = integer;
  const minimal = first !== undefined && first < 0x80 && !(first === 0 && (second ?? 0) < 0x80);
  const value = first === 0 ? integer.subarray(1) : integer;
  if (!minimal || value.length === 0 || value.length > size) throw new EcError('EC_SIGNATURE_FORM', { detail: `${integer.length} bytes` });
  return concat(new Uint8Array(size - value.length), value);
}
