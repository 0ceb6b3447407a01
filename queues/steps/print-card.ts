import { createHash } from 'node:crypto';
import { qrText, readFaces, renderFaces } from '#encoder/card-face';
import { mrzFor } from '#encoder/mrz';
import { profileById, type CardProfile, type CitizenRecord } from '#encoder/profiles';
import type { Feeder } from '#queues/feeders';
import type { Printer } from '#queues/printers';
import type { CardLedger, CardRecords, ClaimedCard, PrintJob, PrintLedger } from '#queues/ports';
import { isFaceFault } from './face-faults.ts';
import { clearStation, putAway } from './pieces.ts';
import type { StepLog, StepResult } from './step.ts';

export interface PrintDeps {
  readonly ledger: CardLedger;
  readonly records: CardRecords;
  readonly prints: PrintLedger;
  readonly feeder: Feeder;
  readonly printer: Printer;
  readonly log: StepLog;
}

/**
 * Step 10: both faces from the same canonical record as the chip. The intent is on disk before the printer moves; a print
 * whose outcome nobody wrote down is looked up on the face, and never repeated over one that is there.
 */
export async function printCard(deps: PrintDeps, cardId: string, owner: string): Promise<StepResult> {
  const card = await deps.ledger.claim({ cardId, station: 'print', owner });
  if (typeof card === 'string') {
    if (card === 'NOT_THIS_STATION') await putAway(deps, 'printer', cardId);
    return { result: 'dropped', why: card };
  }
  const { claim, reservedSerial: serial } = card;
  try {
    if (serial === null) throw new Error('a card without a blank came to the printer');
    await clearStation(deps, 'printer', serial);
    await deps.feeder.carry(serial, 'printer');

    const record = await deps.records.open(claim);
    const job = await settle(deps, card, record);
    if (job === 'spoiled') {
      const { remake } = await deps.ledger.spoilCard(claim, 'PRINT_IN_DOUBT');
      await deps.feeder.carry(serial, 'reject');
      deps.log('card_spoiled', { cardId, reason: 'PRINT_IN_DOUBT', remake, serial });
      return { result: 'spoiled', why: 'PRINT_IN_DOUBT' };
    }
    const printed = job ?? (await print(deps, card, { record, serial }));
    await deps.feeder.carry(serial, 'buffer');
    await deps.ledger.advance(claim, 'PRINTED', { job: printed.jobId, front: printed.frontHash, back: printed.backHash });
    return { result: 'done' };
  } finally {
    await deps.ledger.release(claim).catch(() => undefined);
  }
}

/**
 * A job left by a dead process: both faces there and ours → it was printed; neither there → it was not, print now (null);
 * one face, or another card's, → nobody can mend it.
 */
async function settle(deps: PrintDeps, card: ClaimedCard, record: CitizenRecord): Promise<PrintJob | 'spoiled' | null> {
  const job = await deps.prints.find(card.claim);
  if (job === null || job.outcome === 'nothing_on_face') return null;
  if (job.outcome === 'printed') return job;
  if (job.outcome === 'failed') return 'spoiled';
  const { front, back } = await deps.feeder.photograph('printer');
  if (front === null && back === null) {
    await deps.prints.outcome(card.claim, job.jobId, 'nothing_on_face');
    return null;
  }
  const ours = front !== null && back !== null && (await showsRecord({ front, back }, record, profileById(card.profile)));
  await deps.prints.outcome(card.claim, job.jobId, ours ? 'printed' : 'failed');
  deps.log('print_looked_up', { cardId: card.claim.cardId, job: job.jobId, outcome: ours ? 'printed' : 'failed' });
  return ours ? { ...job, outcome: 'printed' } : 'spoiled';
}

async function showsRecord(
  faces: { readonly front: Uint8Array; readonly back: Uint8Array },
  record: CitizenRecord,
  profile: CardProfile,
): Promise<boolean> {
  try {
    const face = await readFaces(faces.front, faces.back);
    return face.mrz.join('\n') === mrzFor(record, profile.mrz).lines.join('\n') && face.qrText === qrText(record);
  } catch (error) {
    if (!isFaceFault(error)) throw error;
    return false;
  }
}

async function print(
  deps: PrintDeps,
  card: ClaimedCard,
  piece: { readonly record: CitizenRecord; readonly serial: string },
): Promise<PrintJob> {
  const { record, serial } = piece;
  const { mrz, specimen } = profileById(card.profile);
  const faces = await renderFaces({ record, mrz: mrzFor(record, mrz).lines, qrText: qrText(record), specimen });
  const job = await deps.prints.intend(card.claim, { frontHash: sha256(faces.front), backHash: sha256(faces.back) });
  await deps.printer.print({ jobId: job.jobId, serial, ...faces });
  await deps.prints.outcome(card.claim, job.jobId, 'printed');
  return job;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
