import { ascii, type ByteReader, concat, equalBytes } from '#encoder/bytes';

/** The eight bytes that open each record of ISO/IEC 19794:2005: a format identifier (`FAC`, `FIR`, `IIR`) and version `010`, each with a NUL. */
export function recordFormat(identifier: string): Uint8Array {
  return concat(terminated(identifier), terminated('010'));
}

export function readRecordFormat(reader: ByteReader, identifier: string): void {
  for (const [text, field] of [
    [identifier, 'format identifier'],
    ['010', 'version'],
  ] as const) {
    if (!equalBytes(reader.take(4, field), terminated(text))) throw reader.error('BYTES_UNEXPECTED', field);
  }
}

/** Reads an integer that can only be `expected`: a count, or a reserved field. */
export function readConstant(reader: ByteReader, expected: number, size: number, field: string): void {
  const found = reader.uint(size, field);
  if (found !== expected) throw reader.error('BYTES_UNEXPECTED', field, `${found} instead of ${expected}`);
}

function terminated(text: string): Uint8Array {
  return concat(ascii(text), Uint8Array.of(0));
}
