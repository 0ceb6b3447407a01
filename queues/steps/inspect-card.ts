import { randomBytes } from 'node:crypto';
import { isCodedError } from '#encoder/bytes';
import { readFaces } from '#encoder/card-face';
import {
  inspectCard as inspectPiece,
  INSPECTION_CHECKS,
  unreadablePrint,
  type InspectedPrint,
  type InspectionOrder,
  type InspectionReport,
  type PassiveAuthenticator,
  type TerminalAuthenticator,
} from '#encoder/inspection';
import { faultKind } from '#encoder/personalisation';
import { profileById } from '#encoder/profiles';
import type { Feeder } from '#queues/feeders';
import type { CardLedger, CardRecords, Claim, ClaimedCard, InspectionLedger } from '#queues/ports';
import type { Seat } from './bind-blank.ts';
import { isFaceFault } from './face-faults.ts';
import { clearStation, putAway } from './pieces.ts';
import { countLoss, forgetLosses, isSuspect, LOSSES_MAX } from './seat-losses.ts';
import type { StepLog, StepResult } from './step.ts';

export interface InspectDeps {
  readonly ledger: CardLedger;
  readonly records: CardRecords;
  readonly inspections: InspectionLedger;
  /** The public keys that the chip reported when it made them, from the books and not from the chip. */
  readonly chipKeys: (claim: Claim) => Promise<NonNullable<InspectionOrder['chipKeys']>>;
  readonly passiveAuthenticator: PassiveAuthenticator;
  /** The plant's own inspection system, for what only Terminal Authentication opens. */
  readonly terminalAuthenticator: TerminalAuthenticator;
  /** CVCA keys that the plant's chips are given, and no other: a second one would open DG3 to somebody else. */
  readonly cvcaReferences?: readonly string[];
  readonly feeder: Feeder;
  /** What was read and seen, for whoever may keep it in clear: the demo. Nobody else passes one. */
  readonly insecureDemoEvidence?: (cardId: string, evidence: InspectionEvidence) => Promise<void>;
  readonly log: StepLog;
}

export interface InspectionEvidence {
  readonly serial: string;
  readonly chipId: string;
  readonly front: Uint8Array;
  readonly back: Uint8Array;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly report: InspectionReport;
}

/** Commands of the inspector: extended length, as the reference chip announces and every reader of a plant can. */
const READ = { readMax: 32_768, headerFirst: false };

/**
 * Step 11, by another process than the one that made the card: MRZ and QR are read from the photographed faces, and they
 * open the chip. Everything is compared with the order. Good: the card may be packed. Failed: card and blank are spoiled,
 * and the remake goes ahead of new work. So many failures in a row that the seat itself is suspect: nothing is judged there
 * until people have looked.
 */
export async function inspectCard(deps: InspectDeps, seat: Seat, cardId: string): Promise<StepResult> {
  if (isSuspect(seat)) return { result: 'waiting', why: 'SEAT_SUSPECT' };
  const card = await deps.ledger.claim({ cardId, station: 'inspect', owner: seat.place });
  if (typeof card === 'string') {
    if (card === 'NOT_THIS_STATION') await putAway(deps, seat.place, cardId);
    return { result: 'dropped', why: card };
  }
  const { claim, reservedSerial: serial, chipId } = card;
  try {
    if (serial === null || chipId === null) throw new Error('a card without a chip came to the inspector');
    await clearStation(deps, seat.place, serial);
    await deps.feeder.carry(serial, seat.place);
    let reasons = await deps.inspections.failedBefore(claim);
    if (reasons === null) {
      const report = await judge(deps, seat, card, { serial, chipId });
      const passed = report.verdict === 'good';
      await deps.inspections.file(claim, { passed, reasons: report.reasons, report });
      if (passed) {
        forgetLosses(seat);
        await deps.feeder.carry(serial, 'good');
        return { result: 'done' };
      }
      ({ reasons } = report);
    }
    const { remake } = await deps.ledger.spoilCard(claim, 'INSPECTION_FAILED', { reasons: reasons.join(' ') });
    await deps.feeder.carry(serial, 'reject');
    deps.log('card_spoiled', { cardId, reason: 'INSPECTION_FAILED', code: reasons[0] ?? null, remake, serial });
    if (countLoss(seat) === LOSSES_MAX) deps.log('seat_suspect', { seat: seat.place, losses: LOSSES_MAX });
    return { result: 'spoiled', why: 'INSPECTION_FAILED' };
  } finally {
    await deps.ledger.release(claim).catch(() => undefined);
  }
}

/**
 * A chip that falls silent under inspection is set down again: contacts miss. One that stays silent is a card that nobody
 * can read, and the verdict; without that end it would come back for ever.
 */
async function judge(deps: InspectDeps, seat: Seat, card: ClaimedCard, piece: Piece): Promise<InspectionReport> {
  for (let reseats = 0; ; reseats += 1) {
    const found = await examine(deps, seat, card, piece).catch((error: unknown) => {
      if (faultKind(error) !== 'doubt') throw error;
      return silent(card.profile, isCodedError(error) ? error.code : 'CARD_MUTE');
    });
    const mute = found.checks.some(({ code }) => code !== undefined && SILENCE.has(code));
    if (!mute || reseats >= RESEATS_MAX) return found;
    deps.log('card_silent', { cardId: card.claim.cardId, seat: seat.place, reseats });
    await deps.feeder.reseat(seat.place);
  }
}

const RESEATS_MAX = 2;
const SILENCE: ReadonlySet<string> = new Set(['CARD_MUTE', 'NO_CARD', 'CARD_REMOVED', 'CARD_RESET', 'CARD_READER_GONE', 'DEADLINE']);

function silent(profile: string, code: string): InspectionReport {
  const check = { check: 'files', clause: INSPECTION_CHECKS.files, passed: false, code } as const;
  return { verdict: 'failed', profile, reasons: ['UNREADABLE'], checks: [check], skipped: [], files: [] };
}

interface Piece {
  readonly serial: string;
  readonly chipId: string;
}

async function examine(deps: InspectDeps, seat: Seat, card: ClaimedCard, piece: Piece): Promise<InspectionReport> {
  const { front, back } = await deps.feeder.photograph(seat.place);
  if (front === null || back === null) return unreadablePrint(card.profile, 'FACE_BLANK');
  let print: InspectedPrint;
  try {
    print = await readFaces(front, back);
  } catch (error) {
    if (!isFaceFault(error)) throw error;
    return unreadablePrint(card.profile, error.code);
  }
  const order = {
    record: await deps.records.open(card.claim),
    chipId: piece.chipId,
    chipKeys: await deps.chipKeys(card.claim),
    ...(deps.cvcaReferences === undefined ? {} : { cvcaReferences: deps.cvcaReferences }),
  };
  const { report, files } = await inspectPiece({
    reader: seat.reader,
    print,
    order,
    profile: profileById(card.profile),
    passiveAuthenticator: deps.passiveAuthenticator,
    terminalAuthenticator: deps.terminalAuthenticator,
    random: (length) => Uint8Array.from(randomBytes(length)),
    read: READ,
  });
  if (report.verdict === 'good') {
    await deps.insecureDemoEvidence?.(card.claim.cardId, { ...piece, front, back, files, report });
  }
  return report;
}
