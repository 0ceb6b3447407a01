import { ascii, ByteReader, concat } from '#encoder/bytes';
import { crc32 } from 'node:zlib';

/** What the chunks of a PNG file say (ISO/IEC 15948 §5 and §11), read without inflating anything. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha. */
  readonly colourType: number;
  readonly interlaced: boolean;
  /** Chunks beyond the picture itself, by name: text, time, profiles, EXIF. */
  readonly ancillary: readonly string[];
}

const SIGNATURE = concat(Uint8Array.of(0x89), ascii('PNG'), Uint8Array.of(0x0d, 0x0a, 0x1a, 0x0a));
const CHUNKS_MAX = 1024;
/** Physical size and gamma say how to show the picture and nothing about anybody. */
const HARMLESS: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND', 'pHYs', 'gAMA', 'sRGB', 'sBIT', 'tRNS', 'bKGD', 'cHRM']);

/** Walks all chunks from the signature to IEND, checksums included. Throws a `DecodeError`; judges nothing else. */
export function readPngHeader(bytes: Uint8Array, path = 'PNG'): PngHeader {
  const reader = new ByteReader(bytes, path);
  if (Buffer.compare(reader.take(SIGNATURE.length, 'signature'), SIGNATURE) !== 0) throw reader.error('BYTES_UNEXPECTED', 'signature');
  const ancillary: string[] = [];
  let header: Omit<PngHeader, 'ancillary'> | undefined;
  let data = 0;
  for (let chunks = 0; ; chunks += 1) {
    if (chunks >= CHUNKS_MAX) throw reader.error('BYTES_LIMIT', undefined, `more than ${CHUNKS_MAX} chunks`);
    const { name, body } = readChunk(reader);
    if ((name === 'IHDR') !== (chunks === 0)) throw body.error('BYTES_UNEXPECTED', undefined, 'IHDR is the first chunk and the only one');
    if (name === 'IHDR') header = readHeader(body);
    else if (name === 'IDAT') data += body.remaining;
    else if (!HARMLESS.has(name)) ancillary.push(name);
    if (name === 'IEND') break;
  }
  reader.end();
  if (header === undefined || data === 0) throw reader.error('BYTES_UNEXPECTED', undefined, 'no picture');
  return { ...header, ancillary };
}

function readChunk(reader: ByteReader): { readonly name: string; readonly body: ByteReader } {
  const length = reader.uint(4, 'length');
  const typeBytes = reader.take(4, 'type');
  const name = Buffer.from(typeBytes).toString('latin1');
  if (!/^[A-Za-z]{4}$/.test(name)) throw reader.error('BYTES_UNEXPECTED', 'type');
  const base = reader.offset;
  const content = reader.take(length, name);
  if (reader.uint(4, 'CRC') !== crc32(content, crc32(typeBytes))) throw reader.error('BYTES_UNEXPECTED', `${name}/CRC`);
  return { name, body: new ByteReader(content, `${reader.path}/${name}`, base) };
}

function readHeader(body: ByteReader): Omit<PngHeader, 'ancillary'> {
  const width = body.uint(4, 'width');
  const height = body.uint(4, 'height');
  const bitDepth = body.uint(1, 'bit depth');
  const colourType = body.uint(1, 'colour type');
  const methods = body.uint(2, 'methods');
  const interlaced = body.uint(1, 'interlace') !== 0;
  body.end();
  if (methods !== 0) throw body.error('BYTES_UNEXPECTED', 'methods');
  return { width, height, bitDepth, colourType, interlaced };
}
