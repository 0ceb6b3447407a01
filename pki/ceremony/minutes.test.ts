import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fileCeremonyJournal } from './minutes.ts';

const folder = mkdtempSync(join(tmpdir(), 'cardmint-minutes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('T: two ceremonies at once on one file: the second to write is stopped, and no line of the first is lost', async () => {
  const path = join(folder, 'minutes.jsonl');
  const [one, two] = [fileCeremonyJournal(path), fileCeremonyJournal(path)];
  expect(await one.load()).toBeUndefined();
  expect(await two.load()).toBeUndefined();
  await one.save('first\n');
  await expect(two.save('second\n')).rejects.toMatchObject({ code: 'CEREMONY_MINUTES_BROKEN' });
  await one.save('first\nfirst\n');
  expect(readFileSync(path, 'utf8')).toBe('first\nfirst\n');
  expect(await two.load()).toBe('first\nfirst\n');
  await two.save('first\nfirst\nsecond\n');
  expect(readFileSync(path, 'utf8')).toContain('second');
});
