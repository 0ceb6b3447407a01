/** For the tests of this room: people with cheap passphrases, tokens in software, and a journal that dies at a chosen save. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { fromHex, Secret, toHex, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { checkValueOf, wrapForToken } from '#pki/hsm';
import { approve, type Approval } from './approval.ts';
import type { PresentCustodian } from './custodian.ts';
import type { CeremonyJournal, Minute } from './minutes.ts';
import type { TokenSource } from './proceedings.ts';
import { ceremonyApprovable } from './file-approval.ts';
import { runCeremony, type RunCeremonyDeps } from './run-ceremony.ts';
import { dealShares } from './shares.ts';
import { specimenHead } from './specimen-file.ts';
import { kcvApprovable } from './steps/import-shared-keys.ts';

export const NOW = new Date('2026-11-22T08:00:00Z');
export const MASTER = new Secret(fromHex('404142434445464748494A4B4C4D4E4F'));
export const MASTER_KCV = toHex(checkValueOf(MASTER));
/** Of the token that `softwareTokens` makes for the authority; `people` have its shares. */
export const AUTHORITY_PIN = new Secret(utf8('the PIN that nobody knows'));

/** Keeps the last text; at `killAt` the process dies, before or after that save is durable. */
export class MemoryJournal implements CeremonyJournal {
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

export async function people(needed: number, of: number): Promise<readonly PresentCustodian[]> {
  const shares = await dealShares(AUTHORITY_PIN, { needed, of, set: Uint8Array.from(randomBytes(16)) });
  return shares.map((share, index) => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    return {
      id: `person-${index + 1}`,
      name: `Person ${index + 1}`,
      publicKey: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })),
      privateKey: new Secret(Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))),
      share,
    };
  });
}

export interface SoftwareTokens {
  readonly authority: SoftwareHsm;
  readonly a: SoftwareHsm;
  readonly b: SoftwareHsm;
}

/** Line tokens open, the authority's closed under the PIN of `people`. */
export async function softwareTokens(): Promise<SoftwareTokens> {
  const line = async (): Promise<SoftwareHsm> => {
    const pin = new Secret(utf8('line'));
    const hsm = new SoftwareHsm({ pin });
    await hsm.open(pin);
    return hsm;
  };
  return { authority: new SoftwareHsm({ pin: AUTHORITY_PIN }), a: await line(), b: await line() };
}

const named = (commonName: string) => ({ country: 'VN', organization: 'Cardmint Specimen', commonName });

/** Steps on small curves and small keys: what most tests are about is the order of events. */
export const SMALL_STEPS = [
  { step: 'make-csca', id: 'csca', name: named('CSCA SPECIMEN'), key: { curve: 'P-256' }, usageYears: 5, documentSignerDays: 90 },
  { step: 'make-cvca', id: 'cvca', country: 'VN', mnemonic: 'SPECIMEN', curve: 'P-256', years: 3 },
  ...['a', 'b'].map((token) => ({
    step: 'make-line-keys',
    id: `line-${token}`,
    token,
    plantSigner: named(`Plant ${token}`),
    birthCertificateSigner: named(`Birth ${token}`),
    signerYears: 2,
    documentVerifier: { country: 'VN', mnemonic: `SPECDV${token.toUpperCase()}`, days: 90 },
    unwrappingKeyBits: 2048,
  })),
  { step: 'import-shared-keys', id: 'shared', tokens: ['a', 'b'], transportMaster: { kcv: MASTER_KCV } },
  ...['a', 'b'].map((token) => ({
    step: 'make-document-signers',
    id: `signers-${token}`,
    token,
    name: named(`DS ${token}`),
    firstNumber: 1,
    count: 1,
    key: { curve: 'P-256' },
    usageDays: 90,
  })),
  { step: 'issue-crl', id: 'crl', days: 90, revoked: [] },
] as const;

export function fileOf(
  custodians: readonly PresentCustodian[],
  needed: number,
  steps: readonly object[] = SMALL_STEPS,
  id = 'test',
): Uint8Array {
  const head = specimenHead(custodians, { id, purpose: 'a test', needed, tokens: ['a', 'b'] });
  return utf8(`${JSON.stringify({ ...head, steps }, null, 2)}\n`);
}

export function approvedBy(custodians: readonly PresentCustodian[], file: Uint8Array): readonly Approval[] {
  return custodians.map((person) => approve(person, ceremonyApprovable(file, 'rehearsal')));
}

export function kcvBy(custodians: readonly PresentCustodian[], kcv = MASTER_KCV): readonly Approval[] {
  return custodians.map((person) => approve(person, kcvApprovable('transport-master', kcv, 'rehearsal')));
}

/** A rehearsal by these people, unless the test says otherwise. */
export async function rehearse(
  file: Uint8Array,
  room: readonly PresentCustodian[],
  tokens: Readonly<Record<string, TokenSource>>,
  journal: CeremonyJournal,
  changes: Partial<RunCeremonyDeps> & { readonly approvals?: readonly Approval[] } = {},
): Promise<readonly Minute[]> {
  const { approvals = approvedBy(room, file), ...deps } = changes;
  return runCeremony(file, approvals, tokens, {
    clock: () => NOW,
    journal,
    mode: 'rehearsal',
    present: room,
    kcvApprovals: kcvBy(room),
    wrappedKeys: ({ publicKey }) => Promise.resolve(wrapForToken(publicKey, MASTER)),
    ...deps,
  });
}
