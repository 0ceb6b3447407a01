import { setTimeout as sleep } from 'node:timers/promises';
import type { LineControl } from '#queues/ports';
import type { Seat } from './bind-blank.ts';
import { encodeCard, type EncodeDeps } from './encode-card.ts';
import { putAway } from './pieces.ts';
import { forgetLosses, isSuspect } from './seat-losses.ts';

export interface SeatTender {
  /** Whether the seat may pull a new card now. A piece that lies in it is dealt with first. */
  free(): Promise<boolean>;
}

/** How long a seat waits for a lease that somebody else holds on the piece in it. */
const LEASE_WAIT_MS = 500;

/**
 * What a seat does before it takes new work: after a restart, or when a card was set back by an outage, the piece in the
 * seat is asked what happened to it and finished, carried on, or put aside. While the line is held nothing is touched.
 */
export function seatTender(tending: { readonly deps: EncodeDeps; readonly seat: Seat; readonly control: LineControl }): SeatTender {
  const { deps, seat, control } = tending;
  return {
    async free() {
      if (!(await control.seatInService(seat.place))) {
        forgetLosses(seat);
        return false;
      }
      const mode = await control.mode();
      if (mode === 'held') return false;
      const serial = await deps.feeder.at(seat.place);
      const mayBegin = mode === 'running' && !isSuspect(seat);
      if (serial === null) return mayBegin;
      const card = await deps.ledger.cardOfSerial(serial);
      // A blank that was lifted off the stack and not yet reserved: the next card takes it.
      if (card === null) return mayBegin;
      const result = await encodeCard(deps, seat, card.cardId);
      deps.log('seat_tended', {
        seat: seat.place,
        serial,
        cardId: card.cardId,
        result: result.result,
        why: 'why' in result ? result.why : null,
      });
      if (result.result === 'dropped' && result.why === 'NOT_THIS_STATION') {
        // Nobody holds a lease on it here: the next station may have fetched it meanwhile.
        await putAway(deps, seat.place, card.cardId);
      } else if (result.result !== 'done' && result.result !== 'spoiled') {
        await sleep(LEASE_WAIT_MS);
        return false;
      }
      return false;
    },
  };
}
