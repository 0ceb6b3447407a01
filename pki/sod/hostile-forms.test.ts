import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, tlv } from '#encoder/tlv';
import { SoftwareHsm } from '#hsm-mocks';
import { EF_COM, NOW, specimenFiles, specimenPki, type SpecimenPki } from '#pki/testing';
import { addDays } from '#pki/x509';
import { issueSod, prepareSod } from './issue.ts';
import { verifySod } from './verify.ts';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
let efSod: Uint8Array;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  const token = prepareSod({ dataGroups: specimenFiles(), efCom: EF_COM, signer: pki.signer, at: NOW });
  efSod = issueSod(token, await hsm.sign(pki.signerKey, token.digestToSign));
});

/** The data objects in a constructed one, each whole. */
function members(object: Uint8Array): readonly Uint8Array[] {
  const [outer] = decodeTlvs(object, 'object');
  return decodeTlvs(outer?.value ?? new Uint8Array(), 'members').map(({ tag, value }) => tlv(tag, value));
}

const DATA = ['version', 'digestAlgorithms', 'encapContentInfo', 'certificates', 'signerInfos'] as const;
const SIGNER = ['version', 'sid', 'digestAlgorithm', 'signedAttrs', 'signatureAlgorithm', 'signature'] as const;
type Data = Record<(typeof DATA)[number], Uint8Array>;
type Signer = Record<(typeof SIGNER)[number], Uint8Array>;

function named<K extends string>(names: readonly K[], object: Uint8Array): Record<K, Uint8Array> {
  const found = members(object);
  expect(found).toHaveLength(names.length);
  return Object.fromEntries(names.map((name, at) => [name, found[at] ?? new Uint8Array()])) as Record<K, Uint8Array>;
}

/** The good EF.SOD with its SignedData, or its one SignerInfo, made anew. */
function rebuilt(change: {
  readonly data?: (data: Data) => Partial<Data>;
  readonly signers?: (signer: Signer) => readonly Uint8Array[];
}): Uint8Array {
  const [oid = new Uint8Array(), explicit = new Uint8Array()] = members(
    tlv(0x30, decodeOnly(decodeOnly(efSod, 0x77, 'x').rest(), 0x30, 'x').rest()),
  );
  const good = named(DATA, members(explicit)[0] ?? new Uint8Array());
  const signer = named(SIGNER, members(good.signerInfos)[0] ?? new Uint8Array());
  const signers = (change.signers ?? ((one) => [tlv(0x30, ...Object.values(one))]))(signer);
  const data = { ...good, signerInfos: tlv(0x31, ...signers), ...change.data?.(good) };
  return tlv(0x77, tlv(0x30, oid, tlv(0xa0, tlv(0x30, ...Object.values(data)))));
}

const one = (signer: Signer): Uint8Array => tlv(0x30, ...Object.values(signer));
const indefinite = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes[0] ?? 0, 0x80, ...(decodeTlvs(bytes, 'x')[0]?.value ?? []), 0, 0);

function codes(sod: Uint8Array): readonly (string | undefined)[] {
  const { good, checks } = verifySod(sod, specimenFiles(), { csca: [pki.csca], at: addDays(NOW, 10) });
  expect(good).toBe(checks.every(({ outcome }) => outcome !== 'failed'));
  return checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);
}

describe('bad input §5.7: EF.SOD in another form than Doc 9303-10 §4.6.2.2 has', () => {
  test('rebuilt without a change it is the same file, and good', () => {
    expect(rebuilt({})).toEqual(efSod);
    expect(codes(rebuilt({}))).toEqual([]);
  });

  test.each<readonly [string, () => Uint8Array]>([
    ['without signed attributes', () => rebuilt({ signers: (signer) => [one({ ...signer, signedAttrs: new Uint8Array() })] })],
    ['with a second signer', () => rebuilt({ signers: (signer) => [one(signer), one(signer)] })],
    ['without a signer', () => rebuilt({ signers: () => [] })],
    ['with unsigned attributes', () => rebuilt({ signers: (signer) => [tlv(0x30, ...Object.values(signer), tlv(0xa1, tlv(0x30)))] })],
    ['with signed attributes of nothing', () => rebuilt({ signers: (signer) => [one({ ...signer, signedAttrs: tlv(0xa0) })] })],
    [
      'with another version of SignerInfo',
      () => rebuilt({ signers: (signer) => [one({ ...signer, version: tlv(0x02, Uint8Array.of(3)) })] }),
    ],
    [
      'without content',
      () =>
        rebuilt({ data: ({ encapContentInfo }) => ({ encapContentInfo: tlv(0x30, members(encapContentInfo)[0] ?? new Uint8Array()) }) }),
    ],
    [
      'with a list of revoked certificates',
      () => rebuilt({ data: ({ certificates }) => ({ certificates: Uint8Array.of(...certificates, ...tlv(0xa1)) }) }),
    ],
    ['with signers of indefinite length (BER)', () => rebuilt({ data: () => ({ signerInfos: indefinite(tlv(0x31)) }) })],
    [
      'with content in pieces (BER)',
      () => rebuilt({ data: ({ encapContentInfo }) => ({ encapContentInfo: indefinite(encapContentInfo) }) }),
    ],
  ])('%s', (_what, sod) => {
    expect(codes(sod())).toEqual(['SOD_MALFORMED']);
  });

  test('without certificates nobody is known to have signed', () => {
    expect(codes(rebuilt({ data: () => ({ certificates: new Uint8Array() }) }))).toHaveLength(1);
  });
});
