import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '#encoder/bytes';
import { resultOf } from './ceremony-result.ts';
import type { PresentCustodian } from './custodian.ts';
import { appended, formatMinutes, type Minute } from './minutes.ts';
import { fileOf, MemoryJournal, NOW, people, rehearse, SMALL_STEPS, softwareTokens, type SoftwareTokens } from './testing.ts';

/** A ceremony builds on the minutes before it: who says whose approval it needs is asked for their signatures first. */
let room: readonly PresentCustodian[];
let tokens: SoftwareTokens;
let minutes: readonly Minute[];
beforeAll(async () => {
  room = await people(2, 2);
  tokens = await softwareTokens();
  minutes = await rehearse(fileOf(room, 2), room, { ...tokens }, new MemoryJournal());
});

function rechained(of: readonly Minute[]): string {
  let chain: readonly Minute[] = [];
  for (const { step, subject, facts, at } of of) chain = appended(chain, { step, subject, facts }, new Date(at), 'rehearsal');
  return formatMinutes(chain);
}

describe('minutes that a ceremony finds', () => {
  test('T: rewritten so that others are the custodians: they do not get at a key', async () => {
    const strangers = await people(2, 2);
    const key = resultOf(minutes).lineTokens['a']?.documentSigners[0]?.key ?? expect.fail('a Document Signer');
    const file = new TextDecoder().decode(fileOf(strangers, 2));
    const sha256 = createHash('sha256').update(file).digest('hex').toUpperCase();
    const journal = new MemoryJournal();
    journal.text = rechained(
      minutes.map((minute) => (minute.step === 'started' ? { ...minute, facts: { ...minute.facts, file, sha256 } } : minute)),
    );
    const destroy = { step: 'destroy-key', id: 'end', token: 'a', keyId: toHex(key.keyId), role: 'document-signer', reason: 'because' };
    await expect(rehearse(fileOf(strangers, 2, [destroy], 'later'), strangers, { ...tokens }, journal)).rejects.toMatchObject({
      code: 'APPROVAL_SIGNATURE_INVALID',
    });
    await expect(tokens.a.sign(key, new Uint8Array(32))).resolves.toHaveLength(64);
  });

  test('T: lines that nobody signed, after the end of the ceremony before', async () => {
    const csca = minutes.find(({ step, facts }) => step === 'issued' && facts['role'] === 'csca') ?? expect.fail('csca');
    const journal = new MemoryJournal();
    journal.text = rechained([...minutes, { ...csca, subject: 'test/another', at: NOW.toISOString() }]);
    const crl = { step: 'issue-crl', id: 'crl', days: 30, revoked: [] };
    await expect(rehearse(fileOf(room, 2, [crl], 'later'), room, { ...tokens }, journal)).rejects.toMatchObject({
      code: 'CEREMONY_MINUTES_BROKEN',
    });
  });

  test('T: without a whole ceremony at their end, whose keys are in the authority’s token', async () => {
    const fresh = await softwareTokens();
    const journal = new MemoryJournal();
    await rehearse(fileOf(room, 2), room, { ...fresh }, journal);
    const before = journal.text;
    const rollOver = { step: 'roll-over-cvca', id: 'cvca-2', curve: 'P-256', years: 3 };
    const nextDay = { clock: () => new Date(NOW.getTime() + 86_400_000) };
    await rehearse(fileOf(room, 2, [rollOver], 'second'), room, { ...fresh }, journal, nextDay);
    for (const cut of [before, undefined]) {
      journal.text = cut;
      const again = fileOf(room, 2, cut === undefined ? SMALL_STEPS : [rollOver], 'third');
      await expect(rehearse(again, room, { ...fresh }, journal, nextDay)).rejects.toMatchObject({ code: 'CEREMONY_MINUTES_MISSING' });
    }
  });
});
