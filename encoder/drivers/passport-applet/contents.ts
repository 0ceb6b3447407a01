import { createHash } from 'node:crypto';
import { expectSuccess, isRefusal, StatusWord, type ApduChannel } from '#encoder/apdu';
import { concat } from '#encoder/bytes';
import type { FileStatus } from '../card-driver.ts';
import { DriverError } from '../driver-error.ts';
import { nameOfFile, type FileId } from '../file-id.ts';
import { FILE_BYTES_MAX, readBinary, selectFile } from './commands.ts';

/** The applet fails on asks of more. */
const READ_MAX = 223;

/** SELECT by FID: whether the file is there. Throws CARD_REFUSED for any other answer, 6982 of a locked chip among them. */
export async function selects(channel: ApduChannel, file: FileId): Promise<boolean> {
  const response = await channel.send(selectFile(file.fid));
  if (response.sw === StatusWord.FILE_NOT_FOUND) return false;
  expectSuccess(response, `SELECT ${nameOfFile(file)}`);
  return true;
}

/** The whole of the selected file. Nothing says how long it is but its end: an answer that is short, or a refusal behind it. */
export async function readToEnd(channel: ApduChannel, file: FileId): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < FILE_BYTES_MAX) {
    const le = Math.min(READ_MAX, FILE_BYTES_MAX - at);
    const part = await readPart(channel, file, { at, le });
    parts.push(part);
    at += part.length;
    if (part.length < le) break;
  }
  return concat(...parts);
}

export async function readRange(
  channel: ApduChannel,
  file: FileId,
  { offset, length }: { readonly offset: number; readonly length: number },
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let at = offset; at < offset + length;) {
    const part = await readPart(channel, file, { at, le: Math.min(READ_MAX, offset + length - at) });
    if (part.length === 0) throw invalid(file, `ends at ${at}`);
    parts.push(part);
    at += part.length;
  }
  return concat(...parts);
}

/** What the chip has of these files. One that is closed even to BAC counts as not written. */
export async function readFiles(channel: ApduChannel, files: readonly FileId[]): Promise<readonly FileStatus[]> {
  const found: FileStatus[] = [];
  for (const file of files) {
    const content = await readIfThere(channel, file);
    // Bytes that were never written read as zeros: a file is proven as a whole, or not at all.
    if (content !== null) found.push({ ...file, size: content.length, written: content.length, sha256: sha256(content) });
  }
  return found;
}

async function readIfThere(channel: ApduChannel, file: FileId): Promise<Uint8Array | null> {
  try {
    return (await selects(channel, file)) ? await readToEnd(channel, file) : null;
  } catch (error) {
    if (isRefusal(error, StatusWord.SECURITY_STATUS_NOT_SATISFIED)) return new Uint8Array(0);
    throw error;
  }
}

async function readPart(channel: ApduChannel, file: FileId, { at, le }: { readonly at: number; readonly le: number }): Promise<Uint8Array> {
  const response = await channel.send(readBinary(at, le));
  if (response.sw === StatusWord.WRONG_OFFSET) return new Uint8Array(0);
  const ended = response.sw === StatusWord.END_OF_FILE;
  const data = ended ? response.data : expectSuccess(response, `READ BINARY ${nameOfFile(file)} @${at}`);
  if (data.length > le) throw invalid(file, `${data.length} bytes answered, ${le} asked for`);
  return data;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}

function invalid(file: FileId, detail: string): DriverError {
  return new DriverError('CHIP_ANSWER_INVALID', `READ BINARY ${nameOfFile(file)}`, { detail });
}
