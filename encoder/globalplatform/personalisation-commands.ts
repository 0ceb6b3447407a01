import type { CommandApdu } from '#encoder/apdu';
import { concat, uintBE } from '#encoder/bytes';
import { encodeDataGrouping, type DataGrouping } from './data-grouping.ts';
import { ScpError } from './scp-error.ts';

/** A STORE DATA sequence counts its blocks in P2, one byte (GPC v2.3.1 §11.11.2.2). */
const BLOCKS_MAX = 256;

/** P1 of STORE DATA (GPC v2.3.1 table 11-89): bit 8 last block; bits 7-6 encryption, 11 all, 00 nothing said; bits 5-4 structure, 01 DGI. */
export const STORE_DATA_P1 = { LAST: 0x80, ENCRYPTED: 0x60, STRUCTURE: 0x18, DGI: 0x08 } as const;

/** An AID has 5 to 16 bytes (ISO/IEC 7816-4 §12.2.3). */
const AID_MIN = 5;
const AID_MAX = 16;

/**
 * INSTALL [for personalization] (GPC v2.3.1 §11.5.2.3.6): the STORE DATA that follow go to this application. Throws `ScpError`
 * SCP_NOT_ASKED for what is no AID.
 */
export function installForPersonalization(applicationAid: Uint8Array): CommandApdu {
  if (applicationAid.length < AID_MIN || applicationAid.length > AID_MAX) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'AID', detail: `${applicationAid.length} bytes, ${AID_MIN} to ${AID_MAX} needed` });
  }
  const data = concat(uintBE(0, 2), uintBE(applicationAid.length, 1), applicationAid, uintBE(0, 3));
  return { cla: 0x80, ins: 0xe6, p1: 0x20, p2: 0x00, data, le: 256 };
}

export interface StoreDataOptions {
  /** For groupings that do not say themselves: their data is encrypted under the DEK. */
  readonly encrypted?: boolean;
  /**
   * Greatest number of data bytes in one command, before the secure channel adds its own: `shortDataMax` of the channel. 231 = 255 − 16 − 8
   * fits every channel but S16.
   */
  readonly blockMax?: number;
  /** P1 bits 5-4: `dgi` says DGI structure (GPC); `none` leaves them 00, as EMV CPS 1.1, for which they are reserved. */
  readonly structure?: 'dgi' | 'none';
}

/**
 * STORE DATA (GPC v2.3.1 §11.11; EMV CPS 1.1 §4.3) of data groupings, as many blocks as needed, numbered in P2, the last marked in
 * P1 bit 8. Groupings are packed whole where they fit; one that is larger than a block begins a block of its own and runs on
 * over the next, which it shares with none. Encrypted groupings share no block with others, for P1 speaks for all.
 *
 * Throws `ScpError` SCP_NOT_ASKED: more than 256 blocks, or a grouping that cannot be encoded.
 */
export function storeData(groupings: readonly DataGrouping[], options: StoreDataOptions = {}): readonly CommandApdu[] {
  const { encrypted = false, blockMax = 231, structure = 'dgi' } = options;
  const blocks = packBlocks(
    groupings.map((grouping) => ({ bytes: encodeDataGrouping(grouping), encrypted: grouping.encrypted ?? encrypted })),
    blockMax,
  );
  if (blocks.length === 0) blocks.push({ bytes: new Uint8Array(0), encrypted, closed: true });
  if (blocks.length > BLOCKS_MAX) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'STORE DATA', detail: `${blocks.length} blocks, at most ${BLOCKS_MAX}` });
  }
  return blocks.map((block, i) => ({
    cla: 0x80,
    ins: 0xe2,
    p1:
      (i === blocks.length - 1 ? STORE_DATA_P1.LAST : 0) |
      (block.encrypted ? STORE_DATA_P1.ENCRYPTED : 0) |
      (structure === 'dgi' ? STORE_DATA_P1.DGI : 0),
    p2: i,
    data: block.bytes,
  }));
}

interface Block {
  readonly bytes: Uint8Array;
  readonly encrypted: boolean;
  /** Part of a grouping that runs over blocks: nothing is added. */
  readonly closed: boolean;
}

function packBlocks(groupings: readonly { readonly bytes: Uint8Array; readonly encrypted: boolean }[], blockMax: number): Block[] {
  if (!Number.isInteger(blockMax) || blockMax < 1)
    throw new ScpError('SCP_NOT_ASKED', { where: 'STORE DATA', detail: `blocks of ${blockMax}` });
  const blocks: Block[] = [];
  for (const { bytes, encrypted } of groupings) {
    const last = blocks.at(-1);
    if (last?.closed === false && last.encrypted === encrypted && last.bytes.length + bytes.length <= blockMax) {
      blocks.splice(-1, 1, { bytes: concat(last.bytes, bytes), encrypted, closed: false });
      continue;
    }
    const closed = bytes.length > blockMax;
    for (let at = 0; at < bytes.length; at += blockMax) blocks.push({ bytes: bytes.slice(at, at + blockMax), encrypted, closed });
  }
  return blocks;
}
