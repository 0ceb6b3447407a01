import { createHash } from 'node:crypto';
import { CodedError, toHex, type ErrorTable } from '#encoder/bytes';
import type { CardId, CardLedger, CardState, ChipJournal, Claim, InspectionLedger, PrintJob, PrintLedger, Station } from '#queues/ports';

/**
 * The plant's books in memory, with the rules of the real ones: the fence is compared before every change, states go along the
 * lifecycle only, blanks move between accounts and never back, a print job has one outcome.
 */
export interface Books {
  readonly data: BooksData;
  readonly ledger: CardLedger;
  readonly journal: ChipJournal;
  readonly prints: PrintLedger;
  readonly inspections: InspectionLedger;
  /** Proves a claim as every change does: what the signer asks. Error FENCE_LOST. */
  claimed(claim: Claim): CardRow;
  /** The signer's two arrows. */
  signed(claim: Claim, efSod: Uint8Array): void;
  receive(blanks: readonly { readonly serial: string; readonly chipId: string }[]): void;
  order(cardId: CardId, batchId: string, profile: string): void;
  card(cardId: CardId): CardRow;
  /** The record that is made in the place of this one, at the end of all remakes. */
  live(cardId: CardId): CardRow;
  snapshot(): BooksData;
  restore(data: BooksData): void;
}

export interface CardRow {
  readonly cardId: CardId;
  readonly batchId: string;
  readonly profile: string;
  readonly supersedes: CardId | null;
  readonly attempts: Record<Station, number>;
  readonly history: CardState[];
  state: CardState;
  doubtedFrom: CardState | null;
  reservedSerial: string | null;
  boundSerial: string | null;
  chipId: string | null;
  fence: number;
  /** Null when nobody holds it. `over`: the time has passed. */
  lease: { readonly owner: string; over: boolean } | null;
  spoiledFor: string | null;
  sodHash: string | null;
}

export interface BooksData {
  mode: 'running' | 'held' | 'draining';
  heldBatches: Set<string>;
  cards: Map<CardId, CardRow>;
  blanks: Map<string, { readonly chipId: string; place: Account }>;
  moves: { readonly serial: string; readonly from: Account; readonly to: Account; readonly reason: string | null }[];
  chipKeys: Map<string, { readonly cardId: CardId; readonly purpose: string; readonly spki: Uint8Array }>;
  steps: { readonly claim: Claim; readonly sequence: number; readonly operation: string; readonly hash: string; result: string | null }[];
  jobs: { readonly cardId: CardId; job: PrintJob }[];
  inspections: { readonly cardId: CardId; readonly fence: number; readonly passed: boolean; readonly reasons: readonly string[] }[];
}

type Account = 'received' | 'vault' | 'line' | 'good' | 'spoiled';

const CODES = ['FENCE_LOST', 'REFUSED', 'CONFLICT'] as const;
type BooksErrorCode = (typeof CODES)[number];
const meaning = { what: { vi: 'Sổ từ chối', en: 'the books refuse' }, todo: { vi: '', en: '' } };
const TABLE = { FENCE_LOST: meaning, REFUSED: meaning, CONFLICT: meaning } as const satisfies ErrorTable<BooksErrorCode>;

export class BooksError extends CodedError<BooksErrorCode> {
  constructor(code: BooksErrorCode, detail: string) {
    super(TABLE, code, { detail });
  }
}

const LINE: readonly CardState[] = [
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
const BY_ADVANCE: ReadonlySet<CardState> = new Set(['CHIP_OPENED', 'WRITTEN', 'LOCKED', 'LOCK_VERIFIED', 'PRINTED']);

function stationOf(card: CardRow): Station | null {
  const at = LINE.indexOf(card.doubtedFrom ?? card.state);
  if (at < 0 || card.state === 'SPOILED') return null;
  if (at < LINE.indexOf('LOCK_VERIFIED')) return 'encode';
  return ({ LOCK_VERIFIED: 'print', PRINTED: 'inspect' } as Partial<Record<CardState, Station>>)[card.doubtedFrom ?? card.state] ?? null;
}

export function createBooks(): Books {
  let data: BooksData = {
    mode: 'running',
    heldBatches: new Set(),
    cards: new Map(),
    blanks: new Map(),
    moves: [],
    chipKeys: new Map(),
    steps: [],
    jobs: [],
    inspections: [],
  };

  const card = (cardId: CardId): CardRow => {
    const row = data.cards.get(cardId);
    if (row === undefined) throw new BooksError('REFUSED', 'CARD_UNKNOWN');
    return row;
  };
  const claimed = (claim: Claim): CardRow => {
    const row = card(claim.cardId);
    if (row.fence !== claim.fence || row.lease === null || row.lease.over) throw new BooksError('FENCE_LOST', `fence ${claim.fence}`);
    return row;
  };
  const change = (row: CardRow, to: CardState): void => {
    const [from, target] = [LINE.indexOf(row.state), LINE.indexOf(to)];
    const back = row.state === 'IN_DOUBT' && row.doubtedFrom === to;
    const onward = from >= 0 && target === from + 1;
    const doubted = to === 'IN_DOUBT' && from > 0;
    const spoiled = to === 'SPOILED' && (from >= 0 || row.state === 'IN_DOUBT');
    if (!back && !onward && !doubted && !spoiled) throw new BooksError('REFUSED', `${row.state} → ${to}`);
    row.doubtedFrom = to === 'IN_DOUBT' ? row.state : null;
    row.state = to;
    row.history.push(to);
  };
  const move = (serial: string, from: Account, to: Account, reason: string | null): void => {
    if (data.moves.some((made) => made.serial === serial && made.to === to)) return;
    const blank = data.blanks.get(serial);
    if (blank?.place !== from) throw new BooksError('REFUSED', `BLANK_NOT_THERE: ${blank?.place ?? 'nowhere'}, not ${from}`);
    blank.place = to;
    data.moves.push({ serial, from, to, reason });
  };
  const addCard = (cardId: CardId, of: { batchId: string; profile: string; supersedes: CardId | null }): void => {
    data.cards.set(cardId, {
      ...of,
      cardId,
      attempts: { encode: 0, print: 0, inspect: 0 },
      history: ['RELEASED'],
      state: 'RELEASED',
      doubtedFrom: null,
      reservedSerial: null,
      boundSerial: null,
      chipId: null,
      fence: 0,
      lease: null,
      spoiledFor: null,
      sodHash: null,
    });
  };
  const rows = (): readonly CardRow[] => [...data.cards.values()];
  const remakeOf = (cardId: CardId): CardRow | undefined => rows().find((row) => row.supersedes === cardId);

  // Every method is asynchronous as the real one is, and decides before it gives way: it is a transaction.
  const ledger: CardLedger = {
    async claim({ cardId, station, owner }) {
      await Promise.resolve();
      const row = data.cards.get(cardId);
      if (row === undefined) return 'CARD_UNKNOWN';
      if (stationOf(row) !== station) return 'NOT_THIS_STATION';
      if (row.lease !== null && row.lease.owner !== owner && !row.lease.over) return 'LEASED_BY_ANOTHER';
      const begins = row.state === 'RELEASED' && row.reservedSerial === null;
      if (data.mode === 'held' || (data.mode === 'draining' && begins)) return 'LINE_ON_HOLD';
      if (row.state === 'RELEASED' && data.heldBatches.has(row.batchId)) return 'BATCH_ON_HOLD';
      row.fence += 1;
      row.lease = { owner, over: false };
      const { state, doubtedFrom, reservedSerial, chipId, batchId, profile } = row;
      const attempt = row.attempts[station]++;
      return { claim: { cardId, station, fence: row.fence }, state, doubtedFrom, reservedSerial, chipId, batchId, profile, attempt };
    },
    async cardOfSerial(serial) {
      await Promise.resolve();
      const row = rows().find((candidate) => candidate.reservedSerial === serial || candidate.boundSerial === serial);
      return row === undefined ? null : { cardId: row.cardId, state: row.state };
    },
    async renew(claim) {
      await Promise.resolve();
      claimed(claim);
    },
    async release(claim) {
      await Promise.resolve();
      const row = card(claim.cardId);
      if (row.fence === claim.fence) row.lease = null;
    },
    async reserveBlank(claim, { serial }) {
      await Promise.resolve();
      const row = claimed(claim);
      if (row.reservedSerial === serial) return 'reserved';
      if (row.state !== 'RELEASED' || row.reservedSerial !== null) throw new BooksError('REFUSED', 'another blank is reserved already');
      const blank = data.blanks.get(serial);
      if (blank === undefined) return 'BLANK_UNKNOWN';
      if (rows().some((other) => other.reservedSerial === serial)) return 'BLANK_RESERVED_BY_ANOTHER';
      if (blank.place !== 'vault') return 'BLANK_NOT_IN_STOCK';
      move(serial, 'vault', 'line', null);
      row.reservedSerial = serial;
      return 'reserved';
    },
    async bindBlank(claim, { serial, chipId }) {
      await Promise.resolve();
      const row = claimed(claim);
      if (row.boundSerial === serial && row.chipId === chipId) return 'bound';
      if (row.state !== 'RELEASED' || row.reservedSerial !== serial) throw new BooksError('REFUSED', 'CARD_BLANK_NOT_RESERVED');
      if (rows().some((other) => other.chipId === chipId)) return 'CHIP_ALREADY_BOUND';
      if (data.blanks.get(serial)?.chipId !== chipId) return 'CHIP_NOT_ON_DELIVERY_NOTE';
      change(row, 'BLANK_BOUND');
      row.boundSerial = serial;
      row.chipId = chipId;
      return 'bound';
    },
    async spoilBlank(claim, { serial, reason }) {
      await Promise.resolve();
      const row = claimed(claim);
      if (row.reservedSerial === null && data.blanks.get(serial)?.place === 'spoiled') return;
      if (row.state !== 'RELEASED' || row.reservedSerial !== serial) throw new BooksError('REFUSED', 'CARD_BLANK_NOT_RESERVED');
      move(serial, 'line', 'spoiled', reason);
      row.reservedSerial = null;
    },
    async recordChipKeys(claim, keys) {
      await Promise.resolve();
      const row = claimed(claim);
      for (const purpose of ['activeAuthentication', 'chipAuthentication'] as const) {
        const spki = keys[purpose];
        if (spki === null) continue;
        const hash = sha256(spki);
        const before = data.chipKeys.get(hash);
        if (before === undefined) data.chipKeys.set(hash, { cardId: row.cardId, purpose, spki });
        else if (before.cardId !== row.cardId || before.purpose !== purpose) return 'CHIP_KEY_REPEATED';
      }
      return 'recorded';
    },
    async advance(claim, to) {
      await Promise.resolve();
      const row = claimed(claim);
      if (row.state === to) return;
      if (!BY_ADVANCE.has(to)) throw new BooksError('REFUSED', `${row.state} → ${to}`);
      const printed = data.jobs.some(({ cardId, job }) => cardId === row.cardId && job.outcome === 'printed');
      if (to === 'PRINTED' && !printed) throw new BooksError('REFUSED', 'no print job with outcome printed');
      change(row, to);
      // The next station, rung in the same moment, must find the card free.
      if (stationOf(row) !== claim.station) row.lease = null;
    },
    async doubt(claim) {
      await Promise.resolve();
      const row = claimed(claim);
      if (row.state !== 'IN_DOUBT') change(row, 'IN_DOUBT');
    },
    async resolveDoubt(claim) {
      await Promise.resolve();
      const row = claimed(claim);
      if (row.doubtedFrom === null) throw new BooksError('REFUSED', 'CARD_NOT_IN_DOUBT');
      change(row, row.doubtedFrom);
    },
    async spoilCard(claim, reason) {
      await Promise.resolve();
      const row = claimed(claim);
      const before = remakeOf(row.cardId);
      if (row.state === 'SPOILED' && before !== undefined) return { remake: before.cardId };
      change(row, 'SPOILED');
      row.spoiledFor = reason;
      const serial = row.boundSerial ?? row.reservedSerial;
      if (serial !== null) move(serial, data.blanks.get(serial)?.place === 'good' ? 'good' : 'line', 'spoiled', reason);
      const remake = `${row.cardId}r`;
      addCard(remake, { batchId: row.batchId, profile: row.profile, supersedes: row.cardId });
      return { remake };
    },
  };

  const journal: ChipJournal = {
    async intend(claim, { sequence, operation, hash }) {
      await Promise.resolve();
      claimed(claim);
      const before = data.steps.find((step) => sameStep(step, claim, sequence));
      if (before === undefined) data.steps.push({ claim, sequence, operation, hash, result: null });
      else if (before.hash !== hash || before.operation !== operation) throw new BooksError('CONFLICT', `step ${sequence}`);
    },
    async outcome(claim, { sequence, result }) {
      await Promise.resolve();
      const step = data.steps.find((candidate) => sameStep(candidate, claim, sequence));
      if (step === undefined || card(claim.cardId).fence !== claim.fence || (step.result !== null && step.result !== result)) {
        throw new BooksError('FENCE_LOST', `fence ${claim.fence}`);
      }
      step.result = result;
    },
  };

  const prints: PrintLedger = {
    async find(claim) {
      await Promise.resolve();
      return data.jobs.findLast(({ cardId }) => cardId === claim.cardId)?.job ?? null;
    },
    async intend(claim, hashes) {
      await Promise.resolve();
      const row = claimed(claim);
      if (row.state !== 'LOCK_VERIFIED') throw new BooksError('REFUSED', `a print in ${row.state}`);
      const before = data.jobs.filter(({ cardId }) => cardId === row.cardId);
      const last = before.at(-1)?.job;
      if (last !== undefined && (last.outcome === null || last.outcome === 'printed'))
        throw new BooksError('REFUSED', 'PRINT_ALREADY_INTENDED');
      const job: PrintJob = { jobId: `${row.cardId}-p${before.length + 1}`, ...hashes, outcome: null };
      data.jobs.push({ cardId: row.cardId, job });
      return job;
    },
    async outcome(claim, jobId, outcome) {
      await Promise.resolve();
      claimed(claim);
      const entry = data.jobs.find(({ job }) => job.jobId === jobId);
      if (entry === undefined) throw new BooksError('REFUSED', 'PRINT_JOB_UNKNOWN');
      if (entry.job.outcome === outcome) return;
      if (entry.job.outcome !== null) throw new BooksError('CONFLICT', 'PRINT_OUTCOME_CONFLICT');
      entry.job = { ...entry.job, outcome };
    },
  };

  const inspections: InspectionLedger = {
    failedBefore: (claim) =>
      Promise.resolve(data.inspections.find((filed) => filed.cardId === claim.cardId && !filed.passed)?.reasons ?? null),
    async file(claim, { passed, reasons }) {
      await Promise.resolve();
      const row = claimed(claim);
      if (passed && row.state === 'INSPECTED') return;
      if (data.inspections.some((filed) => filed.cardId === row.cardId && filed.fence === claim.fence)) return;
      if (passed) {
        change(row, 'INSPECTED');
        move(row.boundSerial ?? '', 'line', 'good', null);
      }
      data.inspections.push({ cardId: row.cardId, fence: claim.fence, passed, reasons });
    },
  };

  return {
    get data() {
      return data;
    },
    ledger,
    journal,
    prints,
    inspections,
    claimed,
    card,
    signed(claim, efSod) {
      const row = claimed(claim);
      if (row.state === 'CHIP_OPENED') change(row, 'SOD_INTENT');
      if (row.state !== 'SOD_INTENT') return;
      const hash = sha256(efSod);
      if (rows().some((other) => other.sodHash === hash)) throw new BooksError('REFUSED', 'SOD_REPEATED');
      row.sodHash = hash;
      change(row, 'SOD_SIGNED');
    },
    receive(blanks) {
      for (const { serial, chipId } of blanks) {
        data.blanks.set(serial, { chipId, place: 'received' });
        move(serial, 'received', 'vault', null);
      }
    },
    order: (cardId, batchId, profile) => addCard(cardId, { batchId, profile, supersedes: null }),
    live(cardId) {
      let row = card(cardId);
      for (let next = remakeOf(row.cardId); next !== undefined; next = remakeOf(row.cardId)) row = next;
      return row;
    },
    snapshot: () => structuredClone(data),
    restore(before) {
      data = structuredClone(before);
    },
  };
}

function sameStep(step: { readonly claim: Claim; readonly sequence: number }, claim: Claim, sequence: number): boolean {
  return step.claim.cardId === claim.cardId && step.claim.fence === claim.fence && step.sequence === sequence;
}

function sha256(bytes: Uint8Array): string {
  return toHex(Uint8Array.from(createHash('sha256').update(bytes).digest()));
}
