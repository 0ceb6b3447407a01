import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FileDigest, JournalStep, PersonalisationJournal } from '#encoder/personalisation';
import { isAlive } from '#production/plant';
import { LabError } from './lab-error.ts';

/** A line of a card's journal: hashes, names and numbers, nothing personal. */
type Entry =
  | { readonly event: 'begun'; readonly driver: string; readonly profile: string; readonly chipId: string | null }
  | ({ readonly event: 'intent' } & JournalStep)
  | { readonly event: 'outcome'; readonly sequence: number; readonly result: 'done' | 'refused' | 'unknown'; readonly sw?: string }
  | { readonly event: 'bound' }
  | { readonly event: 'planned'; readonly files: readonly FileDigest[] }
  | { readonly event: 'locked' }
  | { readonly event: 'inspected'; readonly verdict: string };

/** What the journal says of the card of one order. */
export interface LabCardState {
  /** By whom it was begun, if any command that changes a chip was ever intended. */
  readonly begun: { readonly driver: string; readonly profile: string; readonly chipId: string | null } | null;
  /** A chip has confirmed that it is bound to this order. */
  readonly bound: boolean;
  readonly files: readonly FileDigest[] | null;
  readonly locked: boolean;
}

export interface LabJournal extends PersonalisationJournal {
  readonly state: LabCardState;
  begin(by: NonNullable<LabCardState['begun']>): void;
  bound(): void;
  plan(files: readonly FileDigest[]): void;
  locked(): void;
  inspected(verdict: string): void;
  /** Lets other commands at this card. */
  close(): void;
}

/**
 * The journal of one order's card, `journal.jsonl` in its folder, one JSON object a line. A line is on the disk before its call returns; a
 * line that a crash has cut is none. One command at a time.
 * Errors: LAB_ORDER_IN_HAND, LAB_JOURNAL_BROKEN.
 */
export function openLabJournal(folder: string, now: () => Date): LabJournal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const release = takeInHand(folder);
  try {
    const path = join(folder, 'journal.jsonl');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const state = stateOf(whole.split('\n').filter(Boolean).map(entryOf));
    const fd = openSync(path, 'a', 0o600);
    if (whole !== text) ftruncateSync(fd, Buffer.byteLength(whole));
    const append = (entry: Entry): void => {
      writeSync(fd, `${JSON.stringify({ at: now().toISOString(), ...entry })}\n`);
      fsyncSync(fd);
    };
    return {
      state,
      begin: (by) => append({ event: 'begun', ...by }),
      bound: () => append({ event: 'bound' }),
      plan: (files) => append({ event: 'planned', files }),
      locked: () => append({ event: 'locked' }),
      inspected: (verdict) => append({ event: 'inspected', verdict }),
      intend: async (step) => Promise.resolve(append({ event: 'intent', ...step })),
      outcome: async (sequence, result, sw) => {
        const word = sw === undefined ? {} : { sw: sw.toString(16).toUpperCase().padStart(4, '0') };
        await Promise.resolve(append({ event: 'outcome', sequence, result, ...word }));
      },
      close() {
        closeSync(fd);
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** A file with the number of our process; that of one which is gone is taken over. */
function takeInHand(folder: string): () => void {
  const path = join(folder, 'in-hand.pid');
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    const holder = Number(readFileSync(path, 'utf8'));
    if (holder !== process.pid && isAlive(holder)) throw new LabError('LAB_ORDER_IN_HAND', { detail: `process ${holder}` });
    writeFileSync(path, String(process.pid), { mode: 0o600 });
  }
  return () => rmSync(path, { force: true });
}

const EVENTS: ReadonlySet<string> = new Set<Entry['event']>(['begun', 'intent', 'outcome', 'bound', 'planned', 'locked', 'inspected']);

function entryOf(line: string, index: number): Entry {
  try {
    const entry = JSON.parse(line) as Entry | null;
    if (entry !== null && EVENTS.has(entry.event) && (entry.event !== 'planned' || Array.isArray(entry.files))) return entry;
  } catch {
    // Not JSON: broken like any other line that is not ours.
  }
  throw new LabError('LAB_JOURNAL_BROKEN', { where: `line ${index + 1}` });
}

function stateOf(entries: readonly Entry[]): LabCardState {
  const touched = entries.some(({ event }) => event === 'intent');
  const begun = entries.findLast((entry) => entry.event === 'begun');
  const planned = entries.findLast((entry) => entry.event === 'planned');
  const tags = new Set(
    entries.flatMap((entry) => (entry.event === 'intent' && entry.operation === 'writeBindingTag' ? [entry.sequence] : [])),
  );
  const bound = entries.some(
    (entry) => entry.event === 'bound' || (entry.event === 'outcome' && entry.result === 'done' && tags.has(entry.sequence)),
  );
  return {
    begun: touched && begun !== undefined ? { driver: begun.driver, profile: begun.profile, chipId: begun.chipId } : null,
    bound,
    files: planned?.files ?? null,
    locked: entries.some(({ event }) => event === 'locked'),
  };
}
