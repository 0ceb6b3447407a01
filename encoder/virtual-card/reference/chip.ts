import type { ParsedCommandApdu, ResponseApdu } from '#encoder/apdu';
import { StoreDataSequence } from '#encoder/globalplatform';
import { contactlessAtr } from '../atr.ts';
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
  /** The STORE DATA sequence so far. */
  storeData: StoreDataSequence;
  /** The open channel's DEK, for groupings that come encrypted. */
  decryptSensitive?: (data: Uint8Array) => Uint8Array | undefined;
}

/** A chip's STORE DATA sequence fits its buffer: a CV certificate with an RSA-4096 key takes 1.2 KB. */
const STORE_DATA_BYTES_MAX = 4096;

export function freshState(): VolatileState {
  return { directory: 'MF', currentFile: undefined, personalising: false, storeData: new StoreDataSequence(STORE_DATA_BYTES_MAX) };
}

export type Handler = (chip: Chip, command: ParsedCommandApdu) => ResponseApdu | Promise<ResponseApdu>;

export const ISD_AID = Uint8Array.of(0xa0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00);
export const EMRTD_AID = Uint8Array.of(0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01);

export const ATR = contactlessAtr('CARDMINT1');
