import { beforeAll, expect, test } from 'vitest';
import { toHex } from '#encoder/bytes';
import { resultOf, type CeremonyResult } from './ceremony-result.ts';
import type { PresentCustodian } from './custodian.ts';
import { fileOf, MemoryJournal, NOW, people, rehearse, softwareTokens, type SoftwareTokens } from './testing.ts';

/** What a step refuses although its people approved it: each test is a ceremony of its own after the same first one. */
const DAY_MS = 86_400_000;
let room: readonly PresentCustodian[];
let tokens: SoftwareTokens;
let first: CeremonyResult;
let text: string | undefined;
beforeAll(async () => {
  room = await people(2, 2);
  tokens = await softwareTokens();
  const journal = new MemoryJournal();
  first = resultOf(await rehearse(fileOf(room, 2), room, { ...tokens }, journal));
  text = journal.text;
});

async function later(days: number, step: object): Promise<CeremonyResult> {
  const journal = new MemoryJournal();
  journal.text = text;
  const clock = () => new Date(NOW.getTime() + days * DAY_MS);
  return resultOf(await rehearse(fileOf(room, 2, [step], 'later'), room, { ...tokens }, journal, { clock }));
}

test('T: a key under another role than the one that was approved is not destroyed', async () => {
  const { key } = first.lineTokens['a']?.recordKey ?? expect.fail('a record key');
  const end = { step: 'destroy-key', id: 'end', token: 'a', keyId: toHex(key.keyId), role: 'document-signer', reason: 'its time is over' };
  await expect(later(1, end)).rejects.toMatchObject({ code: 'CEREMONY_STEP_REFUSED' });
  await expect(tokens.a.findEcKey(key)).resolves.toBeDefined();
});

test('Doc 9303-12 §4.1.4: no gap between two CSCAs: the next one has rested before the one in use ends', async () => {
  const next = {
    step: 'roll-over-csca',
    id: 'csca-2',
    name: { country: 'VN', commonName: 'CSCA 2' },
    key: { curve: 'P-256' },
    usageYears: 5,
    documentSignerDays: 90,
  };
  const lastDay = 5 * 365;
  await expect(later(lastDay, { ...next, restHours: 72 })).rejects.toMatchObject({ code: 'CEREMONY_STEP_REFUSED' });
});

test('the same roll-over without a rest leaves none', async () => {
  tokens = await softwareTokens();
  const journal = new MemoryJournal();
  await rehearse(fileOf(room, 2), room, { ...tokens }, journal);
  text = journal.text;
  const next = {
    step: 'roll-over-csca',
    id: 'csca-2',
    name: { country: 'VN', commonName: 'CSCA 2' },
    key: { curve: 'P-256' },
    usageYears: 5,
    documentSignerDays: 90,
  };
  expect((await later(5 * 365, { ...next, restHours: 0 })).csca.all).toHaveLength(2);
});
