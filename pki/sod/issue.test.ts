import { createHash } from 'node:crypto';
import { fromBER } from 'asn1js';
import { ContentInfo, SignedData } from 'pkijs';
import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, toHex, utf8 } from '#encoder/bytes';
import { efCom, ldsSecurityObject } from '#encoder/lds';
import { decodeOnly, tlv } from '#encoder/tlv';
import { LyingHsm, SoftwareHsm } from '#hsm-mocks';
import { BrainpoolEngine } from '#pki/x509';
import { derSignature } from '#pki/ec';
import { documentSigner } from './document-signer.ts';
import { issueSod, issueSodOnPool, prepareSod, sodTokenOf, type SodRequest } from './issue.ts';
import { sodByPkijs } from './pkijs-oracle.fixture.ts';
import { EF_COM, NOW, specimenEfCom, specimenFiles, specimenPki, type SpecimenPki } from '#pki/testing';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
});

const request = (changes: Partial<SodRequest> = {}): SodRequest => ({
  dataGroups: specimenFiles(),
  efCom: EF_COM,
  signer: pki.signer,
  at: NOW,
  ...changes,
});
const buffer = (bytes: Uint8Array) => Uint8Array.from(bytes).buffer;

describe('Doc 9303-10 Appendix D: EF.SOD v0', () => {
  test('byte-equal to what pkijs makes of the same input', async () => {
    const token = prepareSod(request());
    const raw = await hsm.sign(pki.signerKey, token.digestToSign);
    const efSod = issueSod(token, raw);
    const byPkijs = sodByPkijs({
      certificate: pki.signer.certificate.certificate,
      ldsSecurityObject: token.ldsSecurityObject,
      algorithm: { key: 'ec', hash: 'sha256' },
      signature: derSignature(raw),
    });
    expect(toHex(efSod)).toBe(toHex(byPkijs));
  });

  test('the LDS security object, spelled out: v0, SHA-256 without parameters, one hash a data group in ascending order', () => {
    const files = specimenFiles();
    const token = prepareSod(request({ dataGroups: new Map([...files].reverse()) }));
    const hash = (number: number) =>
      toHex(
        createHash('sha256')
          .update(files.get(number) ?? '')
          .digest(),
      );
    const groups = [1, 2, 13, 14, 15].map((number) => `3025 0201${number.toString(16).padStart(2, '0')} 0420${hash(number)}`).join('');
    expect(toHex(token.ldsSecurityObject)).toBe(
      `3081D6 020100 300B0609608648016503040201 3081C3 ${groups}`.replaceAll(' ', '').toUpperCase(),
    );
    expect(toHex(token.ldsSecurityObjectHash)).toBe(toHex(createHash('sha256').update(token.ldsSecurityObject).digest()));
  });

  test('what is signed is the SET OF two attributes', () => {
    const token = prepareSod(request());
    expect(decodeOnly(token.signedAttributes, 0x31, 'signedAttrs').remaining).toBe(2 + 0x15 + 2 + 0x2f);
    expect(token.digestToSign).toEqual(Uint8Array.from(createHash('sha256').update(token.signedAttributes).digest()));
  });

  test('the same card and signer give the same digest: a lost signature is asked for again over identical content', () => {
    const first = prepareSod(request());
    expect(prepareSod(request({ at: new Date(NOW.getTime() + 60_000) })).digestToSign).toEqual(first.digestToSign);
    expect(sodTokenOf(first.ldsSecurityObject, pki.signer, NOW).digestToSign).toEqual(first.digestToSign);
  });
});

test('Doc 9303-10 §4.6.2.1: under LDS 1.8 EF.SOD is v1 and has the versions of EF.COM in what is signed', async () => {
  const com = efCom.decode(EF_COM);
  const token = prepareSod(request({ efCom: efCom.encode({ ...com, ldsVersion: '0108', unicodeVersion: '060000' }) }));
  expect(ldsSecurityObject.decode(token.ldsSecurityObject).ldsVersionInfo).toEqual({ ldsVersion: '0108', unicodeVersion: '060000' });
  expect(toHex(token.ldsSecurityObject.subarray(0, 7))).toMatch(/020101/);
  const efSod = issueSod(token, await hsm.sign(pki.signerKey, token.digestToSign));
  expect(efSod[0]).toBe(0x77);
  expect(ldsSecurityObject.decode(prepareSod(request()).ldsSecurityObject).ldsVersionInfo).toBeUndefined();
});

test('P5: the signature is also accepted by pkijs, over @peculiar/webcrypto', async () => {
  const token = prepareSod(request());
  const efSod = issueSod(token, await hsm.sign(pki.signerKey, token.digestToSign));
  const verifies = async (file: Uint8Array) => {
    const info = new ContentInfo({ schema: fromBER(buffer(decodeOnly(file, 0x77, 'EF.SOD').rest())).result });
    const signedData = new SignedData({ schema: info.content });
    return signedData.verify({ signer: 0, checkChain: false }, new BrainpoolEngine()).catch(() => false);
  };
  expect(await verifies(efSod)).toBe(true);
  expect(await verifies(efSod.map((byte, index) => (index === efSod.length - 1 ? byte ^ 1 : byte)))).toBe(false);
});

describe('P9: nothing is signed unless the lint passes', () => {
  const files = (change: (map: Map<number, Uint8Array>) => void) => {
    const map = specimenFiles();
    change(map);
    return { dataGroups: map };
  };
  test.each([
    ['a data group with another tag', 'SOD_DATA_GROUP_INVALID', () => files((map) => map.set(13, tlv(0x6e, utf8('x'))))],
    ['a data group with a byte too many', 'SOD_DATA_GROUP_INVALID', () => files((map) => map.set(13, Uint8Array.of(0x6d, 1, 0, 0)))],
    ['a data group cut short', 'SOD_DATA_GROUP_INVALID', () => files((map) => map.set(13, Uint8Array.of(0x6d, 2, 0)))],
    ['an empty data group', 'SOD_DATA_GROUP_INVALID', () => files((map) => map.set(13, new Uint8Array()))],
    ['a data group 17', 'SOD_DATA_GROUP_INVALID', () => files((map) => map.set(17, tlv(0x71)))],
    ['a data group that EF.COM does not list', 'SOD_DATA_GROUP_SET', () => files((map) => map.set(3, tlv(0x63)))],
    ['a data group of EF.COM that is missing', 'SOD_DATA_GROUP_SET', () => files((map) => map.delete(15))],
    ['no DG2 anywhere', 'SOD_DATA_GROUP_SET', () => ({ ...files((map) => map.delete(2)), efCom: specimenEfCom(0x61, 0x6d, 0x6e, 0x6f) })],
    ['a tag twice in EF.COM', 'SOD_EF_COM_INVALID', () => ({ efCom: specimenEfCom(0x61, 0x61, 0x75) })],
    ['a tag in EF.COM that is no data group', 'SOD_EF_COM_INVALID', () => ({ efCom: specimenEfCom(0x61, 0x75, 0x77) })],
    ['EF.COM that is no EF.COM', 'SOD_EF_COM_INVALID', () => ({ efCom: Uint8Array.of(0x60, 0x80, 0, 0) })],
    ['a document type that the signer may not sign', 'SOD_DOCUMENT_TYPE', () => ({ dataGroups: specimenFiles('P<') })],
    ['a DG1 without MRZ', 'SOD_DATA_GROUP_INVALID', () => files((map) => map.set(1, tlv(0x61, tlv(0x5f1e))))],
    ['a second before the usage period', 'SOD_SIGNER_OUTSIDE_USAGE_PERIOD', () => ({ at: new Date(NOW.getTime() - 1000) })],
    [
      'a second after the usage period',
      'SOD_SIGNER_OUTSIDE_USAGE_PERIOD',
      () => ({ at: new Date(NOW.getTime() + 90 * 86_400_000 + 1000) }),
    ],
  ] as const)('%s: %s', (_name, code, changes) => {
    expect(() => prepareSod(request(changes()))).toThrow(new RegExp(`^${code}`));
  });

  test('a CSCA certificate, or no certificate, makes no Document Signer', () => {
    expect(() => documentSigner(pki.csca)).toThrow(/SOD_SIGNER_UNSUITABLE/);
    expect(() => documentSigner(Uint8Array.of(0x30, 0))).toThrow(/SOD_SIGNER_UNSUITABLE/);
  });
});

describe('P5: a signature leaves only after verification with the key of the certificate', () => {
  test.each(['wrong-signature', 'other-message', 'short-signature', 'previous-signature'] as const)(
    '%s is refused and the token is spent',
    async (lie) => {
      const liar = new LyingHsm(hsm, ['honest', lie]);
      await liar.sign(pki.signerKey, new Uint8Array(32).fill(1));
      const token = prepareSod(request());
      const raw = await liar.sign(pki.signerKey, token.digestToSign);
      expect(() => issueSod(token, raw)).toThrow(/^SIGNATURE_REJECTED/);
      const honest = await hsm.sign(pki.signerKey, token.digestToSign);
      expect(() => issueSod(token, honest)).toThrow(/^SOD_TOKEN_SPENT/);
      const onPool = prepareSod(request());
      await expect(issueSodOnPool(onPool, raw)).rejects.toMatchObject({ code: 'SIGNATURE_REJECTED' });
      await expect(issueSodOnPool(onPool, honest)).rejects.toMatchObject({ code: 'SOD_TOKEN_SPENT' });
    },
  );

  test('another key of the same curve, an empty signature, zeros', async () => {
    const other = await hsm.generateEcKey({ label: 'ds', curve: 'brainpoolP384r1', purpose: 'sign' });
    for (const raw of [await hsm.sign(other, prepareSod(request()).digestToSign), new Uint8Array(), new Uint8Array(96)]) {
      expect(() => issueSod(prepareSod(request()), raw)).toThrow(/^SIGNATURE_REJECTED/);
    }
  });

  test('verified on the pool it is the same file', async () => {
    const token = prepareSod(request());
    const raw = await hsm.sign(pki.signerKey, token.digestToSign);
    expect(await issueSodOnPool(token, raw)).toEqual(issueSod(prepareSod(request()), raw));
  });

  test('a token is spent once, and a copy of it never', async () => {
    const token = prepareSod(request());
    const raw = await hsm.sign(pki.signerKey, token.digestToSign);
    expect(() => issueSod({ ...token }, raw)).toThrow(/^SOD_TOKEN_SPENT/);
    issueSod(token, raw);
    expect(() => issueSod(token, raw)).toThrow(/^SOD_TOKEN_SPENT/);
  });
});
