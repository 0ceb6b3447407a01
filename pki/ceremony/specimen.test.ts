import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { disguised } from '#pki/testing';
import { parseCertificate } from '#pki/x509';
import { minutesFile, runSpecimenCeremony, specimenCustodians, type SpecimenCeremonyDeps } from './specimen.ts';
import { MASTER, NOW } from './testing.ts';
import { verifyMinutes } from './verify-minutes.ts';

let folder: string;
let deps: SpecimenCeremonyDeps;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cardmint-specimen-'));
  const random = (length: number) => Uint8Array.from(randomBytes(length));
  deps = { folder, random, cost: 1024, clock: () => NOW, transportMaster: MASTER, documentSigners: 1 };
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function lineToken(): Promise<SoftwareHsm> {
  const pin = new Secret(utf8('line'));
  const hsm = new SoftwareHsm({ pin });
  await hsm.open(pin);
  return hsm;
}

describe('the demo’s keys', () => {
  test('come from its ceremony: the custodians first, then the authority’s token under the PIN that they hold', async () => {
    const { pin, present } = await specimenCustodians(deps);
    expect(present.map(({ id }) => id)).toEqual(['custodian-an', 'custodian-binh', 'custodian-chi']);
    const authority = new SoftwareHsm({ pin: await pin() });
    const [a, b] = [await lineToken(), await lineToken()];
    const line = { a: disguised(a), b: disguised(b) };
    const result = await runSpecimenCeremony({ authority: () => Promise.resolve(disguised(authority)), line }, deps);
    expect(Object.keys(result.lineTokens)).toEqual(['a', 'b']);
    expect(parseCertificate(result.csca.current.certificate).privateKeyUsagePeriod?.notBefore).toEqual(NOW);
    await expect(authority.list()).rejects.toMatchObject({ code: 'HSM_NOT_OPEN' });

    // Every later start: no authority, and a dead line token stops nothing.
    const never = () => Promise.reject(new Error('the authority’s token was asked for'));
    expect(await runSpecimenCeremony({ authority: never, line }, deps)).toEqual(result);
    expect(await runSpecimenCeremony({ authority: never, line: { b: disguised(b) } }, deps)).toEqual(result);
    expect(verifyMinutes(readFileSync(minutesFile(folder), 'utf8')).ceremonies).toHaveLength(1);

    await a.destroy(result.lineTokens['a']?.plantMasterKey.keyId ?? new Uint8Array());
    await expect(runSpecimenCeremony({ authority: never, line }, deps)).rejects.toMatchObject({
      code: 'CEREMONY_KEY_MISSING',
      where: 'a plant-master',
    });
  });

  test('the custodians are made once, in files that only their owner reads; the PIN is in none of them', async () => {
    const first = await specimenCustodians(deps);
    const pin = Buffer.from((await first.pin()).reveal()).toString('utf8');
    expect((await (await specimenCustodians(deps)).pin()).reveal()).toEqual(utf8(pin));
    const files = readdirSync(join(folder, 'custodians')).map((name) => join(folder, 'custodians', name));
    expect(files).toHaveLength(7);
    for (const file of files) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(readFileSync(file, 'utf8')).not.toContain(pin);
    }
  });
});
