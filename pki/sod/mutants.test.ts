import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '#encoder/bytes';
import { derOid, derPrintableString, derSequence, derSet, derUtf8String, tlv } from '#encoder/tlv';
import { namedSpki, pointOfKey } from '#pki/ec';
import { specimenFiles } from '#pki/testing';
import { addDays, encodeTime, OID } from '#pki/x509';
import { documentSigner } from './document-signer.ts';
import { badSods, type BadSod } from './lint/bad-sods.fixture.ts';
import { lintSod } from './lint/lint.ts';
import type { SodRuleId } from './lint/rules.ts';
import { membersOf, mutatedSod, recertified, without, type TbsMembers } from './mutations.fixture.ts';
import { ecKey, ISSUED_AT, rsaKey, throwAwayPki, type ThrowAwayPki } from './throw-away.fixture.ts';
import { verifySod } from './verify.ts';

let pki: ThrowAwayPki;
let bad: Readonly<Record<SodRuleId, BadSod>>;
beforeAll(async () => {
  pki = await throwAwayPki(ecKey('P-256', 'sha256'));
  bad = badSods(pki);
});

const rulesOf = (file: Uint8Array, context?: BadSod['context']) => lintSod(file, context).map(({ rule }) => rule);

test('bad input §5.7: the SOD from which every mutant is made keeps every rule, and is good', () => {
  const good = mutatedSod(pki);
  expect(rulesOf(good, { dataGroups: specimenFiles() })).toEqual([]);
  expect(verifySod(good, specimenFiles(), { csca: [pki.csca], at: ISSUED_AT }).good).toBe(true);
});

describe('issue 4, bad input: mutants in EF.SOD, each really signed', () => {
  test.each<readonly [string, SodRuleId]>([
    ['algorithm mismatch between SOD and certificate', 'sod-signature-algorithm-of-the-key'],
    ['unsorted SET: signedAttrs', 'sod-signed-attributes-in-der-order'],
    ['unsorted SET: certificates', 'sod-certificates-in-der-order'],
    ['wrong digest', 'sod-message-digest'],
    ['alternate OID', 'sod-content-type-of-icao'],
    ['notAfter too short for the card', 'sod-signer-outlives-the-card'],
    ['BER for DER', 'sod-in-der'],
    ['extra signer', 'sod-one-signer'],
    ['SHA-1 of content and attributes', 'sod-digest-permitted'],
    ['SHA-1 of the signature', 'sod-signature-algorithm-permitted'],
    ['SHA-1 of the data groups', 'lds-digest-permitted'],
    ['signing time: GeneralizedTime before 2050', 'sod-signing-time'],
    ['trailing bytes', 'sod-one-object'],
    ['absent signed attributes', 'sod-signed-attributes-present'],
    ['wrong content type: of the content', 'sod-content-type'],
    ['wrong content type: of the attribute', 'sod-content-type-attribute'],
    ['duplicate data group', 'lds-data-group-once'],
    ['hash of another file', 'lds-hash-of-the-data-group'],
  ])('%s is refused: %s', (_mutant, id) => {
    const { file, context, also = [] } = bad[id];
    expect(rulesOf(file, context).toSorted()).toEqual([id, ...also].toSorted());
  });

  test.each<readonly [string, SodRuleId, string]>([
    ['wrong digest', 'sod-message-digest', 'SOD_CONTENT_CHANGED'],
    ['hash of another file', 'lds-hash-of-the-data-group', 'DATA_GROUP_CHANGED'],
    ['a data group that was not signed', 'lds-every-data-group', 'DATA_GROUP_NOT_SIGNED'],
  ])('%s, past the linter: Passive Authentication finds it (%s)', (_mutant, id, code) => {
    const verdict = verifySod(bad[id].file, specimenFiles(), { csca: [pki.csca], at: ISSUED_AT });
    expect(verdict.good).toBe(false);
    expect(verdict.checks.filter(({ outcome }) => outcome === 'failed').map((check) => check.code)).toEqual([code]);
  });

  test('stack pitfall: a P-384 key with SHA-384 over a message digest of SHA-256', async () => {
    const other = await throwAwayPki(ecKey('P-384', 'sha384'));
    const file = mutatedSod(other, { hash: 'sha256', signer: () => ({ signatureAlgorithm: derSequence(derOid('1.2.840.10045.4.3.3')) }) });
    expect(rulesOf(file)).toEqual(['sod-hashes-agree']);
  });

  test('algorithm mismatch: PKCS #1 where the key is for PSS only, and ECDSA where it is RSA', async () => {
    const rsa = await throwAwayPki(rsaKey('rsa', 'sha256'));
    const ecdsa = mutatedSod(rsa, { signer: () => ({ signatureAlgorithm: derSequence(derOid('1.2.840.10045.4.3.2')) }) });
    expect(rulesOf(ecdsa)).toEqual(['sod-signature-algorithm-of-the-key']);
    expect(verifySod(ecdsa, specimenFiles(), { csca: [rsa.csca], at: ISSUED_AT }).good).toBe(false);
  });
});

/** A name of these attributes, each of one relative name. */
const nameOf = (...attributes: readonly (readonly [string, Uint8Array])[]): Uint8Array =>
  derSequence(...attributes.map(([type, value]) => derSet(derSequence(derOid(type), value))));
const subject = (country: Uint8Array, commonName: Uint8Array): Uint8Array =>
  nameOf([OID.countryName, country], [OID.commonName, commonName]);
const withNames = (country: string) => (tbs: TbsMembers) => ({
  issuer: withCountry(tbs.issuer, country),
  subject: withCountry(tbs.subject, country),
});
const withCountry = (name: Uint8Array, country: string): Uint8Array => {
  const [, ...others] = membersOf(name);
  return derSequence(derSet(derSequence(derOid(OID.countryName), derPrintableString(country))), ...others);
};
/** A PrintableString with a character that none has. */
const printableWithAt = tlv(0x13, utf8('DS_SPECIMEN@1'));

describe('issue 4, bad input: mutants in the Document Signer certificate, certified anew by the CSCA, which signs a SOD', () => {
  test.each<readonly [string, (tbs: TbsMembers) => Partial<TbsMembers>, readonly string[]]>([
    [
      'named curve',
      () => ({ subjectPublicKeyInfo: namedSpki('P-256', pointOfKey(pki.key.spki)) }),
      ['explicit-ec-parameters-uncompressed-with-cofactor'],
    ],
    [
      'without document type list',
      ({ extensions }) => ({ extensions: without(extensions, OID.documentTypeList) }),
      ['document-type-list-present'],
    ],
    [
      'PrintableString where UTF8String belongs',
      () => ({ subject: subject(derPrintableString('VN'), printableWithAt) }),
      ['string-characters-of-their-type'],
    ],
    [
      'missing usage period',
      ({ extensions }) => ({ extensions: without(extensions, OID.privateKeyUsagePeriod) }),
      ['private-key-usage-period-present'],
    ],
    ['lower-case country', withNames('vn'), ['country-two-upper-case-letters']],
    [
      'country in UTF8String',
      () => ({ subject: subject(derUtf8String('VN'), derUtf8String('DS SPECIMEN 1')) }),
      ['country-and-serial-number-in-printable-string'],
    ],
    ['negative serial', () => ({ serialNumber: tlv(0x02, Uint8Array.of(0x81, 1, 2)) }), ['serial-number-positive-20-octets']],
    [
      'notAfter before the end of use',
      () => ({ validity: derSequence(encodeTime(ISSUED_AT), encodeTime(addDays(ISSUED_AT, 60))) }),
      ['usage-period-inside-validity', 'not-after-covers-the-last-card'],
    ],
    [
      'UTCTime past 2049',
      () => ({ validity: derSequence(encodeTime(ISSUED_AT), tlv(0x17, utf8('520219080000Z'))) }),
      [
        'utc-time-until-2049-generalized-time-from-2050',
        'not-before-precedes-not-after',
        'usage-period-inside-validity',
        'not-after-covers-the-last-card',
      ],
    ],
    [
      'GeneralizedTime before 2050',
      () => ({ validity: derSequence(encodeTime(ISSUED_AT), tlv(0x18, utf8('20490219080000Z'))) }),
      ['utc-time-until-2049-generalized-time-from-2050'],
    ],
  ])('%s: no Document Signer, and refused by its rule in the SOD', (_mutant, change, ids) => {
    const certificate = recertified(pki, change);
    expect(rulesOf(mutatedSod(pki, { certificate }))).toEqual(ids);
    expect(() => documentSigner(certificate)).toThrow(expect.objectContaining({ code: 'SOD_SIGNER_UNSUITABLE', detail: ids.join(', ') }));
  });
});
