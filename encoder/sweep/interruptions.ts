import type { Interruption, Manner } from './interrupted-card.ts';
import type { CardRun } from './make-card.ts';

/** Bytes of a write that may be kept. A cut beyond the end of a write keeps all of it, which `after` is for. */
const TORN_BYTES_MAX = 200;

/** Each command of a whole run, pulled before and after it, and torn where it writes to a file. */
export function everyInterruption(whole: CardRun, seed: number): readonly Interruption[] {
  const random = randomNumbers(seed);
  return whole.log.kinds.flatMap((kind, at) => {
    const command = at + 1;
    const torn: readonly Manner[] = kind === 'write' ? [{ torn: random(TORN_BYTES_MAX) }] : [];
    return (['before', 'after', ...torn] as const).map((manner) => ({ command, manner }));
  });
}

/** So many of them, no two alike unless there are not enough. */
export function seededInterruptions(
  whole: CardRun,
  { seed, count }: { readonly seed: number; readonly count: number },
): readonly Interruption[] {
  const random = randomNumbers(seed);
  const left = [...everyInterruption(whole, seed)];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(random(left.length), 1)).flat();
}

/** xorshift32 from a seed: whole numbers below a limit. For tests, not for keys. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
