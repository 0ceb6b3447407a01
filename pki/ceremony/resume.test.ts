import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SoftwareHsm } from '#hsm-mocks';
import type { PresentCustodian } from './custodian.ts';
import { parseMinutes, type Minute } from './minutes.ts';
import { resultOf } from './ceremony-result.ts';
import { fileOf, MemoryJournal, people, rehearse, SMALL_STEPS, softwareTokens, type SoftwareTokens } from './testing.ts';
import { verifyMinutes } from './verify-minutes.ts';

/** Saves of an uninterrupted run with one line token. */
const SAVES = 31;
/** Of the authority: CSCA, CVCA. Of the line token: five pairs, one RSA pair, three AES keys, one Document Signer. */
const KEYS = { authority: 2, a: 10 } as const;

let room: readonly PresentCustodian[];
let file: Uint8Array;
beforeAll(async () => {
  room = await people(2, 2);
  const steps = SMALL_STEPS.filter(({ id }) => !id.endsWith('-b')).map((step) =>
    step.step === 'import-shared-keys' ? { ...step, tokens: ['a'] } : step,
  );
  file = fileOf(room, 2, steps);
});

async function killedAt(save: number, durable: boolean): Promise<{ readonly tokens: SoftwareTokens; readonly journal: MemoryJournal }> {
  const tokens = await softwareTokens();
  const journal = new MemoryJournal();
  journal.killAt = { save, durable };
  await rehearse(file, room, { ...tokens }, journal).catch((error: unknown) => {
    if (!(error instanceof Error) || error.message !== 'killed') throw error;
  });
  journal.killAt = undefined;
  // Power was cut: nothing stays open.
  await tokens.authority.close();
  return { tokens, journal };
}

async function privateKeys(hsm: SoftwareHsm): Promise<readonly string[]> {
  return (await hsm.list()).filter(({ kind }) => kind !== 'public-key').map(({ label }) => label);
}

function intents(minutes: readonly Minute[]): ReadonlyMap<string, string | undefined> {
  return new Map(minutes.filter(({ step }) => step === 'signature-intent').map(({ subject, facts }) => [subject, facts['tbs']]));
}

describe('killed at every point, a ceremony is finished by the next run', () => {
  test.each(Array.from({ length: SAVES }, (_, save) => save))('at save %i, before and after it is durable', async (save) => {
    for (const durable of [false, true]) {
      const { tokens, journal } = await killedAt(save, durable);
      const before = journal.text === undefined ? [] : parseMinutes(journal.text, 'rehearsal');
      const minutes = await rehearse(file, room, { ...tokens }, journal);
      expect(minutes.slice(0, before.length)).toEqual(before);

      // One key a role, none that the minutes do not know, nothing signed under one subject but the bytes that were recorded first.
      expect(await privateKeys(tokens.a)).toHaveLength(KEYS.a);
      for (const [subject, tbs] of intents(before)) expect(intents(minutes).get(subject)).toBe(tbs);
      const subjects = minutes.filter(({ step }) => step === 'signature-intent').map(({ subject }) => subject);
      expect(new Set(subjects).size).toBe(subjects.length);

      const result = resultOf(verifyMinutes(journal.text ?? '', 'rehearsal').minutes);
      const csca = new X509Certificate(result.csca.current.certificate);
      for (const { key, certificate } of result.lineTokens['a']?.documentSigners ?? []) {
        expect(new X509Certificate(certificate).verify(csca.publicKey)).toBe(true);
        await tokens.a.sign(key, new Uint8Array(32));
      }
    }
  });

  test('the number of points is all of them', async () => {
    const journal = new MemoryJournal();
    await rehearse(file, room, { ...(await softwareTokens()) }, journal);
    expect(journal.saves).toBe(SAVES);
  });

  test('the authority’s token has its two keys and no third', async () => {
    const { tokens, journal } = await killedAt(3, false);
    await rehearse(file, room, { ...tokens }, journal);
    const minutes = parseMinutes(journal.text ?? '', 'rehearsal');
    expect(minutes.filter(({ step }) => step === 'orphan-destroyed')).toHaveLength(1);
    const known = minutes.filter(({ step, facts }) => step === 'key' && facts['token'] === 'authority');
    expect(known).toHaveLength(KEYS.authority);
  });
});
