import { createHash } from 'node:crypto';
import { isCodedError, utf8 } from '#encoder/bytes';
import { destroyKeySets, type CardDriver } from '#encoder/drivers';
import {
  faultKind,
  openChip,
  personalise,
  PersonalisationError,
  planPersonalisation,
  prepareChip,
  type JournalStep,
  type PersonalisationJournal,
} from '#encoder/personalisation';
import { chipKeyAlgorithms, profileById } from '#encoder/profiles';
import type {
  CardLedger,
  CardRecords,
  CardState,
  ChipJournal,
  Claim,
  ClaimedCard,
  Evidence,
  SigningAuthority,
  SpoilReason,
} from '#queues/ports';
import { bindBlank, type BindDeps, type BoundPiece, type Seat } from './bind-blank.ts';
import { cardFiles } from './card-files.ts';
import { countLoss, forgetLosses, LOSSES_MAX } from './seat-losses.ts';
import { ATTEMPTS_MAX, rank, type StepResult } from './step.ts';

export interface EncodeDeps extends BindDeps {
  readonly ledger: CardLedger;
  readonly records: CardRecords;
  readonly signer: SigningAuthority;
  readonly journal: ChipJournal;
  /** Milliseconds of a clock that never goes back; the process's own unless told. */
  readonly monotonicMs?: () => number;
}

/** A lease is prolonged this long after it was last; the shortest lease of a plant is four times that. */
const RENEW_MS = 15_000;

/** How often a chip that fell silent is set down again and asked before the card is given up. */
const DOUBTS_MAX = 2;

/**
 * Steps 5 to 9 of a card's life, in one seat: blank bound, chip opened, data groups built, signed, written, locked, lock
 * proven. The same call makes a card from nothing and carries on where a dead process left it: every decision comes from
 * the database and from what the chip says.
 *
 * Errors of the signer, the database or the reader's service leave the card claimed by nobody and the piece in its seat;
 * the seat or the sweeper tries again.
 */
export async function encodeCard(deps: EncodeDeps, seat: Seat, cardId: string): Promise<StepResult> {
  let card = await deps.ledger.claim({ cardId, station: 'encode', owner: seat.place });
  if (typeof card === 'string') return { result: 'dropped', why: card };
  try {
    for (let doubts = 0; ; doubts += 1) {
      const piece = await bindBlank(deps, seat, card);
      if ('result' in piece) return piece;
      if ('lost' in piece) return await spoil(deps, seat, card, { serial: piece.lost, reason: piece.reason });
      const fault = await tryToFinish(deps, card, piece);
      if (fault === null) {
        // The piece is out of the seat before the printer's doorbell rings: two stations never carry one piece.
        await deps.feeder.carry(piece.serial, 'buffer');
        await deps.ledger.advance(card.claim, 'LOCK_VERIFIED');
        forgetLosses(seat);
        return { result: 'done' };
      }
      if (fault.spoils !== null) return await spoil(deps, seat, card, { serial: piece.serial, reason: fault.spoils });
      deps.log('card_in_doubt', { cardId, code: fault.code, seat: seat.place });
      await deps.ledger.doubt(card.claim, { code: fault.code, seat: seat.place });
      if (doubts >= DOUBTS_MAX) return await spoil(deps, seat, card, { serial: piece.serial, reason: 'CHIP_TORN' });
      if (doubts > 0 && card.attempt > ATTEMPTS_MAX) {
        return await spoil(deps, seat, card, { serial: piece.serial, reason: 'ATTEMPTS_EXHAUSTED' });
      }
      await deps.feeder.reseat(seat.place);
      const again = await deps.ledger.claim({ cardId, station: 'encode', owner: seat.place });
      if (typeof again === 'string') return { result: 'dropped', why: again };
      card = again;
    }
  } finally {
    await deps.ledger.release(card.claim).catch(() => undefined);
  }
}

/** What stopped a chip's run: for good (`spoils` says why the card is lost), or in doubt. */
interface ChipFault {
  readonly spoils: SpoilReason | null;
  readonly code: string;
}

/** Null when the chip is finished. Errors that are not the chip's are thrown on. */
async function tryToFinish(deps: EncodeDeps, card: ClaimedCard, piece: BoundPiece): Promise<ChipFault | null> {
  try {
    const repeated = await finishChip(deps, card, piece);
    return repeated === null ? null : { spoils: repeated, code: repeated };
  } catch (error) {
    const fault = chipFault(error);
    if (fault === null) throw error;
    return fault;
  } finally {
    await piece.connection.disconnect('unpower').catch(() => undefined);
  }
}

async function finishChip(deps: EncodeDeps, card: ClaimedCard, piece: BoundPiece): Promise<SpoilReason | null> {
  const { claim } = card;
  const { driver, identity } = piece;
  const life = await lifeOf(deps, card, identity.lifeCycle);

  if (identity.lifeCycle === 'locked') {
    // A locked chip tells nobody what it holds; it is ours only if we were about to lock it, and the inspector decides.
    if (rank(life.state()) < rank('WRITTEN')) throw new PersonalisationError('ALREADY_LOCKED');
    await life.advance('LOCKED');
    await driver.proveLock();
    return null;
  }
  const { chipId } = identity;
  if (chipId === null || (card.chipId !== null && card.chipId !== chipId)) throw new PersonalisationError('FOREIGN_CHIP');

  const keys = await deps.signer.transportKeys(claim, chipId);
  try {
    await openChip({ driver, journal: journalFor(deps.journal, claim), beforeEach: leaseHolder(deps, claim), keys });
  } finally {
    destroyKeySets(keys);
  }
  await life.advance('CHIP_OPENED');
  return await writeChip(deps, card, { ...piece, chipId, life });
}

/** Steps 6 to 9: keys on the chip, files, signature, writing, lock and its proof, over a channel that is open. */
async function writeChip(
  deps: EncodeDeps,
  card: ClaimedCard,
  chip: { readonly driver: CardDriver; readonly chipId: string; readonly life: Life },
): Promise<SpoilReason | null> {
  const { claim } = card;
  const { driver, chipId, life } = chip;

  const holdLease = leaseHolder(deps, claim);
  const run = { driver, journal: journalFor(deps.journal, claim), beforeEach: holdLease };
  const bindingTag = bindingTagOf(claim.cardId);
  const publicKeys = await prepareChip({ ...run, bindingTag, keys: chipKeyAlgorithms(profileById(card.profile)) });
  if ((await deps.ledger.recordChipKeys(claim, publicKeys)) === 'CHIP_KEY_REPEATED') return 'CHIP_KEY_REPEATED';

  const record = await deps.records.open(claim);
  const trustPoint = await deps.signer.trustPoint();
  const built = cardFiles({ profile: card.profile, record, chipId, publicKeys, trustPoint });
  const efSod = await deps.signer.securityObject(claim, { efCom: built.efCom, dataGroups: built.dataGroups });
  life.passed('SOD_SIGNED');

  const plan = planPersonalisation({ bindingTag, publicKeys, ...built.planned(efSod) }, driver.capabilities);
  await personalise({
    ...run,
    plan,
    beforeEach: async (step: JournalStep) => {
      await holdLease();
      if (step.operation === 'lock') await life.advance('WRITTEN', { commands: plan.steps.length });
      if (step.operation === 'proveLock') await life.advance('LOCKED');
    },
  });
  return null;
}

/** A slow chip takes longer than a lease: it is prolonged between commands, for as long as it is still ours. */
function leaseHolder(deps: EncodeDeps, claim: Claim): () => Promise<void> {
  const now = deps.monotonicMs ?? (() => performance.now());
  let heldAt = now();
  return async () => {
    if (now() - heldAt < RENEW_MS) return;
    await deps.ledger.renew(claim);
    heldAt = now();
  };
}

/** Where the card stands, moved only forward: a resumed run passes states that it has behind it. */
interface Life {
  state(): CardState;
  advance(to: CardState, evidence?: Evidence): Promise<void>;
  /** Somebody else (the signer) has moved the card. */
  passed(to: CardState): void;
}

async function lifeOf(deps: EncodeDeps, card: ClaimedCard, lifeCycle: string): Promise<Life> {
  let state: CardState = card.state === 'RELEASED' ? 'BLANK_BOUND' : card.state;
  if (state === 'IN_DOUBT') {
    await deps.ledger.resolveDoubt(card.claim, { chip: lifeCycle });
    state = card.doubtedFrom ?? 'BLANK_BOUND';
  }
  return {
    state: () => state,
    async advance(to, evidence) {
      if (rank(to) <= rank(state)) return;
      await deps.ledger.advance(card.claim, to, evidence);
      state = to;
    },
    passed(to) {
      if (rank(to) > rank(state)) state = to;
    },
  };
}

/** The name of the card record as the chip keeps it (invariant C9): 32 bytes that say nothing about a person. */
export function bindingTagOf(cardId: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(utf8('cardmint-binding-tag/1')).update(utf8(cardId)).digest());
}

function journalFor(journal: ChipJournal, claim: Claim): PersonalisationJournal {
  return {
    intend: (step) => journal.intend(claim, step),
    outcome: (sequence, result, sw) =>
      journal.outcome(claim, {
        sequence,
        result,
        ...(sw === undefined ? {} : { statusWord: sw.toString(16).toUpperCase().padStart(4, '0') }),
      }),
  };
}

/** Silence is a doubt; a refusal, a foreign or a lying chip is the end of this card; anything else is not the chip's (null). */
function chipFault(error: unknown): ChipFault | null {
  const code = isCodedError(error) ? error.code : 'UNEXPECTED';
  switch (faultKind(error)) {
    case 'doubt':
      return { spoils: null, code };
    case 'chip':
      return { spoils: code === 'LOCK_NOT_PROVEN' ? 'LOCK_NOT_PROVEN' : 'CHIP_REFUSED', code };
    case 'reader':
    case 'ours':
      return null;
  }
}

async function spoil(
  deps: EncodeDeps,
  seat: Seat,
  card: ClaimedCard,
  loss: { readonly serial: string; readonly reason: SpoilReason },
): Promise<StepResult> {
  const { serial, reason } = loss;
  const { remake } = await deps.ledger.spoilCard(card.claim, reason);
  await deps.feeder.carry(serial, 'reject');
  deps.log('card_spoiled', { cardId: card.claim.cardId, reason, remake, serial });
  if (countLoss(seat) === LOSSES_MAX) deps.log('seat_suspect', { seat: seat.place, losses: LOSSES_MAX });
  return { result: 'spoiled', why: reason };
}
