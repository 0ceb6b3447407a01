import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { concat, utf8 } from '#encoder/bytes';
import { VirtualCardError } from './virtual-card-error.ts';

/**
 * The file behind a chip's memory: a header and then records, each appended in one write.
 *
 *   record = length of body (4) ‖ CRC-32 of body (4) ‖ body        body = type (1) ‖ payload
 *
 * A process killed at any byte leaves a last record that is short or whose CRC is wrong: it is cut off when the image is
 * opened, as if the write had never begun. Nothing that was acknowledged is ever touched again.
 */
export interface ImageLog {
  readonly records: readonly ImageRecord[];
  /** Whole or absent, and durable when it returns. */
  append(record: ImageRecord): void;
  close(): void;
}

export interface ImageRecord {
  readonly type: number;
  readonly payload: Uint8Array;
}

const HEADER = utf8('CARDMINT CHIP 2\n');
const RECORD_HEAD = 8;
/** A whole EF in one write, and a few bytes of its own. */
const BODY_BYTES_MAX = 70_000;

/** Makes a new image with its first record. It appears under its name whole or not at all. */
export function createImageLog(path: string, first: ImageRecord): void {
  if (existsSync(path)) throw new VirtualCardError('IMAGE_EXISTS');
  const draft = `${path}.draft`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeSync(fd, concat(HEADER, encodeRecord(first)));
    fdatasyncSync(fd);
  } catch (cause) {
    throw new VirtualCardError('IMAGE_WRITE_FAILED', { cause });
  } finally {
    closeSync(fd);
  }
  renameSync(draft, path);
}

/** A folder, a device or a file that no card can have filled is no image. */
const IMAGE_BYTES_MAX = 1024 ** 3;

/** `durable: false` leaves syncing to the kernel: a killed process loses nothing, a power cut of the host may. */
export function openImageLog(path: string, options: { readonly durable?: boolean } = {}): ImageLog {
  if (!existsSync(path)) throw new VirtualCardError('IMAGE_MISSING');
  const file = statSync(path);
  if (!file.isFile() || file.size > IMAGE_BYTES_MAX) throw new VirtualCardError('IMAGE_CORRUPT');
  const bytes = Uint8Array.from(readFileSync(path));
  const { records, end } = decodeRecords(bytes);
  const fd = openSync(path, 'r+');
  if (end < bytes.length) ftruncateSync(fd, end);
  let size = end;
  return {
    records,
    append(record) {
      const encoded = encodeRecord(record);
      if (fstatSync(fd).size !== size) throw new VirtualCardError('IMAGE_IN_USE');
      try {
        writeSync(fd, encoded, 0, encoded.length, size);
        if (options.durable !== false) fdatasyncSync(fd);
      } catch (cause) {
        ftruncateSync(fd, size);
        throw new VirtualCardError('IMAGE_WRITE_FAILED', { cause });
      }
      size += encoded.length;
    },
    close: () => closeSync(fd),
  };
}

function encodeRecord(record: ImageRecord): Uint8Array {
  const body = concat(Uint8Array.of(record.type), record.payload);
  const head = new DataView(new ArrayBuffer(RECORD_HEAD));
  head.setUint32(0, body.length);
  head.setUint32(4, crc32(body));
  return concat(new Uint8Array(head.buffer), body);
}

function decodeRecords(bytes: Uint8Array): { records: readonly ImageRecord[]; end: number } {
  if (Buffer.compare(bytes.subarray(0, HEADER.length), HEADER) !== 0) throw corrupt(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: ImageRecord[] = [];
  let at = HEADER.length;
  while (at + RECORD_HEAD <= bytes.length) {
    const length = view.getUint32(at);
    const next = at + RECORD_HEAD + length;
    if (next > bytes.length && length <= BODY_BYTES_MAX) break;
    if (length === 0 || length > BODY_BYTES_MAX) throw corrupt(at);
    const body = bytes.slice(at + RECORD_HEAD, next);
    if (crc32(body) !== view.getUint32(at + 4)) {
      // A wrong sum in the last record is a write that was cut; anywhere else the file was changed by somebody.
      if (next === bytes.length) break;
      throw corrupt(at);
    }
    records.push({ type: body[0] ?? 0, payload: body.subarray(1) });
    at = next;
  }
  if (records.length === 0) throw corrupt(at);
  return { records, end: at };
}

function corrupt(offset: number): VirtualCardError {
  return new VirtualCardError('IMAGE_CORRUPT', { where: `@${offset}` });
}
