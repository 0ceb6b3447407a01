import type { CommandApdu } from '#encoder/apdu';
import { ByteReader, concat, uintBE } from '#encoder/bytes';
import { ScpError } from './scp-error.ts';

/** A data grouping (EMV CPS 1.1 §2.2): two-byte identifier, length, data. */
export interface DataGrouping {
  readonly dgi: number;
  readonly data: Uint8Array;
}

/** A DGI's length field is one byte up to 254, else FF and two bytes (EMV CPS 1.1 §2.2). */
const DGI_SHORT_MAX = 0xfe;
const DGI_DATA_MAX = 0xffff;
/** A STORE DATA sequence counts its blocks in P2, one byte (GPC v2.3.1 §11.11.2.2). */
const BLOCKS_MAX = 256;
const GROUPINGS_MAX = 256;

export function encodeDataGrouping({ dgi, data }: DataGrouping): Uint8Array {
  if (data.length > DGI_DATA_MAX) throw new ScpError('SCP_NOT_ASKED', { where: 'DGI', detail: `${data.length} bytes` });
  const length = data.length <= DGI_SHORT_MAX ? uintBE(data.length, 1) : concat(uintBE(0xff, 1), uintBE(data.length, 2));
  return concat(uintBE(dgi, 2), length, data);
}

/** Card side: all data groupings in the bytes of a STORE DATA sequence. Throws `DecodeError`. */
export function decodeDataGroupings(bytes: Uint8Array): readonly DataGrouping[] {
  const reader = new ByteReader(bytes, 'STORE DATA');
  const groupings: DataGrouping[] = [];
  while (reader.remaining > 0) {
    if (groupings.length >= GROUPINGS_MAX) throw reader.error('BYTES_LIMIT', 'DGI', `more than ${GROUPINGS_MAX} data groupings`);
    const dgi = reader.uint(2, 'DGI');
    const short = reader.uint(1, 'length');
    const length = short === 0xff ? reader.uint(2, 'length') : short;
    groupings.push({ dgi, data: reader.take(length, 'data') });
  }
  return groupings;
}

/** INSTALL [for personalization] (GPC v2.3.1 §11.5.2.3.6): the STORE DATA that follow go to this application. */
export function installForPersonalization(applicationAid: Uint8Array): CommandApdu {
  const data = concat(uintBE(0, 2), uintBE(applicationAid.length, 1), applicationAid, uintBE(0, 3));
  return { cla: 0x80, ins: 0xe6, p1: 0x20, p2: 0x00, data, le: 256 };
}

export interface StoreDataOptions {
  /** P1 bits 7-6: 60 when the data of the groupings is encrypted under the DEK, 00 when nothing is said. */
  readonly encrypted?: boolean;
  /** Greatest number of data bytes in one command, before the secure channel adds its own: 255 − 16 − 8 in a short APDU. */
  readonly blockMax?: number;
}

/**
 * STORE DATA (GPC v2.3.1 §11.11) in DGI format (P1 bits 5-4 = 01), as many blocks as needed, numbered in P2, the last marked in P1
 * bit 8. Groupings are packed whole where they fit and run on over blocks where they do not.
 */
export function storeData(groupings: readonly DataGrouping[], options: StoreDataOptions = {}): readonly CommandApdu[] {
  const all = concat(...groupings.map(encodeDataGrouping));
  const blockMax = options.blockMax ?? 231;
  const count = Math.max(1, Math.ceil(all.length / blockMax));
  if (count > BLOCKS_MAX) throw new ScpError('SCP_NOT_ASKED', { where: 'STORE DATA', detail: `${count} blocks, at most ${BLOCKS_MAX}` });
  const p1 = 0x08 | (options.encrypted === true ? 0x60 : 0);
  return Array.from({ length: count }, (_, i) => ({
    cla: 0x80,
    ins: 0xe2,
    p1: i === count - 1 ? p1 | 0x80 : p1,
    p2: i,
    data: all.slice(i * blockMax, (i + 1) * blockMax),
  }));
}
