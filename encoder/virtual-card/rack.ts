import { makeRsaKey } from './key-pool.ts';
import type { TakeRsaKey } from './chip-program.ts';
import type { Fault } from './faults.ts';
import { imagePath } from './maker.ts';
import type { Timing } from './timing.ts';
import { VirtualCard } from './virtual-card.ts';
import { VirtualSlot, type VpcdAddress } from './vpicc.ts';

export interface RackOptions {
  /** Where `<serial>.image` files are. */
  readonly folder: string;
  /** Places with contacts, by their names. */
  readonly places: Readonly<Record<string, VpcdAddress>>;
  readonly takeRsaKey?: TakeRsaKey;
  readonly timing?: Timing;
  readonly durable?: boolean;
  /** What goes wrong with a card while it lies on contacts; asked for anew at each insertion. */
  readonly faults?: (serial: string) => readonly Fault[];
  /** Told of errors inside a chip, which its terminal sees as 6F00 or 6581. */
  readonly onFault?: (serial: string, error: unknown) => void;
}

/**
 * The contacts of a plant's virtual readers and the cards that lie on them, known by the serials printed on them. An image is open
 * only while its card is on contacts, so that it can be copied or looked at otherwise.
 */
export class CardRack {
  readonly #options: RackOptions;
  readonly #slots: ReadonlyMap<string, VirtualSlot>;
  readonly #cards = new Map<string, VirtualCard>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RackOptions) {
    this.#options = options;
    this.#slots = new Map(Object.entries(options.places).map(([place, address]) => [place, new VirtualSlot(address)]));
  }

  /** Sets a card on the contacts of a place. Errors: `VirtualCardError` IMAGE_MISSING, IMAGE_CORRUPT; RangeError for a place without contacts. */
  insert(serial: string, place: string): Promise<void> {
    return this.#one(async () => {
      await this.#empty(place);
      const card = this.#open(serial);
      this.#cards.set(place, card);
      await this.#slot(place).insert(card);
    });
  }

  /** Lifts whatever lies there off its contacts; nothing when the place is empty. */
  remove(place: string): Promise<void> {
    return this.#one(() => this.#empty(place));
  }

  /** Takes every card off: the end of the process. */
  async close(): Promise<void> {
    for (const place of this.#slots.keys()) await this.remove(place);
  }

  async #empty(place: string): Promise<void> {
    await this.#slot(place).remove();
    const card = this.#cards.get(place);
    this.#cards.delete(place);
    await card?.close();
  }

  #open(serial: string): VirtualCard {
    const { folder, timing, durable, faults, onFault, takeRsaKey } = this.#options;
    return VirtualCard.open(imagePath(folder, serial), {
      takeRsaKey: takeRsaKey ?? makeRsaKey,
      ...(timing === undefined ? {} : { timing }),
      ...(durable === undefined ? {} : { durable }),
      ...(faults === undefined ? {} : { faults: faults(serial) }),
      ...(onFault === undefined ? {} : { onFault: (error: unknown) => onFault(serial, error) }),
    });
  }

  #slot(place: string): VirtualSlot {
    const slot = this.#slots.get(place);
    if (slot === undefined) throw new RangeError('this place has no contacts');
    return slot;
  }

  /** One move at a time: a card is never in two places, nor two on one. */
  #one<T>(move: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(move);
    this.#turn = done.catch(() => {});
    return done;
  }
}
