import type { Feeder, Place } from '#queues/feeders';
import type { CardLedger, CardState } from '#queues/ports';

export interface PieceDeps {
  readonly ledger: Pick<CardLedger, 'cardOfSerial'>;
  readonly feeder: Feeder;
}

/** Where a piece waits that no station has in hand, by the state of its card record. */
export function trayOf(state: CardState): Place {
  switch (state) {
    case 'INSPECTED':
    case 'PACKED':
    case 'SHIPPED':
    case 'RECEIVED':
    case 'HANDED_OVER':
      return 'good';
    case 'SPOILED':
    case 'DESTROYED':
      return 'reject';
    case 'LINTED':
    case 'BATCHED':
    case 'RELEASED':
    case 'BLANK_BOUND':
    case 'CHIP_OPENED':
    case 'SOD_INTENT':
    case 'SOD_SIGNED':
    case 'WRITTEN':
    case 'LOCKED':
    case 'LOCK_VERIFIED':
    case 'PRINTED':
    case 'HOLD':
    case 'CANCELLED':
    case 'IN_DOUBT':
      return 'buffer';
  }
}

/**
 * Frees the printer or an inspector's seat of whatever a dead process left there, but for the piece that is wanted: to the
 * tray of its card's state. A piece that belongs to no card has no business there and goes to people.
 */
export async function clearStation(deps: PieceDeps, place: Place, wanted: string | null = null): Promise<void> {
  const occupant = await deps.feeder.at(place);
  if (occupant === null || occupant === wanted) return;
  const card = await deps.ledger.cardOfSerial(occupant);
  await deps.feeder.carry(occupant, card === null ? 'reject' : trayOf(card.state));
}

/** The doorbell of a card that is done here already: its piece may still lie here, when the process that did it died. */
export async function putAway(deps: PieceDeps, place: Place, cardId: string): Promise<void> {
  const occupant = await deps.feeder.at(place);
  if (occupant === null) return;
  const card = await deps.ledger.cardOfSerial(occupant);
  if (card?.cardId === cardId) await deps.feeder.carry(occupant, trayOf(card.state));
}

/**
 * Brings a card's own piece into an encoding seat. A blank that was lifted there for nobody goes back to the stack; a piece
 * of another card stays, and the answer is false: the seat finishes it first.
 */
export async function fetchPiece(deps: PieceDeps, place: Place, serial: string): Promise<boolean> {
  const occupant = await deps.feeder.at(place);
  if (occupant === serial) return true;
  if (occupant !== null) {
    if ((await deps.ledger.cardOfSerial(occupant)) !== null) return false;
    await deps.feeder.carry(occupant, 'stack');
  }
  await deps.feeder.carry(serial, place);
  return true;
}
