import { expectSuccess, type ApduChannel } from '#encoder/apdu';
import { concat } from '#encoder/bytes';
import { TAG_BYTES } from '../binding-tag.ts';
import type { FileId } from '../file-id.ts';
import { createFile, selectFile, updateBinary } from './commands.ts';
import { readRange, selects } from './contents.ts';

/** DG10 is reserved for future use in every version of the LDS (Doc 9303-10 §4.7): no card has this file for itself. */
export const TAG_FILE: FileId = { directory: 'eMRTD', fid: 0x010a };

/** Discretionary data (ISO/IEC 7816-6): 53, length, tag; the file has room for the longest. */
const DISCRETIONARY = 0x53;
const HEADER_BYTES = 2;
export const TAG_FILE_BYTES = HEADER_BYTES + TAG_BYTES.max;

/** Under BAC. Null until the header is whole, which is written last: a tag that was torn is none. */
export async function readTag(channel: ApduChannel): Promise<Uint8Array | null> {
  if (!(await selects(channel, TAG_FILE))) return null;
  const [object, length = 0, ...content] = await readRange(channel, TAG_FILE, { offset: 0, length: TAG_FILE_BYTES });
  const whole = object === DISCRETIONARY && length >= TAG_BYTES.min && length <= TAG_BYTES.max;
  return whole ? Uint8Array.from(content.slice(0, length)) : null;
}

/** In clear. */
export async function writeTag(channel: ApduChannel, tag: Uint8Array): Promise<void> {
  expectSuccess(await channel.send(createFile(TAG_FILE.fid, TAG_FILE_BYTES)), 'CREATE binding tag');
  expectSuccess(await channel.send(selectFile(TAG_FILE.fid)), 'SELECT binding tag');
  const padded = concat(tag, new Uint8Array(TAG_BYTES.max - tag.length));
  expectSuccess(await channel.send(updateBinary(HEADER_BYTES, padded)), 'UPDATE BINARY binding tag');
  expectSuccess(await channel.send(updateBinary(0, Uint8Array.of(DISCRETIONARY, tag.length))), 'UPDATE BINARY binding tag header');
}
