import type { CardConnection, Reader } from '#encoder/readers';
import { ReaderError } from '#encoder/readers';
import type { CardDriver, ChipIdentity } from '#encoder/drivers';
import type { Feeder, Place } from '#queues/feeders';
import type { CardLedger, ClaimedCard, SpoilReason } from '#queues/ports';
import type { StepLog, StepResult } from './step.ts';

export interface Seat {
  readonly place: Place;
  readonly reader: Reader;
}

export interface BindDeps {
  readonly ledger: Pick<CardLedger, 'reserveBlank' | 'bindBlank' | 'spoilBlank' | 'cardOfSerial'>;
  readonly feeder: Feeder;
  readonly driver: (connection: CardConnection) => CardDriver;
  readonly log: StepLog;
}

/** A piece in the seat, its chip awake and known, and the two of them bound to the card. */
export interface BoundPiece {
  readonly serial: string;
  readonly connection: CardConnection;
  readonly driver: CardDriver;
  readonly identity: ChipIdentity;
}

/** The piece that a card has already is mute: whether that spoils the card is the caller's decision. */
export type MutePiece = { readonly mute: string };

/** A stack where nothing fits is a matter for people, not for a loop. */
const BLANKS_TRIED_MAX = 5;
const RESEATS_MAX = 2;

/**
 * Step 5 of a card's life. Its own piece is fetched into this seat if it has one; otherwise the next blank is taken off the
 * stack, scanned, reserved (vault → line), woken, and bound by its chip id. A blank that gives no sign of life is spoiled
 * while it is only reserved, and the same card record takes the next one.
 */
export async function bindBlank(deps: BindDeps, seat: Seat, card: ClaimedCard): Promise<BoundPiece | MutePiece | StepResult> {
  if (card.reservedSerial !== null && card.chipId !== null) return wakeOwnPiece(deps, seat, card.reservedSerial);
  let reserved = card.reservedSerial;
  for (let tried = 0; tried < BLANKS_TRIED_MAX; tried += 1) {
    const piece = reserved === null ? await deps.feeder.presentBlank(seat.place) : { serial: reserved, fresh: false };
    if (piece === null) return { result: 'waiting', why: 'STACK_EMPTY' };
    const { serial } = piece;
    if (reserved === null && !piece.fresh && (await deps.ledger.cardOfSerial(serial)) !== null)
      return { result: 'waiting', why: 'SEAT_OCCUPIED' };
    if (reserved !== null) await deps.feeder.carry(serial, seat.place);

    const reservation = await deps.ledger.reserveBlank(card.claim, { serial, seat: seat.place });
    if (reservation !== 'reserved') {
      deps.log('blank_refused', { serial, why: reservation, seat: seat.place });
      await deps.feeder.carry(serial, 'reject');
      continue;
    }
    const awake = await wake(deps, seat);
    if (awake === null) {
      await spoil(deps, card, serial, 'CHIP_MUTE_ON_ARRIVAL');
      reserved = null;
      continue;
    }
    if (awake.identity.chipId === null) {
      await awake.connection.disconnect('unpower');
      await spoil(deps, card, serial, 'CHIP_ALREADY_BOUND');
      reserved = null;
      continue;
    }
    const binding = await deps.ledger.bindBlank(card.claim, { serial, chipId: awake.identity.chipId });
    if (binding === 'bound') return { serial, ...awake };
    await awake.connection.disconnect('unpower');
    await spoil(deps, card, serial, binding);
    reserved = null;
  }
  return { result: 'waiting', why: 'STACK_EMPTY' };
}

async function wakeOwnPiece(deps: BindDeps, seat: Seat, serial: string): Promise<BoundPiece | MutePiece | StepResult> {
  const occupant = await deps.feeder.at(seat.place);
  if (occupant !== null && occupant !== serial) return { result: 'waiting', why: 'SEAT_OCCUPIED' };
  await deps.feeder.carry(serial, seat.place);
  const awake = await wake(deps, seat);
  return awake === null ? { mute: serial } : { serial, ...awake };
}

/** Connects and asks who the chip is; a silent chip is lifted and set down again before it is given up. */
async function wake(deps: BindDeps, seat: Seat): Promise<Omit<BoundPiece, 'serial'> | null> {
  for (let reseats = 0; ; reseats += 1) {
    try {
      const connection = await seat.reader.connect();
      const driver = deps.driver(connection);
      return { connection, driver, identity: await driver.identify() };
    } catch (error) {
      if (!isSilence(error)) throw error;
      if (reseats >= RESEATS_MAX) return null;
      await deps.feeder.reseat(seat.place);
    }
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof ReaderError && ['CARD_MUTE', 'NO_CARD', 'CARD_REMOVED', 'CARD_RESET'].includes(error.code);
}

async function spoil(deps: BindDeps, card: ClaimedCard, serial: string, reason: SpoilReason): Promise<void> {
  await deps.ledger.spoilBlank(card.claim, { serial, reason });
  await deps.feeder.carry(serial, 'reject');
  deps.log('blank_spoiled', { serial, reason });
}
