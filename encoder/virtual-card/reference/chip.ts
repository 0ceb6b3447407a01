import type { ParsedCommandApdu, ResponseApdu } from '#encoder/apdu';
import { concat } from '#encoder/bytes';
import type { ChipHardware } from '../chip-program.ts';
import type { FileAddress } from '../memory.ts';

/** What every command of the chip works on: lasting memory, and what a power cut forgets. */
export interface Chip extends ChipHardware {
  readonly volatile: VolatileState;
}

export interface VolatileState {
  /** Where an identifier is looked for. */
  directory: 'MF' | 'eMRTD';
  /** The current EF. */
  currentFile: FileAddress | undefined;
  /** INSTALL [for personalization] named the eMRTD application in this session. */
  personalising: boolean;
  /** Blocks of a STORE DATA sequence so far. */
  storeData: Uint8Array[];
  /** The open channel's DEK, for groupings that come encrypted. */
  decryptSensitive?: (data: Uint8Array) => Uint8Array | undefined;
}

export function freshState(): VolatileState {
  return { directory: 'MF', currentFile: undefined, personalising: false, storeData: [] };
}

export type Handler = (chip: Chip, command: ParsedCommandApdu) => ResponseApdu | Promise<ResponseApdu>;

export const ISD_AID = Uint8Array.of(0xa0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00);
export const EMRTD_AID = Uint8Array.of(0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01);

/** `3B 89 80 01`, nine historical bytes, TCK (ISO/IEC 7816-3 §8.2; the form PC/SC part 3 §3.1.3.2.3.1 gives contactless cards). */
export const ATR = withCheckByte(Uint8Array.of(0x3b, 0x89, 0x80, 0x01, ...Buffer.from('CARDMINT1', 'latin1')));

function withCheckByte(bytes: Uint8Array): Uint8Array {
  return concat(bytes, Uint8Array.of(bytes.subarray(1).reduce((sum, byte) => sum ^ byte, 0)));
}
