/**
 * Faults that a terminal must survive, as data: which command of a card they strike, and how. Each strikes once. Commands count from
 * 1 since the card was opened, over all power cuts.
 */
export interface Fault {
  readonly at: FaultPoint;
  readonly effect: FaultEffect;
}

export type FaultPoint =
  | number
  /** The n-th command, from 1, with this instruction byte. */
  | { readonly ins: number; readonly occurrence?: number }
  | ((command: Uint8Array, index: number) => boolean);

export type FaultEffect =
  /** The power goes before the command is processed, or after and before its answer. */
  | { readonly kind: 'before' | 'after' }
  /** The power goes during the command's first write to a file, of which so many bytes are kept. Nothing when it writes none. */
  | { readonly kind: 'torn'; readonly bytes: number }
  /** The command is not processed; this is answered: a status word, garbage, nothing at all. */
  | { readonly kind: 'instead'; readonly answer: Uint8Array }
  /** The command is not processed and never answered, until the power goes. */
  | { readonly kind: 'silence' };

/** Counts the commands of a card and finds what strikes them. */
export class FaultInjector {
  readonly #waiting: Set<Fault>;
  readonly #occurrences = new Map<number, number>();
  #commands = 0;

  constructor(faults: readonly Fault[]) {
    this.#waiting = new Set(faults);
  }

  /** Of the next command. */
  next(command: Uint8Array): FaultEffect | undefined {
    this.#commands += 1;
    const ins = command[1] ?? -1;
    const occurrence = (this.#occurrences.get(ins) ?? 0) + 1;
    this.#occurrences.set(ins, occurrence);
    const strikes = ({ at }: Fault): boolean => {
      if (typeof at === 'number') return at === this.#commands;
      if (typeof at === 'function') return at(command, this.#commands);
      return at.ins === ins && (at.occurrence ?? 1) === occurrence;
    };
    const fault = [...this.#waiting].find(strikes);
    if (fault !== undefined) this.#waiting.delete(fault);
    return fault?.effect;
  }
}

/** Answers of a chip that has lost its mind: status words of every kind, and bytes that are no answer. */
const WRONG_ANSWERS: readonly Uint8Array[] = [
  Uint8Array.of(0x90, 0x00),
  Uint8Array.of(0x65, 0x81),
  Uint8Array.of(0x6f, 0x00),
  Uint8Array.of(0x61, 0x08),
  Uint8Array.of(0x6c, 0x10),
  Uint8Array.of(0xff),
  new Uint8Array(0),
  new Uint8Array(300).fill(0xa5),
];

/**
 * As many faults as asked for, spread over the first commands of a card, the same for the same seed: half of them losses of power, the rest
 * torn writes and wrong answers. Silence is not among them, as every one costs its reader a deadline.
 */
export function seededFaults(seed: number, { commands, faults }: { readonly commands: number; readonly faults: number }): readonly Fault[] {
  const next = generator(seed);
  const points = new Set<number>();
  while (points.size < Math.min(faults, commands)) points.add(1 + (next() % commands));
  return Array.from(points, (at) => ({ at, effect: effectOf(next) }));
}

function effectOf(next: () => number): FaultEffect {
  switch (next() % 4) {
    case 0:
      return { kind: 'before' };
    case 1:
      return { kind: 'after' };
    case 2:
      return { kind: 'torn', bytes: next() % 512 };
    default:
      return { kind: 'instead', answer: WRONG_ANSWERS[next() % WRONG_ANSWERS.length] ?? new Uint8Array(0) };
  }
}

/** xorshift32: numbers for tests, not for keys. */
function generator(seed: number): () => number {
  let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
