import { beforeAll, describe, expect, test } from 'vitest';
import { EF_COM, specimenFiles } from '#pki/testing';
import type { SodAlgorithms } from './algorithms.ts';
import { documentSigner } from './document-signer.ts';
import { issueSod, prepareSod } from './issue.ts';
import { lintSod } from './lint/lint.ts';
import { SOD_RULES, type SodDeviation } from './lint/rules.ts';
import { ecKey, ISSUED_AT, rsaKey, throwAwayPki, type ThrowAwayPki } from './throw-away.fixture.ts';
import { verifySod } from './verify.ts';

/** Thousands of verifications, on a machine that other tests share. */
const SLOW_MS = 180_000;

const usual = { objectVersion: 0, digest: 'SHA-256', digestParameters: 'absent' } as const;
const EVERY_DEVIATION: readonly SodDeviation[] = SOD_RULES.flatMap((rule) => ('tolerable' in rule ? [rule.id] : []));

describe.each<readonly [string, () => Promise<ThrowAwayPki>, SodAlgorithms]>([
  [
    'ECDSA P-256',
    () => throwAwayPki(ecKey('P-256', 'sha256')),
    { ...usual, signature: { kind: 'ecdsa', curve: 'P-256', digest: 'SHA-256' } },
  ],
  [
    'RSASSA-PSS, by key identifier',
    () => throwAwayPki(rsaKey('rsa-pss', 'sha256'), rsaKey('rsa-pss', 'sha256')),
    {
      ...usual,
      signature: { kind: 'rsassa-pss', bits: 2048, digest: 'SHA-256' },
      signerIdentifier: 'subject-key-identifier',
    },
  ],
])('issue 4, bad input: a SOD by %s with any byte changed', (_name, makePki, algorithms) => {
  let pki: ThrowAwayPki;
  let efSod: Uint8Array;
  beforeAll(async () => {
    pki = await makePki();
    const request = { dataGroups: specimenFiles(), efCom: EF_COM, signer: documentSigner(pki.documentSigner), at: ISSUED_AT, algorithms };
    const token = prepareSod(request);
    efSod = issueSod(token, pki.key.sign(token.signedAttributes, token.algorithm));
  });
  const isGood = (file: Uint8Array, tolerated: readonly SodDeviation[] = []) =>
    verifySod(file, specimenFiles(), { csca: [pki.csca], at: ISSUED_AT, tolerated }).good;
  /** Each byte, one bit: which of the eight goes round, so that every bit position is met. */
  const changed = (at: number) => efSod.map((byte, index) => (index === at ? byte ^ (1 << ((at * 5) % 8)) : byte));

  test('unchanged it verifies', () => {
    expect(isGood(efSod)).toBe(true);
  });

  test(
    'never verifies, never throws',
    () => {
      const verified = Array.from(efSod.keys()).filter((at) => isGood(changed(at)));
      expect(verified).toEqual([]);
    },
    SLOW_MS,
  );

  test(
    'no reader who bears every deviation is told of other data, another signer or another CSCA',
    () => {
      for (const at of efSod.keys()) {
        const verdict = verifySod(changed(at), specimenFiles(), { csca: [pki.csca], at: ISSUED_AT, tolerated: EVERY_DEVIATION });
        if (!verdict.good) continue;
        expect(verdict.deviations).not.toEqual([]);
        expect(verdict.documentSigner).toEqual(pki.documentSigner);
      }
    },
    SLOW_MS,
  );

  test(
    'the linter says something or nothing, and never throws',
    () => {
      for (let at = 0; at < efSod.length; at += 5) {
        expect(Array.isArray(lintSod(changed(at)))).toBe(true);
        expect(lintSod(efSod.subarray(0, at))).not.toEqual([]);
      }
    },
    SLOW_MS,
  );
});
