import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { cvCertificate, cvTrustPoint } from '#encoder/cv-certificate';
import { fromHex, Secret, toHex, utf8 } from '#encoder/bytes';
import { LyingHsm, SoftwareHsm } from '#hsm-mocks';
import { crlFault, parseCrl } from '#pki/crl';
import { addDays, addYears, parseCertificate } from '#pki/x509';
import type { Hsm } from '#pki/hsm';
import type { CeremonyJournal } from './minutes.ts';
import { specimenPlan } from './plan.ts';
import { readCeremony } from './result.ts';
import { runFirstCeremony } from './run.ts';

const NOW = new Date('2026-11-21T08:00:00Z');
const master = () => new Secret(fromHex('404142434445464748494A4B4C4D4E4F'));
const PLAN = specimenPlan(2);

/** Keeps the last text; `killAfter` saves the process dies at the next save, before or after the text is durable. */
class MemoryJournal implements CeremonyJournal {
  text: string | undefined;
  saves = 0;
  killAt: { readonly save: number; readonly durable: boolean } | undefined;

  async load(): Promise<string | undefined> {
    await Promise.resolve();
    return this.text;
  }

  async save(text: string): Promise<void> {
    await Promise.resolve();
    const killed = this.killAt?.save === this.saves;
    this.saves += 1;
    if (!killed || this.killAt?.durable === true) this.text = text;
    if (killed) throw new Error('killed');
  }
}

let hsm: SoftwareHsm;
let journal: MemoryJournal;
beforeEach(async () => {
  const pin = new Secret(utf8('1'));
  hsm = new SoftwareHsm({ pin });
  await hsm.open(pin);
  journal = new MemoryJournal();
});

const run = (token: Hsm = hsm, plan = PLAN, transportMaster = master()) =>
  runFirstCeremony(token, plan, { transportMaster }, { clock: () => NOW, journal });

describe('the first ceremony', () => {
  test('makes the keys, certificates and list of the plan, each verified by node:crypto', async () => {
    const result = await run();
    const csca = new X509Certificate(result.csca.certificate);
    expect(csca.subject).toContain('CN=CSCA Cardmint SPECIMEN Vietnam');
    expect(csca.verify(csca.publicKey)).toBe(true);
    expect(result.documentSigners).toHaveLength(2);
    for (const { certificate } of result.documentSigners) {
      expect(new X509Certificate(certificate).verify(csca.publicKey)).toBe(true);
      const { validity, privateKeyUsagePeriod } = parseCertificate(certificate);
      expect(validity.notAfter).toEqual(addYears(addDays(NOW, 90), 25));
      expect(privateKeyUsagePeriod).toEqual({ notBefore: NOW, notAfter: addDays(NOW, 90) });
      expect(parseCertificate(result.csca.certificate).validity.notAfter >= addYears(addDays(addYears(NOW, 5), 90), 25)).toBe(true);
    }
    for (const { certificate } of [result.plantSigner, result.birthCertificateSigner]) {
      const signer = new X509Certificate(certificate);
      expect(signer.verify(signer.publicKey)).toBe(true);
    }
    const cvca = cvCertificate.decode(result.cvca.certificate);
    expect(cvTrustPoint(cvca)).toMatchObject({ reference: 'VNSPECIMEN00001', role: 'cvca', effectiveDate: '2026-11-21' });
    const crl = parseCrl(result.crl);
    expect(crl.revoked).toEqual([]);
    expect(crlFault(crl, parseCertificate(result.csca.certificate), addDays(NOW, 89))).toBeUndefined();
    expect(crlFault(crl, parseCertificate(result.csca.certificate), addDays(NOW, 91))).toBe('stale');
    expect(toHex(result.transportMasterKey.checkValue)).toBe('189956');
    // The value every chip maker knows for this key (GlobalPlatform Amendment D, the key of its test cards).
    expect(toHex(result.transportMasterKcv)).toBe('504A77');
    expect(result.citizenReferenceKey.bits).toBe(256);
  });

  test('run again, it changes nothing and returns the same; the minutes alone give the same too', async () => {
    const first = await run();
    const { saves } = journal;
    expect(await run()).toEqual(first);
    expect(journal.saves).toBe(saves);
    expect(readCeremony(journal.text ?? '')).toEqual(first);
  });

  test('no secret stands in the minutes', async () => {
    await run();
    expect(journal.text).not.toMatch(/404142434445464748494a4b4c4d4e4f/i);
  });
});

describe('killed at every point, it is finished by the next run and leaves no ambiguous key', () => {
  const total = 27;
  // Smaller curves than the demo's: what is swept here is the order of events, and the software HSM is slow on 512 bits.
  const plan = {
    ...PLAN,
    csca: { ...PLAN.csca, curve: 'brainpoolP256r1' },
    documentSigners: { ...PLAN.documentSigners, curve: 'brainpoolP256r1' },
  } as const;
  test.each(Array.from({ length: total }, (_, save) => save))('killed at save %i, before and after it is durable', async (save) => {
    for (const durable of [false, true]) {
      const pin = new Secret(utf8('1'));
      hsm = new SoftwareHsm({ pin });
      await hsm.open(pin);
      journal = new MemoryJournal();
      journal.killAt = { save, durable };
      await run(hsm, plan).catch((error: unknown) => {
        if (!(error instanceof Error) || error.message !== 'killed') throw error;
      });
      journal.killAt = undefined;
      const result = await run(hsm, plan);
      const labels = (await hsm.list()).filter(({ kind }) => kind !== 'public-key').map(({ label }) => label);
      expect(new Set(labels).size).toBe(labels.length);
      expect(labels).toHaveLength(11);
      const csca = new X509Certificate(result.csca.certificate);
      expect(result.documentSigners.every(({ certificate }) => new X509Certificate(certificate).verify(csca.publicKey))).toBe(true);
      // Whatever was signed was signed over bytes that were recorded, and over no others under one subject.
      const intents = result.minutes.filter(({ step }) => step === 'signature-intent').map(({ subject }) => subject);
      expect(new Set(intents).size).toBe(intents.length);
    }
  });

  test('the number of points is all of them', async () => {
    await run();
    expect(journal.saves).toBe(total);
  });
});

describe('what stops it', () => {
  test('another plan under the same minutes', async () => {
    await run();
    await expect(run(hsm, { ...PLAN, technicalLifeYears: 10 })).rejects.toMatchObject({ code: 'CEREMONY_PLAN_CHANGED' });
  });

  test('another transport master', async () => {
    await run();
    await expect(run(hsm, PLAN, new Secret(new Uint8Array(16).fill(9)))).rejects.toMatchObject({
      code: 'CEREMONY_TRANSPORT_MASTER_CHANGED',
    });
  });

  test('keys of this ceremony without its minutes: nothing is destroyed', async () => {
    await run();
    const before = await hsm.list();
    journal.text = undefined;
    await expect(run()).rejects.toMatchObject({ code: 'CEREMONY_MINUTES_MISSING' });
    expect(await hsm.list()).toEqual(before);
  });

  test('minutes of an earlier day: the keys that they do not know are not destroyed', async () => {
    await run();
    journal.text = (journal.text ?? '').split('\n').slice(0, 4).join('\n');
    await expect(run()).rejects.toMatchObject({ code: 'CEREMONY_TOKEN_UNEXPECTED' });
  });

  test('a second key with the label of a known one', async () => {
    const { csca } = await run();
    await hsm.generateEcKey({ label: csca.key.label, curve: 'P-256', purpose: 'sign' });
    await expect(run()).rejects.toMatchObject({ code: 'CEREMONY_TOKEN_UNEXPECTED' });
  });

  test.each([
    ['a changed line', (text: string) => text.replace('"brainpoolP384r1"', '"brainpoolP256r1"')],
    ['a line taken out', (text: string) => text.split('\n').toSpliced(3, 1).join('\n')],
    ['a line that is not JSON', (text: string) => `${text}{`],
    ['a line that is no minute', (text: string) => `${text}{"sequence":1}\n`],
  ])('minutes with %s', async (_name, change) => {
    await run();
    journal.text = change(journal.text ?? '');
    await expect(run()).rejects.toMatchObject({ code: 'CEREMONY_MINUTES_BROKEN' });
  });

  test('a key that is gone from the token', async () => {
    const { recordKey } = await run();
    await hsm.destroy(recordKey.key.keyId);
    await expect(run()).rejects.toMatchObject({ code: 'HSM_KEY_NOT_FOUND' });
  });

  test('P5: a token that signs wrongly: no certificate, and the next run signs the recorded bytes', async () => {
    await expect(run(new LyingHsm(hsm, ['wrong-signature']))).rejects.toMatchObject({ code: 'CERTIFICATE_SIGNATURE_REJECTED' });
    const intent = (journal.text ?? '').split('\n').find((line) => line.includes('signature-intent'));
    expect((await run()).minutes.map((minute) => JSON.stringify(minute))).toContain(intent);
  });

  test('a session that was lost is asked again once', async () => {
    await run(new LyingHsm(hsm, ['HSM_SESSION_LOST']));
    journal.text = undefined;
    await expect(run(new LyingHsm(hsm, ['HSM_SESSION_LOST', 'HSM_SESSION_LOST']), { ...PLAN, id: 'second' })).rejects.toMatchObject({
      code: 'HSM_SESSION_LOST',
    });
  });

  test('unfinished minutes give no result', async () => {
    journal.killAt = { save: 5, durable: true };
    await expect(run()).rejects.toThrow('killed');
    expect(() => readCeremony(journal.text ?? '')).toThrow(/CEREMONY_UNFINISHED/);
  });
});
