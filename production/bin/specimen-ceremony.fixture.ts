/** For tests only: the keys of a specimen plant, by its own ceremony, in line tokens that the test brings. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { runSpecimenCeremony, specimenCustodians, type CeremonyResult } from '#pki/ceremony';
import type { Hsm } from '#pki/hsm';
import { disguised } from '#pki/testing';

/** The authority's token is in software, under the PIN of the custodians, and open again: a test signs with the CSCA what no ceremony did. */
export async function specimenKeys(
  line: Readonly<Record<string, Hsm>>,
  options: { readonly transportMaster: Secret; readonly clock: () => Date; readonly documentSigners: number },
): Promise<{ readonly ceremony: CeremonyResult; readonly authority: SoftwareHsm }> {
  const folder = await mkdtemp(join(tmpdir(), 'cardmint-specimen-keys-'));
  try {
    const deps = { folder, random: (length: number) => Uint8Array.from(randomBytes(length)), cost: 2 ** 10 };
    const { pin } = await specimenCustodians(deps);
    const authority = new SoftwareHsm({ pin: await pin() });
    const ceremony = await runSpecimenCeremony({ authority: () => Promise.resolve(disguised(authority)), line }, { ...deps, ...options });
    await authority.open(await pin());
    return { ceremony, authority };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A line token's keys, or the test's end. */
export function lineKeys({ lineTokens }: CeremonyResult, token: string): CeremonyResult['lineTokens'][string] {
  const keys = lineTokens[token];
  if (keys === undefined) throw new Error(`the ceremony made no keys in token ${token}`);
  return keys;
}
