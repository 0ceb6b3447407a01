import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLabJournal, type LabJournal } from './lab-journal.ts';

const HASH = '0'.repeat(64);
const BY = { driver: 'reference', profile: 'cccd-2021-specimen', chipId: 'FE00112233445566' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cardmint-lab-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'journal.jsonl');
const open = (): LabJournal => openLabJournal(folder, () => new Date('2026-11-22T00:00:00Z'));
async function written(body: (journal: LabJournal) => Promise<void> | void): Promise<LabJournal['state']> {
  const journal = open();
  await body(journal);
  journal.close();
  const again = open();
  again.close();
  return again.state;
}

describe('the journal of a lab card', () => {
  test('nothing was done until a command was intended', async () => {
    expect(await written((journal) => journal.begin(BY))).toEqual({ begun: null, bound: false, files: null, locked: false });
  });

  test('an intent without an outcome leaves it open whether the chip is bound', async () => {
    const intended = async (journal: LabJournal): Promise<void> => {
      journal.begin(BY);
      await journal.intend({ sequence: 0, operation: 'writeBindingTag', hash: HASH });
    };
    expect(await written(intended)).toMatchObject({ begun: BY, bound: false });
    expect(await written((journal) => journal.outcome(0, 'unknown'))).toMatchObject({ bound: false });
    expect(await written((journal) => journal.bound())).toMatchObject({ bound: true });
  });

  test('a tag that the chip confirmed binds it; the outcome of another step does not', async () => {
    const other = await written(async (journal) => {
      await journal.intend({ sequence: 1, operation: 'generateKeys', hash: HASH });
      await journal.outcome(1, 'done');
    });
    expect(other.bound).toBe(false);
    const confirmed = await written(async (journal) => {
      await journal.intend({ sequence: 0, operation: 'writeBindingTag', hash: HASH });
      await journal.outcome(0, 'done');
    });
    expect(confirmed.bound).toBe(true);
  });

  test('a line that a crash has cut is none, and the next one stands on its own', async () => {
    await written((journal) => journal.intend({ sequence: 0, operation: 'writeBindingTag', hash: HASH }));
    appendFileSync(path(), '{"event":"lock');
    expect(await written((journal) => journal.bound())).toMatchObject({ bound: true, locked: false });
    expect(await written((journal) => journal.locked())).toMatchObject({ bound: true, locked: true });
  });

  test.each(['nonsense', '{"event":"unheard-of"}', 'null', '{"event":"planned","files":1}'])(
    'a whole line that is none of ours: %s',
    (line) => {
      writeFileSync(path(), `${line}\n`);
      expect(open).toThrow(expect.objectContaining({ code: 'LAB_JOURNAL_BROKEN', where: 'line 1' }));
      // And nobody is left holding it.
      writeFileSync(path(), '');
      open().close();
    },
  );

  test('status words are written as people read them', async () => {
    await written((journal) => journal.outcome(7, 'refused', 0x6a84));
    expect(readFileSync(path(), 'utf8')).toContain('"sw":"6A84"');
  });

  test('one command at a time; one that was killed holds nothing', () => {
    writeFileSync(join(folder, 'in-hand.pid'), '1');
    expect(open).toThrow(expect.objectContaining({ code: 'LAB_ORDER_IN_HAND' }));
    // Linux gives no process this number: pid_max is at most 2^22.
    writeFileSync(join(folder, 'in-hand.pid'), String(2 ** 22 + 1));
    open().close();
  });
});
