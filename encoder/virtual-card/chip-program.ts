import type { ParsedCommandApdu, ResponseApdu } from '#encoder/apdu';
import type { ChipKey, ChipLifeCycle, ChipMemory } from './memory.ts';

/** Programs that a chip can be born with. The plant's own is `reference`. */
export type ChipProgramName = 'reference' | 'passport-applet' | 'passport-applet-pace' | 'cps';

/** What a program runs on. Memory lasts; everything else a running program holds is gone with the power. */
export interface ChipHardware {
  readonly memory: ChipMemory;
  readonly takeRsaKey: TakeRsaKey;
  /** A program tells when it has made a key pair by itself, for the sake of the chip's speed. */
  readonly keyMade: () => void;
  /** Randomness of the chip. */
  readonly random: (length: number) => Uint8Array;
}

/** Where a chip's slow keys come from: the process that owns the card keeps some ready. */
export type TakeRsaKey = (bits: number) => Promise<ChipKey>;

/** A chip's mask: one command set over the memory that all virtual chips have. */
export interface ChipProgram {
  /** Answer to reset. */
  readonly atr: Uint8Array;
  /** Where in its life a chip with this memory is. */
  lifeCycle(memory: ChipMemory): ChipLifeCycle;
  /** The program as it is after every reset. */
  start(hardware: ChipHardware): RunningProgram;
}

export interface RunningProgram {
  /**
   * One well-formed command; the card sends commands one at a time. What is thrown is a fault of the chip: `VirtualCardError` CARD_VANISHED leaves the
   * reader without an answer, other errors of the memory are 6581, all else is 6F00.
   */
  process(command: ParsedCommandApdu): Promise<ResponseApdu>;
}
