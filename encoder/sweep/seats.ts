import { inProcessReader, type Reader } from '#encoder/readers';
import type { SlotCard } from '#encoder/virtual-card';

/** A reader and the hand in front of it. */
export interface Seat {
  readonly reader: Reader;
  insert(card: SlotCard): Promise<void>;
  remove(): Promise<void>;
}

/** Seats that lie free, the longest free first: a card that comes back is laid into another reader wherever there is one. */
export class Seats {
  readonly count: number;
  readonly #free: Seat[];
  readonly #waiting: ((seat: Seat) => void)[] = [];

  constructor(seats: readonly Seat[]) {
    this.count = seats.length;
    this.#free = [...seats];
  }

  async take(): Promise<Seat> {
    const seat = this.#free.shift();
    return seat ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(seat: Seat): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(seat);
    else next(seat);
  }
}

/** In this process. */
export function inProcessSeats(count: number): Seats {
  return new Seats(
    Array.from({ length: count }, (_, at): Seat => {
      const reader = inProcessReader(`in process ${at + 1}`);
      return {
        reader,
        insert: async (card) => {
          reader.insert(card);
          await Promise.resolve();
        },
        remove: async () => {
          reader.remove();
          await Promise.resolve();
        },
      };
    }),
  );
}
