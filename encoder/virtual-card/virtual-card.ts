import { randomBytes } from 'node:crypto';
import { encodeResponse, parseCommand, StatusWord, type ResponseApdu } from '#encoder/apdu';
import { DecodeError, toHex } from '#encoder/bytes';
import { ATR, freshState, status, type Chip, type TakeRsaKey } from './chip.ts';
import { makeRsaKey } from './key-pool.ts';
import { ChipMemory, sha256, type ChipLifeCycle } from './memory.ts';
import { PersonalisationState } from './personalisation-commands.ts';
import { CardTiming, type Timing } from './timing.ts';
import { TravelState } from './travel-commands.ts';
import { VirtualCardError } from './virtual-card-error.ts';

export interface VirtualCardOptions {
  /** Where RSA keys come from; made on the spot when nobody keeps a pool. */
  readonly takeRsaKey?: TakeRsaKey;
  readonly random?: (length: number) => Uint8Array;
  /** Speed of the contacts and of the chip; as fast as the machine when absent. */
  readonly timing?: Timing;
  /** `false`: writes reach the file but not the disk before they are answered; a killed process still loses nothing. */
  readonly durable?: boolean;
  /** Told of errors inside the chip, which its terminal sees as 6F00. */
  readonly onFault?: (error: unknown) => void;
}

/**
 * One chip card over its memory image: power, and one command at a time. A power cut forgets sessions and the current
 * file; everything answered with 9000 is in the image. One image is opened by one process at a time.
 */
export class VirtualCard {
  readonly #memory: ChipMemory;
  readonly #chip: Omit<Chip, 'volatile'>;
  readonly #timing: CardTiming;
  readonly #onFault: (error: unknown) => void;
  #state: PersonalisationState | TravelState | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(memory: ChipMemory, options: VirtualCardOptions) {
    this.#memory = memory;
    this.#chip = {
      memory,
      takeRsaKey: options.takeRsaKey ?? makeRsaKey,
      random: options.random ?? ((length) => Uint8Array.from(randomBytes(length))),
    };
    this.#timing = new CardTiming(options.timing);
    this.#onFault = options.onFault ?? (() => {});
  }

  /** Errors: `VirtualCardError` IMAGE_MISSING, IMAGE_CORRUPT. */
  static open(path: string, options: VirtualCardOptions = {}): VirtualCard {
    return new VirtualCard(ChipMemory.open(path, options.durable === undefined ? {} : { durable: options.durable }), options);
  }

  /** Printed on the card body. */
  get serial(): string {
    return this.#memory.serial;
  }

  get lifeCycle(): ChipLifeCycle {
    return this.#memory.lifeCycle;
  }

  get mute(): boolean {
    return this.#memory.mute;
  }

  /** What an owner of the memory can compare without a reader: each file's place, size and SHA-256. */
  fileDigests(): readonly { readonly directory: 'MF' | 'eMRTD'; readonly fid: number; readonly size: number; readonly sha256: string }[] {
    return this.#memory
      .files()
      .toSorted((a, b) => a.address - b.address)
      .map(({ directory, fid, content }) => ({ directory, fid, size: content.length, sha256: toHex(sha256(content)).toLowerCase() }));
  }

  /** Answer to reset; no bytes from a mute card. */
  powerOn(): Uint8Array {
    this.#state = undefined;
    if (this.mute) return new Uint8Array(0);
    this.#start();
    return ATR;
  }

  /** The ATR without touching the power: what a reader remembers of the last reset. */
  get answerToReset(): Uint8Array {
    return this.mute ? new Uint8Array(0) : ATR;
  }

  powerOff(): void {
    this.#state = undefined;
  }

  /** A warm reset forgets what a cold one forgets. */
  reset(): Uint8Array {
    return this.powerOn();
  }

  /**
   * One command APDU in, one response APDU out. Commands wait for each other.
   * Rejects with `VirtualCardError` CARD_VANISHED when the rehearsed defect strikes: there is no answer, now or ever; with
   * CARD_UNPOWERED when the card has no power.
   */
  process(command: Uint8Array): Promise<Uint8Array> {
    const turn = this.#queue.then(() => this.#respond(command));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  /** Ends the use of the image by this process, after the command under way. */
  async close(): Promise<void> {
    await this.#queue;
    this.#state = undefined;
    this.#memory.close();
  }

  #start(): void {
    const chip: Chip = { ...this.#chip, volatile: freshState() };
    this.#state = this.#memory.lifeCycle === 'locked' ? new TravelState(chip) : new PersonalisationState(chip);
  }

  async #respond(command: Uint8Array): Promise<Uint8Array> {
    const started = performance.now();
    const response = encodeResponse(await this.#execute(command));
    await this.#timing.wait({ started, bytes: command.length + response.length });
    return response;
  }

  async #execute(command: Uint8Array): Promise<ResponseApdu> {
    const state = this.#state;
    if (state === undefined) throw new VirtualCardError('CARD_UNPOWERED');
    try {
      const response = await state.process(parseCommand(command));
      // From the lock on, the chip is another machine; what the old one still knew is gone.
      if (this.#state === state && state instanceof PersonalisationState && this.#memory.lifeCycle === 'locked') this.#start();
      return response;
    } catch (error) {
      if (error instanceof DecodeError) return status(StatusWord.WRONG_LENGTH);
      if (error instanceof VirtualCardError && error.code === 'CARD_VANISHED') {
        this.#state = undefined;
        throw error;
      }
      this.#onFault(error);
      return status(error instanceof VirtualCardError ? StatusWord.MEMORY_FAILURE : StatusWord.UNKNOWN);
    }
  }
}
