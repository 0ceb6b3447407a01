import type { CardDriver, ChipIdentity } from '#encoder/drivers';
import { faultKind } from '#encoder/personalisation';
import type { CardConnection, Reader } from '#encoder/readers';
import type { Feeder, Place } from '#queues/feeders';
import type { CardLedger, ClaimedCard, SpoilReason } from '#queues/ports';
import { fetchPiece } from './pieces.ts';
import { countLoss, isSuspect, LOSSES_MAX } from './seat-losses.ts';
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

/** The piece that a card is bound to gives no sensible sign of life any more. */
export interface LostPiece {
  readonly lost: string;
  readonly reason: SpoilReason;
}

const RESEATS_MAX = 2;

/**
 * Step 5 of a card's life. Its own piece is fetched into this seat if it has one; otherwise the next blank is taken off the
 * stack, scanned, reserved (vault → line), woken, and bound by its chip id. A blank whose chip is mute, refuses, or was used
 * before is spoiled while it is only reserved, and the same card record takes the next one: until the seat is suspect, for a
 * stack where nothing fits is a matter for people, not for a loop.
 */
export async function bindBlank(deps: BindDeps, seat: Seat, card: ClaimedCard): Promise<BoundPiece | LostPiece | StepResult> {
  if (card.reservedSerial !== null && card.chipId !== null) return wakeOwnPiece(deps, seat, card.reservedSerial);
  let reserved = card.reservedSerial;
  for (;;) {
    if (isSuspect(seat)) return { result: 'waiting', why: 'SEAT_SUSPECT' };
    if (reserved !== null && !(await fetchPiece(deps, seat.place, reserved))) return { result: 'waiting', why: 'SEAT_OCCUPIED' };
    const piece = reserved === null ? await deps.feeder.presentBlank(seat.place) : { serial: reserved, fresh: false };
    if (piece === null) return { result: 'waiting', why: 'STACK_EMPTY' };
    const { serial } = piece;
    if (reserved === null && !piece.fresh && (await deps.ledger.cardOfSerial(serial)) !== null)
      return { result: 'waiting', why: 'SEAT_OCCUPIED' };

    const reservation = await deps.ledger.reserveBlank(card.claim, { serial, seat: seat.place });
    if (reservation !== 'reserved') {
      deps.log('blank_refused', { serial, why: reservation, seat: seat.place });
      await deps.feeder.carry(serial, 'reject');
      lost(deps, seat);
      continue;
    }
    const bound = await wakeAndBind(deps, seat, card, serial);
    if (typeof bound !== 'string') return bound;
    await deps.ledger.spoilBlank(card.claim, { serial, reason: bound });
    await deps.feeder.carry(serial, 'reject');
    deps.log('blank_spoiled', { serial, reason: bound });
    lost(deps, seat);
    reserved = null;
  }
}

/** The reserved blank, bound; or why it never will be. */
async function wakeAndBind(deps: BindDeps, seat: Seat, card: ClaimedCard, serial: string): Promise<BoundPiece | SpoilReason> {
  const awake = await wake(deps, seat);
  if (awake === 'mute') return 'CHIP_MUTE_ON_ARRIVAL';
  if (awake === 'refuses') return 'CHIP_REFUSED';
  let binding: Awaited<ReturnType<CardLedger['bindBlank']>> | undefined;
  try {
    const { chipId, lifeCycle } = awake.identity;
    // No card of ours is begun before it is bound: whatever this chip holds, somebody else has put there.
    if (chipId === null || lifeCycle !== 'blank') return 'CHIP_ALREADY_BOUND';
    binding = await deps.ledger.bindBlank(card.claim, { serial, chipId });
    return binding === 'bound' ? { serial, ...awake } : binding;
  } finally {
    if (binding !== 'bound') await awake.connection.disconnect('unpower').catch(() => undefined);
  }
}

async function wakeOwnPiece(deps: BindDeps, seat: Seat, serial: string): Promise<BoundPiece | LostPiece | StepResult> {
  if (!(await fetchPiece(deps, seat.place, serial))) return { result: 'waiting', why: 'SEAT_OCCUPIED' };
  const awake = await wake(deps, seat);
  if (awake === 'mute') return { lost: serial, reason: 'CHIP_TORN' };
  if (awake === 'refuses') return { lost: serial, reason: 'CHIP_REFUSED' };
  return { serial, ...awake };
}

/** Connects and asks who the chip is; one that is silent or answers nonsense is lifted and set down again before it is given up. */
async function wake(deps: BindDeps, seat: Seat): Promise<Omit<BoundPiece, 'serial'> | 'mute' | 'refuses'> {
  for (let reseats = 0; ; reseats += 1) {
    let connection: CardConnection | undefined;
    try {
      connection = await seat.reader.connect();
      const driver = deps.driver(connection);
      return { connection, driver, identity: await driver.identify() };
    } catch (error) {
      await connection?.disconnect('unpower').catch(() => undefined);
      const kind = faultKind(error);
      if (kind !== 'doubt' && kind !== 'chip') throw error;
      if (reseats >= RESEATS_MAX) return kind === 'doubt' ? 'mute' : 'refuses';
      await deps.feeder.reseat(seat.place);
    }
  }
}

function lost(deps: BindDeps, seat: Seat): void {
  if (countLoss(seat) === LOSSES_MAX) deps.log('seat_suspect', { seat: seat.place, losses: LOSSES_MAX });
}
