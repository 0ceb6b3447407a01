import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CeremonyError } from './ceremony-error.ts';

/** One line of the minutes. `previous` is the SHA-256 of the line before, so that no line can be changed, dropped or added later. */
export interface Minute {
  readonly sequence: number;
  readonly at: string;
  readonly step:
    | 'started'
    | 'session'
    | 'token'
    | 'orphan-destroyed'
    | 'key'
    | 'signature-intent'
    | 'issued'
    | 'destruction-intent'
    | 'key-destroyed'
    | 'finished';
  /** What it is about: `csca`, `document-signer-1`, `crl` … */
  readonly subject: string;
  /** Public facts only: hexadecimal bytes, names of curves, the hash of the plan. */
  readonly facts: Readonly<Record<string, string>>;
  readonly previous: string;
}

/** Where the minutes live. `save` returns when they are durable. */
export interface CeremonyJournal {
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

/**
 * A file that is replaced whole: written beside, flushed, renamed, and the folder flushed. Of two ceremonies at once on one file the second to write
 * is stopped with `CEREMONY_MINUTES_BROKEN`, which is before its first act.
 */
export function fileCeremonyJournal(path: string): CeremonyJournal {
  let known: string | undefined;
  return {
    async load() {
      known = await readWhole(path);
      return known;
    },
    async save(text) {
      if ((await readWhole(path)) !== known)
        throw new CeremonyError('CEREMONY_MINUTES_BROKEN', { where: path, detail: 'somebody else writes them' });
      const draft = `${path}.draft`;
      const file = await open(draft, 'w', 0o600);
      await file.writeFile(text);
      await file.sync();
      await file.close();
      await rename(draft, path);
      const folder = await open(dirname(path), 'r');
      await folder.sync();
      await folder.close();
      known = text;
    },
  };
}

async function readWhole(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A rehearsal's minutes hang on another beginning, so that not one line of them can ever stand in a plant's. */
export type MinutesMode = 'production' | 'rehearsal';
const GENESIS = {
  production: '0'.repeat(64),
  rehearsal: createHash('sha256').update('cardmint/minutes/REHEARSAL').digest('hex'),
} as const satisfies Record<MinutesMode, string>;

export function appended(
  minutes: readonly Minute[],
  entry: Pick<Minute, 'step' | 'subject' | 'facts'>,
  at: Date,
  mode: MinutesMode = 'production',
): readonly Minute[] {
  const last = minutes.at(-1);
  const previous = last === undefined ? GENESIS[mode] : hashOf(last);
  return [...minutes, { sequence: minutes.length, at: at.toISOString(), ...entry, previous }];
}

/** One JSON object a line. */
export function formatMinutes(minutes: readonly Minute[]): string {
  return minutes.map((minute) => `${JSON.stringify(minute)}\n`).join('');
}

/**
 * Throws `CEREMONY_MINUTES_BROKEN` unless every line is there, in order, unchanged; `CEREMONY_REHEARSAL` when they are whole, but of the
 * other mode.
 */
export function parseMinutes(text: string, mode: MinutesMode = 'production'): readonly Minute[] {
  const minutes = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => parseMinute(line, index));
  const other = mode === 'production' ? 'rehearsal' : 'production';
  const found = minutes[0]?.previous === GENESIS[other] ? other : mode;
  minutes.forEach((minute, index) => {
    const before = minutes[index - 1];
    const expected = before === undefined ? GENESIS[found] : hashOf(before);
    if (minute.sequence !== index || minute.previous !== expected) throw broken(index);
  });
  if (found !== mode) throw new CeremonyError('CEREMONY_REHEARSAL', { where: `${found} minutes` });
  return minutes;
}

function parseMinute(line: string, index: number): Minute {
  try {
    const value: unknown = JSON.parse(line);
    // What a person reads in the line is what is hashed: nothing stands twice in it, or between its members.
    if (isMinute(value) && JSON.stringify(value) === line) return value;
  } catch {
    // Not JSON: broken like any other line that is not a minute.
  }
  throw broken(index);
}

function isMinute(value: unknown): value is Minute {
  if (typeof value !== 'object' || value === null) return false;
  const { sequence, at, step, subject, facts, previous } = value as Partial<Record<keyof Minute, unknown>>;
  const texts = [at, step, subject, previous].every((text) => typeof text === 'string');
  return (
    texts &&
    typeof sequence === 'number' &&
    typeof facts === 'object' &&
    facts !== null &&
    Object.values(facts).every((fact) => typeof fact === 'string')
  );
}

export function hashOf(minute: Minute): string {
  return createHash('sha256').update(JSON.stringify(minute)).digest('hex');
}

function broken(line: number): CeremonyError {
  return new CeremonyError('CEREMONY_MINUTES_BROKEN', { where: `line ${line + 1}` });
}
