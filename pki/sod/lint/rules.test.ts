import { beforeAll, describe, expect, test } from 'vitest';
import { derInteger, derNull, derOid, derSequence, tlv } from '#encoder/tlv';
import { specimenFiles } from '#pki/testing';
import { membersOf, mutatedSod } from '../mutations.fixture.ts';
import { ecKey, ISSUED_AT, rsaKey, throwAwayPki, type ThrowAwayPki } from '../throw-away.fixture.ts';
import { verifySod } from '../verify.ts';
import { badSods, type BadSod } from './bad-sods.fixture.ts';
import { lintSod } from './lint.ts';
import { FOREIGN_DEVIATIONS, SOD_RULES, type SodRuleId } from './rules.ts';

let pki: ThrowAwayPki;
let bad: Readonly<Record<SodRuleId, BadSod>>;
beforeAll(async () => {
  pki = await throwAwayPki(ecKey('P-256', 'sha256'));
  bad = badSods(pki);
});

const good = (): Uint8Array => mutatedSod(pki);
const rulesOf = (file: Uint8Array, context?: BadSod['context']) => lintSod(file, context).map(({ rule }) => rule);

describe.each(SOD_RULES.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  test(`${id}: the good file keeps it (${rule.clause})`, () => {
    expect(rulesOf(good(), { dataGroups: specimenFiles() })).toEqual([]);
  });

  test(`${id}: the bad file breaks it, and nothing else`, () => {
    const { file, context, also = [] } = bad[id];
    expect(rulesOf(file, context).toSorted()).toEqual([id, ...also].toSorted());
  });

  if (rule.binds === 'everyone')
    test(`${id}: a reader refuses the bad file and names the rule`, () => {
      const { good: isGood, checks } = verifySod(bad[id].file, specimenFiles(), { csca: [pki.csca], at: ISSUED_AT });
      expect(isGood).toBe(false);
      expect(checks).toHaveLength(1);
      expect(checks[0]).toMatchObject({ check: 'structure', outcome: 'failed' });
      expect(checks[0]?.detail?.split(', ')).toContain(id);
    });

  if ('tolerable' in rule)
    test(`${id}: a reader that is told to bears it, and names it`, () => {
      const tolerated = SOD_RULES.flatMap((one) => ('tolerable' in one && one.id === id ? [one.id] : []));
      const verdict = verifySod(bad[id].file, specimenFiles(), { csca: [pki.csca], at: ISSUED_AT, tolerated });
      expect(verdict).toMatchObject({ good: true, deviations: tolerated });
      expect(verifySod(good(), specimenFiles(), { csca: [pki.csca], at: ISSUED_AT, tolerated }).deviations).toEqual([]);
    });
});

test('the deviations that can be borne are these, and no others', () => {
  expect(SOD_RULES.flatMap((rule) => ('tolerable' in rule ? [rule.id] : []))).toEqual([
    'sod-version-3',
    'sod-digest-algorithms-of-the-signer',
    'sod-content-type-of-icao',
    'sod-certificates-in-der-order',
    'sod-without-revocation-lists',
    'sod-signer-info-version',
    'sod-signer-key-identifier-certified',
    'sod-signed-attributes-in-der-order',
    'sod-without-unsigned-attributes',
    'sod-signature-algorithm-names-its-hash',
    'sod-signature-algorithm-parameters',
  ]);
});

test('the content type of an early draft is borne only by a reader who asks for it by name', () => {
  const options = { csca: [pki.csca], at: ISSUED_AT };
  const { file } = bad['sod-content-type-of-icao'];
  expect(verifySod(file, specimenFiles(), { ...options, tolerated: FOREIGN_DEVIATIONS }).good).toBe(false);
  expect(verifySod(bad['sod-version-3'].file, specimenFiles(), { ...options, tolerated: FOREIGN_DEVIATIONS })).toMatchObject({
    good: true,
    checks: expect.arrayContaining([{ check: 'structure', outcome: 'passed', detail: 'sod-version-3' }]) as unknown,
  });
});

test('sod-signed-attributes-in-der-order: borne too where DER order was signed and another written', () => {
  const file = mutatedSod(pki, { signer: ({ signedAttrs }) => ({ signedAttrs: tlv(0xa0, ...membersOf(signedAttrs).toReversed()) }) });
  const options = { csca: [pki.csca], at: ISSUED_AT };
  expect(verifySod(file, specimenFiles(), options).good).toBe(false);
  expect(verifySod(file, specimenFiles(), { ...options, tolerated: ['sod-signed-attributes-in-der-order'] }).good).toBe(true);
});

test('RSA: PKCS #1 without its NULL and the bare rsaEncryption are borne by name, and refused without', async () => {
  const rsa = await throwAwayPki(rsaKey('rsa', 'sha256'));
  const options = { csca: [rsa.csca], at: ISSUED_AT };
  const named = (signatureAlgorithm: Uint8Array) => mutatedSod(rsa, { signer: () => ({ signatureAlgorithm }) });
  for (const [id, signatureAlgorithm] of [
    ['sod-signature-algorithm-parameters', derSequence(derOid('1.2.840.113549.1.1.11'))],
    ['sod-signature-algorithm-names-its-hash', derSequence(derOid('1.2.840.113549.1.1.1'), derNull())],
  ] as const) {
    const file = named(signatureAlgorithm);
    expect(rulesOf(file)).toEqual([id]);
    expect(verifySod(file, specimenFiles(), options).checks).toEqual([
      { check: 'structure', outcome: 'failed', code: 'SOD_MALFORMED', detail: id },
    ]);
    expect(verifySod(file, specimenFiles(), { ...options, tolerated: [id] })).toMatchObject({ good: true, deviations: [id] });
  }
});

test('RSASSA-PSS by other parameters than one hash, its MGF1 and its length is no algorithm that is permitted', async () => {
  const rsa = await throwAwayPki(rsaKey('rsa-pss', 'sha256'));
  const pss = derOid('1.2.840.113549.1.1.10');
  for (const parameters of [derSequence(), derNull(), derSequence(tlv(0xa2, derInteger(32)))]) {
    const file = mutatedSod(rsa, { signer: () => ({ signatureAlgorithm: derSequence(pss, parameters) }) });
    expect(rulesOf(file)).toEqual(['sod-signature-algorithm-permitted']);
    expect(verifySod(file, specimenFiles(), { csca: [rsa.csca], at: ISSUED_AT, tolerated: FOREIGN_DEVIATIONS }).checks).toMatchObject([
      { outcome: 'failed', code: 'SOD_ALGORITHM_UNSUPPORTED' },
    ]);
  }
});

test('every rule has its own name and says where it comes from', () => {
  expect(new Set(SOD_RULES.map(({ id }) => id)).size).toBe(SOD_RULES.length);
  for (const { clause } of SOD_RULES) expect(clause).toMatch(/^(Doc 9303|RFC \d+|ISO\/IEC|card profile|house rule)/);
});
