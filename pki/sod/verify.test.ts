import { beforeAll, describe, expect, test } from 'vitest';
import { concat, fromHex, Secret, toHex, utf8 } from '#encoder/bytes';
import { ldsSecurityObject } from '#encoder/lds';
import { decodeOnly, decodeTlvs, tlv } from '#encoder/tlv';
import { SoftwareHsm } from '#hsm-mocks';
import { encodeSignedAttributes, encodeSignedData, signerIdentifier } from '#pki/cms';
import { issueCrl, prepareCrl, type RevokedCertificate } from '#pki/crl';
import { addDays, addYears, encodeEcdsaAlgorithm, OID, parseCertificate, type Certificate } from '#pki/x509';
import { createHash } from 'node:crypto';
import { derSignature } from '#pki/ec';
import { issueSod, prepareSod } from './issue.ts';
import { EF_COM, NOW, specimenFiles, specimenPki, type SpecimenPki } from '#pki/testing';
import type { PassiveAuthenticationOptions } from './document-signer-checks.ts';
import { verifySod, type PassiveAuthenticationVerdict } from './verify.ts';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
let efSod: Uint8Array;
let options: PassiveAuthenticationOptions;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  const token = prepareSod({ dataGroups: specimenFiles(), efCom: EF_COM, signer: pki.signer, at: NOW });
  efSod = issueSod(token, await hsm.sign(pki.signerKey, token.digestToSign));
  options = { csca: [pki.csca], crl: await crl([]), at: addDays(NOW, 10) };
});

const crl = async (revoked: readonly RevokedCertificate[], thisUpdate = NOW) => {
  const csca = parseCertificate(pki.csca);
  const token = prepareCrl({
    csca,
    algorithm: { key: 'ec', hash: 'sha512' },
    number: 1,
    thisUpdate,
    nextUpdate: addDays(thisUpdate, 90),
    revoked,
  });
  return issueCrl(token, (digest) => hsm.sign(pki.cscaKey, digest));
};
const failures = ({ checks }: PassiveAuthenticationVerdict) => checks.filter(({ outcome }) => outcome === 'failed').map(({ code }) => code);

/** A SOD over any LDS security object, rightly signed by the Document Signer. */
async function signedOver(
  lds: Uint8Array,
  contentType: string = OID.ldsSecurityObject,
  by: Certificate = pki.signer.certificate,
): Promise<Uint8Array> {
  const signedAttributes = encodeSignedAttributes({ contentType, messageDigest: createHash('sha256').update(lds).digest() });
  const signature = derSignature(await hsm.sign(pki.signerKey, Uint8Array.from(createHash('sha256').update(signedAttributes).digest())));
  return tlv(
    0x77,
    encodeSignedData({
      contentType,
      content: lds,
      algorithm: { key: 'ec', hash: 'sha256' },
      certificates: [by.certificate],
      signer: signerIdentifier(by),
      signedAttributes,
      signature,
    }),
  );
}

describe('Passive Authentication (Doc 9303-11 §5.1)', () => {
  test('our own card is good, check by check', () => {
    const verdict = verifySod(efSod, specimenFiles(), options);
    expect(verdict.good).toBe(true);
    expect(verdict.checks.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      'structure passed',
      'signature passed',
      ...Array.from({ length: 5 }, () => 'data-group passed'),
      'chain passed',
      'validity passed',
      'document-type passed',
      'revocation passed',
    ]);
    expect(verdict.documentSigner).toEqual(pki.signer.certificate.certificate);
  });

  test('a data group changed in any byte, one more than was signed, one that was not read', () => {
    const files = specimenFiles();
    const dg13 = files.get(13) ?? new Uint8Array();
    for (let at = 0; at < dg13.length; at += 1) {
      const changed = dg13.map((byte, index) => (index === at ? byte ^ 1 : byte));
      const verdict = verifySod(efSod, new Map([...files, [13, changed]]), options);
      expect([verdict.good, failures(verdict)]).toEqual([false, ['DATA_GROUP_CHANGED']]);
    }
    const more = verifySod(efSod, new Map([...files, [3, tlv(0x63)]]), options);
    expect([more.good, failures(more)]).toEqual([false, ['DATA_GROUP_NOT_SIGNED']]);
    files.delete(15);
    const fewer = verifySod(efSod, files, options);
    expect(fewer.good).toBe(true);
    expect(fewer.checks).toContainEqual({ check: 'data-group', dataGroup: 15, outcome: 'skipped', code: 'DATA_GROUP_NOT_READ' });
  });

  test('another CSCA of the same name, no CSCA, the Document Signer posing as CSCA', async () => {
    const other = await specimenPki(hsm);
    expect(failures(verifySod(efSod, specimenFiles(), { ...options, csca: [other.csca] }))).toEqual(['DOCUMENT_SIGNER_NOT_CERTIFIED']);
    expect(failures(verifySod(efSod, specimenFiles(), { ...options, csca: [] }))).toEqual(['CSCA_UNKNOWN']);
    expect(
      failures(verifySod(efSod, specimenFiles(), { ...options, csca: [pki.signer.certificate.certificate, Uint8Array.of(1)] })),
    ).toEqual(['CSCA_UNKNOWN']);
    expect(verifySod(efSod, specimenFiles(), { ...options, csca: [other.csca, pki.csca] }).good).toBe(true);
  });

  test('before and after the time of the certificates; the day after the key was last used is a good day', () => {
    const { crl: _, ...without } = options;
    const at = (when: Date) => failures(verifySod(efSod, specimenFiles(), { ...without, at: when }));
    expect(at(new Date(NOW.getTime() - 1000))).toEqual(['CERTIFICATE_NOT_YET_VALID']);
    expect(at(addDays(NOW, 91))).toEqual([]);
    expect(at(addYears(NOW, 24))).toEqual([]);
    expect(at(addYears(NOW, 26))).toEqual(['CERTIFICATE_EXPIRED']);
  });

  test('a revoked Document Signer; a stale, foreign or broken list is no reassurance; no list is said', async () => {
    const revoked = await crl([{ serialNumber: pki.signer.certificate.serialNumber, revokedAt: NOW }]);
    const others = await crl([{ serialNumber: Uint8Array.of(9), revokedAt: NOW }]);
    const foreign = await specimenPki(hsm).then(async (other) => {
      const token = prepareCrl({
        csca: parseCertificate(other.csca),
        algorithm: { key: 'ec', hash: 'sha512' },
        number: 1,
        thisUpdate: NOW,
        nextUpdate: addDays(NOW, 90),
        revoked: [],
      });
      return issueCrl(token, (digest) => hsm.sign(other.cscaKey, digest));
    });
    const against = (list: Uint8Array, at = options.at) => failures(verifySod(efSod, specimenFiles(), { ...options, crl: list, at }));
    expect(against(revoked)).toEqual(['DOCUMENT_SIGNER_REVOKED']);
    expect(against(others)).toEqual([]);
    expect(against(foreign)).toEqual(['CRL_UNUSABLE']);
    expect(against(others, addDays(NOW, 91))).toEqual(['CRL_UNUSABLE']);
    expect(against(Uint8Array.of(0x30, 0x80))).toEqual(['CRL_UNUSABLE']);
    const { crl: _, ...without } = options;
    expect(verifySod(efSod, specimenFiles(), without).checks).toContainEqual({
      check: 'revocation',
      outcome: 'skipped',
      code: 'CRL_NOT_GIVEN',
    });
  });

  test('RFC 5280 §4.2: a Document Signer with a critical extension that nobody here acts on', async () => {
    const certified = async (critical: string): Promise<Certificate> => {
      const members = decodeTlvs(decodeOnly(pki.signer.certificate.der, 0x30, 'tbs').rest(), 'tbs').map(({ tag, value }) => ({
        tag,
        value,
      }));
      const extensions = decodeOnly(members.at(-1)?.value ?? new Uint8Array(), 0x30, 'extensions').rest();
      const more = tlv(0xa3, tlv(0x30, extensions, tlv(0x30, fromHex('06022A03'), fromHex(critical), fromHex('04020500'))));
      const tbs = tlv(0x30, ...members.slice(0, -1).map(({ tag, value }) => tlv(tag, value)), more);
      const signature = derSignature(await hsm.sign(pki.cscaKey, Uint8Array.from(createHash('sha512').update(tbs).digest())));
      return parseCertificate(tlv(0x30, tbs, encodeEcdsaAlgorithm('sha512'), tlv(0x03, Uint8Array.of(0), signature)));
    };
    const files = specimenFiles();
    const hashes = [...files].map(([dataGroup, file]) => ({
      dataGroup,
      hash: Uint8Array.from(createHash('sha256').update(file).digest()),
    }));
    const lds = ldsSecurityObject.encode({ hashAlgorithm: 'SHA-256', dataGroupHashes: hashes });
    const verdict = async (critical: string) =>
      verifySod(await signedOver(lds, OID.ldsSecurityObject, await certified(critical)), files, options);
    expect((await verdict('')).good).toBe(true);
    expect(failures(await verdict('0101FF'))).toEqual(['DOCUMENT_SIGNER_UNSUITABLE']);
  });

  test('a document of a type that the signer may not sign', async () => {
    const files = specimenFiles('P<');
    const hashes = [...files].map(([dataGroup, file]) => ({
      dataGroup,
      hash: Uint8Array.from(createHash('sha256').update(file).digest()),
    }));
    const sod = await signedOver(ldsSecurityObject.encode({ hashAlgorithm: 'SHA-256', dataGroupHashes: hashes }));
    expect(failures(verifySod(sod, files, options))).toEqual(['DOCUMENT_TYPE_NOT_ALLOWED']);
  });
});

describe('LDS security objects of others', () => {
  const files = specimenFiles();
  const hashes = (algorithm: 'sha256' | 'sha512' = 'sha256') =>
    [...files].map(([dataGroup, file]) => ({ dataGroup, hash: Uint8Array.from(createHash(algorithm).update(file).digest()) }));

  test('v1 with its versions, SHA-512, and SHA-256 with NULL parameters are read', async () => {
    const v1 = {
      hashAlgorithm: 'SHA-512',
      dataGroupHashes: hashes('sha512'),
      ldsVersionInfo: { ldsVersion: '0108', unicodeVersion: '040000' },
    } as const;
    expect(ldsSecurityObject.decode(ldsSecurityObject.encode(v1))).toEqual(v1);
    expect(verifySod(await signedOver(ldsSecurityObject.encode(v1)), files, options).good).toBe(true);
    const members = decodeOnly(ldsSecurityObject.encode({ hashAlgorithm: 'SHA-256', dataGroupHashes: hashes() }), 0x30, 'lds').rest();
    const withNull = tlv(0x30, members.subarray(0, 3), tlv(0x30, members.subarray(5, 16), Uint8Array.of(5, 0)), members.subarray(16));
    expect(verifySod(await signedOver(withNull), files, options).good).toBe(true);
  });

  test.each([
    ['SHA-1', tlv(0x30, Uint8Array.of(2, 1, 0), tlv(0x30, Uint8Array.of(6, 5, 0x2b, 0x0e, 3, 2, 0x1a)), tlv(0x30))],
    [
      'no data groups',
      tlv(0x30, Uint8Array.of(2, 1, 0), tlv(0x30, Uint8Array.from([6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1])), tlv(0x30)),
    ],
    ['nothing', new Uint8Array()],
    ['text', utf8('not ASN.1')],
  ])('%s, rightly signed, is malformed', async (_name, lds) => {
    expect(failures(verifySod(await signedOver(lds), files, options))).toEqual(['SOD_MALFORMED']);
  });

  test('a data group twice, data group 0 or 17', async () => {
    const good = toHex(ldsSecurityObject.encode({ hashAlgorithm: 'SHA-256', dataGroupHashes: hashes() }));
    for (const number of ['01', '00', '11']) {
      const sod = await signedOver(fromHex(good.replace('0201020420', `0201${number}0420`)));
      expect(failures(verifySod(sod, files, options))).toEqual(['SOD_MALFORMED']);
    }
  });

  test('Doc 9303-12 §4.1.6: SHA-1, rightly signed, is read and not believed', async () => {
    const sha1 = [...files].map(([dataGroup, file]) => ({ dataGroup, hash: Uint8Array.from(createHash('sha1').update(file).digest()) }));
    const verdict = verifySod(
      await signedOver(ldsSecurityObject.encode({ hashAlgorithm: 'SHA-1', dataGroupHashes: sha1 })),
      files,
      options,
    );
    expect([verdict.good, failures(verdict)]).toEqual([false, ['SOD_ALGORITHM_UNSUPPORTED']]);
  });

  test('another content type, rightly signed', async () => {
    const sod = await signedOver(ldsSecurityObject.encode({ hashAlgorithm: 'SHA-256', dataGroupHashes: hashes() }), '2.23.136.1.1.2');
    expect(failures(verifySod(sod, files, options))).toEqual(['SOD_MALFORMED']);
  });
});

/** Thousands of verifications, on a machine that other tests share. */
const SLOW_MS = 180_000;

describe('C5: no changed EF.SOD is ever good, and none is a crash', () => {
  test(
    'every byte, two ways',
    () => {
      for (let at = 0; at < efSod.length; at += 1) {
        for (const mask of [0x01, 0x80]) {
          const changed = Uint8Array.from(efSod);
          changed[at] = (changed[at] ?? 0) ^ mask;
          expect(`${at} ${verifySod(changed, specimenFiles(), options).good}`).toBe(`${at} false`);
        }
      }
    },
    SLOW_MS,
  );

  test('every prefix, bytes after the end, nothing, everything nested', () => {
    const good = (bytes: Uint8Array) => verifySod(bytes, specimenFiles(), options).good;
    for (let length = 0; length < efSod.length; length += 7) expect(good(efSod.subarray(0, length))).toBe(false);
    expect(good(concat(efSod, Uint8Array.of(0)))).toBe(false);
    expect(good(decodeOnly(efSod, 0x77, 'x').rest())).toBe(false);
    const nested = Array.from({ length: 20_000 }).reduce<Uint8Array>(
      (inner, _, index) => (index % 1000 === 0 ? tlv(0x30, inner) : inner),
      new Uint8Array(),
    );
    expect(good(tlv(0x77, nested))).toBe(false);
    expect(good(tlv(0x77, new Uint8Array(100_000)))).toBe(false);
  });
});
