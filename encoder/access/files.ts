import { type ApduChannel, type CardError, expectSuccess, isRefusal, type ResponseApdu, StatusWord } from '#encoder/apdu';
import { ByteReader, concat, DecodeError, fromHex, uintBE } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';

/** AID of the eMRTD application (Doc 9303-10 §3.5). */
export const EMRTD_AID = fromHex('A0000002471001');

/** Largest plain answer that fits a short APDU under AES or 3DES secure messaging, with DO'87', DO'99' and DO'8E'. */
export const SHORT_READ_MAX = 223;
/** READ BINARY with an even instruction byte reaches offsets of 15 bits; beyond, the odd one names them in DO'54'. */
const EVEN_OFFSET_MAX = 0x7fff;
/** No file of Doc 9303-10 is larger on any chip. */
const FILE_BYTES_MAX = 65_535 + 4;
/** Some chips answer with less than was asked for, by the buffer they have. One that goes on by the byte keeps a seat busy for hours. */
const READS_MAX = { timesLeast: 4, more: 64 } as const;
/** Tag of up to two bytes and length of up to four: enough of a file to know how long it is. */
const HEADER_BYTES = 6;

export interface ReadOptions {
  /** Selected by path from the master file; default: in the current directory. */
  readonly byPath?: boolean;
  /** Most bytes asked for at once; above 223 the answers need extended length. Default 223. */
  readonly readMax?: number;
  readonly fileBytesMax?: number;
  /**
   * False asks for `readMax` bytes at once, which saves a command a file on chips that answer with what there is (6282 or 9000). Default
   * true: the first six bytes alone, which every chip answers. A chip that refuses the long read is asked for the header all the same.
   */
  readonly headerFirst?: boolean;
  /** Of a file that is no data object and has a fixed length, as EF.CVCA has. */
  readonly length?: number;
}

/** SELECT by AID (00 A4 04 0C), without asking for file control information. */
export async function selectApplication(channel: ApduChannel, aid: Uint8Array = EMRTD_AID): Promise<void> {
  const response = await channel.send({ cla: 0, ins: 0xa4, p1: 0x04, p2: 0x0c, data: aid });
  expectSuccess(response, 'SELECT application');
}

/** SELECT by file identifier (00 A4 02 0C). It never selects the MF first: Vietnamese cards answer that with 6D00. */
export async function selectFile(channel: ApduChannel, fid: number): Promise<void> {
  await select(channel, fid, SELECT_BY.elementaryFile);
}

/** SELECT by path from the master file (00 A4 08 0C), whatever the current directory is. Not every chip has it. */
async function selectByPath(channel: ApduChannel, fid: number): Promise<void> {
  await select(channel, fid, SELECT_BY.path);
}

/** P1 of SELECT (ISO/IEC 7816-4 table 63). */
const SELECT_BY = { elementaryFile: 0x02, path: 0x08 } as const;

async function select(channel: ApduChannel, fid: number, p1: number): Promise<void> {
  const response = await channel.send({ cla: 0, ins: 0xa4, p1, p2: 0x0c, data: uintBE(fid, 2) });
  expectSuccess(response, `SELECT ${name(fid)}`);
}

/**
 * Reads a whole elementary file: SELECT, its header for the length, then the rest in the fewest commands. The result is the file's
 * data object and nothing after it.
 *
 * Errors: `CardError` CARD_REFUSED (6A82: no such file; 6982: not allowed); `AccessError` ACCESS_FILE_INVALID for a header that is
 * no data object, a length beyond the limit, or a file that ends before it; the channel's own.
 */
export async function readFile(channel: ApduChannel, fid: number, options: ReadOptions = {}): Promise<Uint8Array> {
  const where = name(fid);
  await (options.byPath === true ? selectByPath(channel, fid) : selectFile(channel, fid));
  const readMax = options.readMax ?? SHORT_READ_MAX;
  const first = await readStart(
    channel,
    Math.min(readMax, options.length ?? (options.headerFirst === false ? readMax : HEADER_BYTES)),
    where,
  );
  const parts = [first];
  let have = first.length;
  const total = options.length ?? fileLength(first, where);
  const limit = Math.min(options.fileBytesMax ?? FILE_BYTES_MAX, FILE_BYTES_MAX);
  if (total > limit) throw new AccessError('ACCESS_FILE_INVALID', { where, detail: `${total} bytes, at most ${limit}` });
  let readsLeft = READS_MAX.timesLeast * Math.ceil(total / readMax) + READS_MAX.more;
  while (have < total) {
    if (readsLeft === 0) throw new AccessError('ACCESS_FILE_INVALID', { where, detail: `comes by the byte: ${have} of ${total}` });
    readsLeft -= 1;
    const part = await readPart(channel, { offset: have, length: Math.min(readMax, total - have), where });
    // Each round brings at least one byte, so that a chip cannot keep the loop running.
    if (part.length === 0) throw new AccessError('ACCESS_FILE_INVALID', { where, detail: `ends after ${have} of ${total} bytes` });
    parts.push(part);
    have += part.length;
  }
  return concat(...parts).slice(0, total);
}

async function readStart(channel: ApduChannel, length: number, where: string): Promise<Uint8Array> {
  try {
    return await readPart(channel, { offset: 0, length, where });
  } catch (error) {
    if (length === HEADER_BYTES || !isRefusal(error) || isFileUnavailable(error)) throw error;
    return readPart(channel, { offset: 0, length: HEADER_BYTES, where });
  }
}

/** READ BINARY of the selected file. A warning that the file ended (6282) is no error: the caller counts bytes. */
async function readPart(channel: ApduChannel, at: { offset: number; length: number; where: string }): Promise<Uint8Array> {
  const { offset, length, where } = at;
  const operation = `READ BINARY ${where}`;
  if (offset <= EVEN_OFFSET_MAX) {
    const response = await channel.send({ cla: 0, ins: 0xb0, p1: offset >> 8, p2: offset & 0xff, le: length });
    return within(readData(response, operation), length, where);
  }
  // DO'53' around the answer takes up to four bytes of what the channel can carry.
  const asked = Math.max(1, length - 4);
  const data = tlv(0x54, uintBE(offset, 2));
  const response = await channel.send({ cla: 0, ins: 0xb1, p1: 0, p2: 0, data, le: asked + 4 });
  return within(discretionaryData(readData(response, operation), where), length, where);
}

function readData(response: ResponseApdu, operation: string): Uint8Array {
  return response.sw === StatusWord.END_OF_FILE ? response.data : expectSuccess(response, operation);
}

function within(data: Uint8Array, length: number, where: string): Uint8Array {
  if (data.length <= length) return data;
  throw new AccessError('ACCESS_FILE_INVALID', { where, detail: `${data.length} bytes answered, ${length} asked for` });
}

function discretionaryData(data: Uint8Array, where: string): Uint8Array {
  return invalidAsFile(where, () => {
    const reader = new ByteReader(data, where);
    if (reader.uint(1, 'tag') !== 0x53) throw reader.error('BYTES_UNEXPECTED', 'tag');
    const value = reader.take(berLength(reader));
    reader.end();
    return value;
  });
}

/** Length of the whole file from its first bytes: tag, length, value. */
function fileLength(header: Uint8Array, where: string): number {
  return invalidAsFile(where, () => {
    const reader = new ByteReader(header, where);
    const tag = reader.uint(1, 'tag');
    if ((tag & 0x1f) === 0x1f) reader.uint(1, 'tag');
    const length = berLength(reader);
    return header.length - reader.remaining + length;
  });
}

function berLength(reader: ByteReader): number {
  const first = reader.uint(1, 'length');
  if (first < 0x80) return first;
  if (first < 0x81 || first > 0x83) throw reader.error('BYTES_LIMIT', 'length', 'length of the length');
  return reader.uint(first & 0x7f, 'length');
}

/** Reads content that was malformed as a file's own fault. */
export function invalidAsFile<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new AccessError('ACCESS_FILE_INVALID', { where, cause });
  }
}

function name(fid: number): string {
  return `EF ${fid.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The file is absent or closed to this session, as opposed to the chip being gone or out of order. */
export function isFileUnavailable(error: unknown): error is CardError {
  return isRefusal(error, StatusWord.FILE_NOT_FOUND, StatusWord.SECURITY_STATUS_NOT_SATISFIED, StatusWord.CONDITIONS_NOT_SATISFIED);
}
