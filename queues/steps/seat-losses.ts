/**
 * So many pieces lost in a row in one seat say that something is wrong with the seat, the keys or the delivery, and not with
 * the pieces: no more are risked until people have looked. Taking the seat out of service and in again, or a restart, is the sign that they did.
 */
export const LOSSES_MAX = 5;

const inARow = new WeakMap<object, number>();

/** @returns how many pieces were lost in this seat since the last one that was finished */
export function countLoss(seat: object): number {
  const losses = (inARow.get(seat) ?? 0) + 1;
  inARow.set(seat, losses);
  return losses;
}

export function forgetLosses(seat: object): void {
  inARow.delete(seat);
}

export function isSuspect(seat: object): boolean {
  return (inARow.get(seat) ?? 0) >= LOSSES_MAX;
}
