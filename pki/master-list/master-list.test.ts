import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromHex, isCodedError, Secret, utf8 } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, derInteger, derSequence, derSet, tlv } from '#encoder/tlv';
import { SoftwareHsm } from '#hsm-mocks';
import { encodeSignedAttributes, encodeSignedData, signerIdentifier } from '#pki/cms';
import { derSignature } from '#pki/ec';
import { NOW, specimenPki, type SpecimenPki } from '#pki/testing';
import { addDays, addYears, encodeEcdsaAlgorithm, OID, parseCertificate, type Certificate } from '#pki/x509';
import { readMasterList } from './index.ts';

const MASTER_LIST = '2.23.136.1.1.2';
/** extKeyUsage with one purpose, critical. */
const EXT_KEY_USAGE = (oid: string): Uint8Array =>
  tlv(0x30, fromHex('0603551D25'), fromHex('0101FF'), tlv(0x04, tlv(0x30, tlv(0x06, fromHex(oid)))));
/** Contents octets of id-icao-cscaMasterListSigningKey. */
const SIGNING_KEY = '678108010103';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
let other: SpecimenPki;
let signer: Certificate;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
  other = await specimenPki(hsm);
  signer = await certified(EXT_KEY_USAGE(SIGNING_KEY));
});

/** The specimen Document Signer's certificate with one more extension, certified anew. */
async function certified(extension: Uint8Array): Promise<Certificate> {
  const members = decodeTlvs(decodeOnly(pki.signer.certificate.der, 0x30, 'tbs').rest(), 'tbs').map(({ tag, value }) => ({ tag, value }));
  const extensions = decodeOnly(members.at(-1)?.value ?? new Uint8Array(), 0x30, 'extensions').rest();
  const tbs = tlv(0x30, ...members.slice(0, -1).map(({ tag, value }) => tlv(tag, value)), tlv(0xa3, tlv(0x30, extensions, extension)));
  const signature = derSignature(await hsm.sign(pki.cscaKey, Uint8Array.from(createHash('sha512').update(tbs).digest())));
  return parseCertificate(tlv(0x30, tbs, encodeEcdsaAlgorithm('sha512'), tlv(0x03, Uint8Array.of(0), signature)));
}

async function listOf(certificates: readonly Uint8Array[], by: Certificate = signer, contentType = MASTER_LIST): Promise<Uint8Array> {
  const content = derSequence(derInteger(0), derSet(...certificates));
  const messageDigest = createHash('sha256').update(content).digest();
  const signedAttributes = encodeSignedAttributes({ contentType, messageDigest, signingTime: NOW });
  const digest = Uint8Array.from(createHash('sha256').update(signedAttributes).digest());
  const signature = derSignature(await hsm.sign(pki.signerKey, digest));
  const algorithm = { key: 'ec', hash: 'sha256' } as const;
  return encodeSignedData({
    contentType,
    content,
    algorithm,
    certificates: [by.certificate],
    signer: signerIdentifier(by),
    signedAttributes,
    signature,
  });
}

const against = () => ({ csca: [pki.csca], at: addDays(NOW, 1) });

describe('Doc 9303-12 §9: CSCA Master List', () => {
  test('gives the certificates that a State has signed for', async () => {
    const list = await listOf([pki.csca, other.csca]);
    const found = readMasterList(list, against());
    expect(found.map((der) => Buffer.from(der).toString('hex')).toSorted()).toEqual(
      [pki.csca, other.csca].map((der) => Buffer.from(der).toString('hex')).toSorted(),
    );
  });

  test('threat: a list that no trusted CSCA stands behind', async () => {
    const list = await listOf([other.csca]);
    for (const csca of [[], [other.csca]]) {
      expect(() => readMasterList(list, { ...against(), csca })).toThrow(expect.objectContaining({ code: 'MASTER_LIST_SIGNER_UNTRUSTED' }));
    }
  });

  test('threat: a Document Signer of a trusted CSCA makes a list: it has not the purpose', async () => {
    for (const by of [pki.signer.certificate, await certified(EXT_KEY_USAGE('678108010109'))]) {
      const list = await listOf([other.csca], by);
      expect(() => readMasterList(list, against())).toThrow(expect.objectContaining({ code: 'MASTER_LIST_SIGNER_UNTRUSTED' }));
    }
  });

  test('a signer whose time is over', async () => {
    const list = await listOf([other.csca]);
    for (const at of [addDays(NOW, -1), addYears(NOW, 40)]) {
      expect(() => readMasterList(list, { ...against(), at })).toThrow(/out of date/);
    }
  });

  test('threat: an EF.SOD is no list', async () => {
    const list = await listOf([other.csca], signer, OID.ldsSecurityObject);
    expect(() => readMasterList(list, against())).toThrow(expect.objectContaining({ code: 'MASTER_LIST_MALFORMED' }));
  });

  test('no changed byte is believed; every change and every prefix ends in a coded error', async () => {
    const list = await listOf([other.csca]);
    const outcome = (bytes: Uint8Array): string => {
      try {
        readMasterList(bytes, against());
        return 'believed';
      } catch (error) {
        if (isCodedError(error)) return 'refused';
        throw error;
      }
    };
    expect(outcome(list)).toBe('believed');
    for (let at = 0; at < list.length; at += 1) {
      expect(`${at} ${outcome(list.map((byte, index) => (index === at ? byte ^ 0x21 : byte)))}`).toBe(`${at} refused`);
    }
    for (let length = 0; length < list.length; length += 37) expect(outcome(list.subarray(0, length))).toBe('refused');
  });
});
