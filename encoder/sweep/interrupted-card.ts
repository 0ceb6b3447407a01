import { statSync } from 'node:fs';
import type { Operation } from '#encoder/personalisation';
import { VirtualCard, VirtualCardError, type SlotCard, type TakeRsaKey } from '#encoder/virtual-card';

/**
 * Where the card is pulled: before the command reaches it, after the card has executed it and before its answer is out, or in the middle of the
 * command's write, of which so many bytes are kept.
 */
export type Manner = 'before' | 'after' | { readonly torn: number };

export interface Interruption {
  /** From 1, counted over all readers that the card lies in. */
  readonly command: number;
  readonly manner: Manner;
}

/** One card's way through the readers: what it was told, what struck it. */
export interface CardLog {
  commands: number;
  /** Of each command: one that changed a file has something to tear. */
  readonly kinds: ('write' | 'other')[];
  /** Interruptions that took place. */
  struck: number;
  /** Commands that changed the chip's memory while the journal had no intent that was open. */
  readonly unintended: number[];
  /** Commands at which the card was pulled, not locked, and an inspector took it for finished. */
  readonly taken: number[];
}

export interface InterruptedCardOptions {
  readonly image: string;
  readonly takeRsaKey: TakeRsaKey;
  readonly interruptions: readonly Interruption[];
  readonly log: CardLog;
  /** Of the intent that stands in the journal and has no outcome. */
  readonly intended: () => Operation | undefined;
}

/** A virtual card that leaves its reader at given commands, as if a hand had pulled it, and looks whether what changes it was intended. */
export class InterruptedCard implements SlotCard {
  readonly #card: VirtualCard;
  readonly #options: InterruptedCardOptions;
  #tear: number | undefined;

  constructor(options: InterruptedCardOptions) {
    const { image, takeRsaKey } = options;
    this.#options = options;
    const tears = options.interruptions.flatMap(({ manner }) => (typeof manner === 'string' ? [] : [manner.torn]));
    const faults = tears.map((bytes) => ({ at: () => this.#tear === bytes, effect: { kind: 'torn', bytes } as const }));
    this.#card = VirtualCard.open(image, { takeRsaKey, durable: false, faults });
  }

  get mute(): boolean {
    return this.#card.mute;
  }

  get answerToReset(): Uint8Array {
    return this.#card.answerToReset;
  }

  powerOn(): Uint8Array {
    return this.#card.powerOn();
  }

  powerOff(): void {
    this.#card.powerOff();
  }

  close(): Promise<void> {
    return this.#card.close();
  }

  async process(command: Uint8Array): Promise<Uint8Array> {
    const { interruptions, log } = this.#options;
    log.commands += 1;
    const manner = interruptions.find((one) => one.command === log.commands)?.manner;
    if (manner === 'before') throw this.#pulled();
    this.#tear = typeof manner === 'object' ? manner.torn : undefined;
    const bytesBefore = this.#imageBytes();
    try {
      const answer = await this.#card.process(command);
      if (manner === 'after') throw this.#pulled();
      return answer;
    } catch (error) {
      if (error instanceof VirtualCardError && error.code === 'CARD_UNPOWERED' && this.#tear !== undefined) throw this.#pulled();
      throw error;
    } finally {
      this.#tear = undefined;
      const changed = this.#imageBytes() > bytesBefore;
      log.kinds.push(changed && tears(command, this.#options.intended()) ? 'write' : 'other');
      if (changed && this.#options.intended() === undefined && !CHANNEL_COMMANDS.has(command[1] ?? 0)) log.unintended.push(log.commands);
    }
  }

  /** Every change of the memory is one more record of the image. */
  #imageBytes(): number {
    return statSync(this.#options.image).size;
  }

  /** The reader sees an empty slot, and nothing comes back by itself. */
  #pulled(): VirtualCardError {
    this.#options.log.struck += 1;
    this.#card.powerOff();
    return new VirtualCardError('CARD_VANISHED');
  }
}

/** Writes that may be cut in the middle: those to files, of which a part is kept, and PUT KEY, of which none is. */
function tears(command: Uint8Array, operation: Operation | undefined): boolean {
  return operation === 'writeFile' || (operation === 'replaceKeys' && command[1] === PUT_KEY);
}

const PUT_KEY = 0xd8;

/** INITIALIZE UPDATE and EXTERNAL AUTHENTICATE: a chip counts its sessions, which is nothing that a card is made of. */
const CHANNEL_COMMANDS: ReadonlySet<number> = new Set([0x50, 0x82]);
