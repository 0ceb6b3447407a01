import { DecodeError } from './decode-error.ts';

/** Upper-case hex: for vectors, logs of public values and file names. Inside the code everything is `Uint8Array`. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').toUpperCase();
}

/** Hex in, bytes out. White space between bytes is allowed, so that a vector can be laid out as its standard prints it. */
export function fromHex(text: string): Uint8Array {
  const compact = text.replace(/\s+/g, '');
  if (compact.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(compact)) {
    throw new DecodeError('HEX_INVALID', { path: 'hex', offset: 0 }, { detail: `length ${compact.length}` });
  }
  return Uint8Array.from(Buffer.from(compact, 'hex'));
}
