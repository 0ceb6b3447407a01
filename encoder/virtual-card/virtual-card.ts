import { randomBytes } from 'node:crypto';
import { encodeResponse, parseCommand, StatusWord, type ResponseApdu } from '#encoder/apdu';
import { DecodeError, toHex } from '#encoder/bytes';
import type { ChipHardware, ChipProgram, RunningProgram, TakeRsaKey } from './chip-program.ts';
import { chipProgram } from './chip-programs.ts';
import { FaultInjector, type Fault, type FaultEffect } from './faults.ts';
import { GetResponse } from './get-response.ts';
import { makeRsaKey } from './key-pool.ts';
import { ChipMemory, sha256, type ChipLifeCycle } from './memory.ts';
import { status } from './responses.ts';
import { CardTiming, type Timing } from './timing.ts';
import { keyVersionsOf } from './transport-keys.ts';
import { VirtualCardError } from './virtual-card-error.ts';

export interface VirtualCardOptions {
  /** Where RSA keys come from; made on the spot when nobody keeps a pool. */
  readonly takeRsaKey?: TakeRsaKey;
  readonly random?: (length: number) => Uint8Array;
  /** Speed of the contacts and of the chip; as fast as the machine when absent. */
  readonly timing?: Timing;
  /** What goes wrong with this card, and when. */
  readonly faults?: readonly Fault[];
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
  readonly #hardware: ChipHardware;
  readonly #program: ChipProgram;
  readonly #timing: CardTiming;
  readonly #faults: FaultInjector;
  readonly #onFault: (error: unknown) => void;
  #running: RunningProgram | undefined;
  /** Key pairs made by the command under way. */
  #keysMade = 0;
  /** Ends a command that is never answered. */
  #endSilence: (() => void) | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(memory: ChipMemory, options: VirtualCardOptions) {
    this.#memory = memory;
    const { takeRsaKey = makeRsaKey, random = (length) => Uint8Array.from(randomBytes(length)) } = options;
    const keyMade = (): void => void (this.#keysMade += 1);
    this.#hardware = {
      memory,
      random,
      keyMade,
      async takeRsaKey(bits) {
        keyMade();
        return takeRsaKey(bits);
      },
    };
    this.#faults = new FaultInjector(options.faults ?? []);
    this.#program = chipProgram(memory.personality.program);
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
    return this.#program.lifeCycle(this.#memory);
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

  /** Version numbers of the transport key sets that the chip has: PUT KEY changes them. */
  keyVersions(): readonly number[] {
    return keyVersionsOf(this.#memory);
  }

  /** Answer to reset; no bytes from a mute card. */
  powerOn(): Uint8Array {
    this.powerOff();
    if (this.mute) return new Uint8Array(0);
    const program = this.#program.start(this.#hardware);
    this.#running = this.#memory.personality.getResponse ? new GetResponse(program) : program;
    this.#timing.restart();
    return this.#program.atr;
  }

  /** The ATR without touching the power: what a reader remembers of the last reset. */
  get answerToReset(): Uint8Array {
    return this.mute ? new Uint8Array(0) : this.#program.atr;
  }

  powerOff(): void {
    this.#running = undefined;
    this.#endSilence?.();
    this.#endSilence = undefined;
  }

  /**
   * Warm reset (ISO/IEC 7816-3 §6.2.3). It forgets what a cold one forgets: sessions, security status, the current file and application, blocks
   * of a sequence, what waits for GET RESPONSE. Memory stays.
   */
  reset(): Uint8Array {
    return this.powerOn();
  }

  /**
   * One command APDU in, one response APDU out. Commands wait for each other.
   * Rejects with `VirtualCardError` CARD_VANISHED when the rehearsed defect strikes: there is no answer, now or ever; with
   * CARD_UNPOWERED when the card has no power, or loses it: it is alive again at the next power-on.
   */
  process(command: Uint8Array): Promise<Uint8Array> {
    const turn = this.#queue.then(() => this.#respond(command));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  /** Ends the use of the image by this process, after the command under way. */
  async close(): Promise<void> {
    this.#endSilence?.();
    await this.#queue;
    this.powerOff();
    this.#memory.close();
  }

  async #respond(command: Uint8Array): Promise<Uint8Array> {
    const started = performance.now();
    this.#keysMade = 0;
    if (this.#running === undefined) throw new VirtualCardError('CARD_UNPOWERED');
    const effect = this.#faults.next(command);
    const response = effect === undefined ? encodeResponse(await this.#execute(command)) : await this.#strike(effect, command);
    await this.#timing.wait({ started, bytes: command.length + response.length, keys: this.#keysMade });
    return response;
  }

  async #strike(effect: FaultEffect, command: Uint8Array): Promise<Uint8Array> {
    switch (effect.kind) {
      case 'before':
        throw this.#powerLost();
      case 'after':
        await this.#execute(command);
        throw this.#powerLost();
      case 'torn':
        this.#memory.cutNextUpdate(effect.bytes);
        try {
          return encodeResponse(await this.#execute(command));
        } finally {
          this.#memory.cutNextUpdate(undefined);
        }
      case 'instead':
        return effect.answer;
      case 'silence':
        return new Promise((_answer, reject) => {
          this.#endSilence = () => reject(new VirtualCardError('CARD_UNPOWERED'));
        });
    }
  }

  #powerLost(): VirtualCardError {
    this.#running = undefined;
    return new VirtualCardError('CARD_UNPOWERED');
  }

  async #execute(command: Uint8Array): Promise<ResponseApdu> {
    if (this.#running === undefined) throw new VirtualCardError('CARD_UNPOWERED');
    try {
      return await this.#running.process(parseCommand(command));
    } catch (error) {
      if (error instanceof DecodeError) return status(StatusWord.WRONG_LENGTH);
      if (error instanceof VirtualCardError && (error.code === 'CARD_VANISHED' || error.code === 'CARD_UNPOWERED')) {
        this.#running = undefined;
        throw error;
      }
      this.#onFault(error);
      return status(error instanceof VirtualCardError ? StatusWord.MEMORY_FAILURE : StatusWord.UNKNOWN);
    }
  }
}
