import { CURVES } from '#encoder/lds';
import type { CommandApdu } from '#encoder/apdu';
import { ascii, concat, fromHex, uintBE } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import type { MrzFields } from '../access-secrets.ts';
import { DriverError } from '../driver-error.ts';
import type { PrivateNumbers } from '../key-pair.ts';

/** Short Lc alone: the applet answers 6700 to anything longer. */
export const DATA_MAX = 255;
export const FILE_BYTES_MAX = 32_767;
/** The only key of Active Authentication that the applet has room for. */
const RSA_BYTES = 128;
const CAN_REFERENCE = 0x02;

/** PUT DATA 62: the applet makes the keys of BAC from the fields, whose tags it does not look at. */
export function putBacSecrets({ documentNumber, dateOfBirth, dateOfExpiry }: MrzFields): CommandApdu {
  const fields = [tlv(0x5f1f, ascii(documentNumber)), tlv(0x5f18, ascii(dateOfBirth)), tlv(0x5f19, ascii(dateOfExpiry))];
  return putData(0x62, tlv(0x62, ...fields));
}

/** PUT DATA 65, of the variant with PACE. */
export function putCan(can: string): CommandApdu {
  return putData(0x65, tlv(0x65, tlv(0x66, Uint8Array.of(CAN_REFERENCE), ascii(can))));
}

/** PUT DATA 60 and 61, for Active Authentication: modulus and private exponent, or 63, for Chip Authentication. */
export function putPrivateKey(key: PrivateNumbers): readonly CommandApdu[] {
  if (key.kind === 'rsa') return [putData(0x60, rsaNumber(0x60, key.modulus)), putData(0x61, rsaNumber(0x61, key.privateExponent))];
  const { privateValue } = key;
  if (key.curve === 'P-521') throw new DriverError('DRIVER_CANNOT', 'PUT DATA 63', { detail: key.curve });
  const { p, a, b, gx, gy, n, size } = CURVES[key.curve];
  const number = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(2 * size, '0'));
  const members = [
    tlv(0x81, number(p)),
    tlv(0x82, number(a)),
    tlv(0x83, number(b)),
    tlv(0x84, Uint8Array.of(0x04), number(gx), number(gy)),
    tlv(0x85, number(n)),
    tlv(0x86, privateValue),
    tlv(0x87, uintBE(1, 1)),
  ];
  return [putData(0x63, concat(...members))];
}

/** The length byte of the outer object is 00 in the applet's own form. */
function rsaNumber(tag: number, number: Uint8Array): Uint8Array {
  if (number.length > RSA_BYTES)
    throw new DriverError('DRIVER_CANNOT', `PUT DATA ${tag.toString(16)}`, { detail: `${number.length} bytes` });
  const padding = new Uint8Array(RSA_BYTES - number.length);
  return concat(Uint8Array.of(tag, 0x00), tlv(0x04, padding, number));
}

/** CREATE: makes a file, or gives the one that is there another size, up to its first. */
export function createFile(fid: number, size: number): CommandApdu {
  return { cla: 0x00, ins: 0xe0, p1: 0x00, p2: 0x00, data: tlv(0x63, uintBE(size, 2), uintBE(fid, 2)) };
}

export function selectFile(fid: number): CommandApdu {
  return { cla: 0x00, ins: 0xa4, p1: 0x02, p2: 0x0c, data: uintBE(fid, 2) };
}

export function updateBinary(offset: number, data: Uint8Array): CommandApdu {
  return { cla: 0x00, ins: 0xd6, p1: offset >> 8, p2: offset & 0xff, data };
}

export function readBinary(offset: number, le: number): CommandApdu {
  return { cla: 0x00, ins: 0xb0, p1: offset >> 8, p2: offset & 0xff, le };
}

/** DE AF, which only the variant with PACE knows and wants before the lock. */
export const PERSONALISED: CommandApdu = { cla: 0x00, ins: 0xda, p1: 0xde, p2: 0xaf };
/** Irreversible. */
export const LOCK: CommandApdu = { cla: 0x00, ins: 0xda, p1: 0xde, p2: 0xad };
/** No data object has this tag: an applet that is not locked looks for it, and changes nothing. */
export const PUT_NOTHING: CommandApdu = { cla: 0x00, ins: 0xda, p1: 0x00, p2: 0x00, data: Uint8Array.of(0x00, 0x00) };

function putData(p2: number, data: Uint8Array): CommandApdu {
  return { cla: 0x00, ins: 0xda, p1: 0x00, p2, data };
}
