import type { CardState, ClaimRefusal, Evidence, SpoilReason } from '#queues/ports';

/** What became of one ring of a doorbell at one station. */
export type StepResult =
  | { readonly result: 'done' }
  /** The database had nothing to do here: rung late, rung twice, on hold. */
  | { readonly result: 'dropped'; readonly why: ClaimRefusal }
  /** Nothing is wrong with the card; something that the step needs is not there. The sweeper rings again. */
  | { readonly result: 'waiting'; readonly why: 'STACK_EMPTY' | 'SEAT_OCCUPIED' | 'SEAT_SUSPECT' }
  | { readonly result: 'spoiled'; readonly why: SpoilReason };

/** Facts for the log: never a personal value. */
export type StepLog = (event: string, facts: Evidence) => void;

/**
 * A chip that falls silent again and again is not getting better: past so many claims it is set down again only once more
 * (invariant E7). Claims alone spoil nothing, for a process that died or a signer that was away makes them too.
 */
export const ATTEMPTS_MAX = 8;

const ORDER: readonly CardState[] = [
  'RELEASED',
  'BLANK_BOUND',
  'CHIP_OPENED',
  'SOD_INTENT',
  'SOD_SIGNED',
  'WRITTEN',
  'LOCKED',
  'LOCK_VERIFIED',
  'PRINTED',
  'INSPECTED',
];

/** How far along the line a state is; -1 for states off the line. */
export function rank(state: CardState): number {
  return ORDER.indexOf(state);
}
