import { ascii, utf8 } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import {
  addDays,
  addYears,
  cscaCertificate,
  documentSignerCertificate,
  issueCertificate,
  prepareCertificate,
  type IssuingKey,
} from '#pki/x509';
import { explicitSpki } from '#pki/ec';
import type { EcKey, Hsm } from '#pki/hsm';
import { documentSigner, type DocumentSigner } from '#pki/sod';

/** Material for the tests of this room: a CSCA, a Document Signer and the files of a made-up TD1 card. */
export const NOW = new Date('2026-11-21T08:00:00Z');

export interface SpecimenPki {
  readonly cscaKey: EcKey;
  readonly csca: Uint8Array;
  readonly signerKey: EcKey;
  readonly signer: DocumentSigner;
}

export async function specimenPki(hsm: Hsm): Promise<SpecimenPki> {
  const cscaKey = await hsm.generateEcKey({ label: 'csca', curve: 'brainpoolP512r1', purpose: 'sign' });
  const signerKey = await hsm.generateEcKey({ label: 'ds', curve: 'brainpoolP384r1', purpose: 'sign' });
  const name = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'CSCA SPECIMEN' };
  const issuer: IssuingKey = { name, spki: explicitSpki('brainpoolP512r1', cscaKey.point), algorithm: { key: 'ec', hash: 'sha512' } };
  const shared = { mrzCountry: 'VNM', crlUrls: ['https://specimen.invalid/VNM.crl'] };
  const sign = (digest: Uint8Array) => hsm.sign(cscaKey, digest);
  const csca = await issueCertificate(
    prepareCertificate(
      cscaCertificate({
        subject: name,
        serialNumber: Uint8Array.of(1),
        curve: 'brainpoolP512r1',
        point: cscaKey.point,
        usage: { notBefore: NOW, notAfter: addYears(NOW, 5) },
        notAfter: addYears(NOW, 31),
        ...shared,
      }),
      issuer,
    ),
    sign,
  );
  const signer = await issueCertificate(
    prepareCertificate(
      documentSignerCertificate({
        subject: { ...name, commonName: 'DS SPECIMEN 1' },
        serialNumber: Uint8Array.of(0x45, 0x67),
        curve: 'brainpoolP384r1',
        point: signerKey.point,
        usage: { notBefore: NOW, notAfter: addDays(NOW, 90) },
        notAfter: addYears(addDays(NOW, 90), 25),
        ...shared,
        issuerSpki: issuer.spki,
        documentTypes: ['ID'],
        technicalLifeYears: 25,
      }),
      issuer,
    ),
    sign,
  );
  return { cscaKey, csca, signerKey, signer: documentSigner(signer) };
}

/** DG1 with an MRZ of this document code, and files that are nothing but well-formed. */
export function specimenFiles(documentCode = 'ID'): Map<number, Uint8Array> {
  const mrz = `${documentCode}VNM0790012345079090001234<<5`.padEnd(90, '<');
  return new Map([
    [1, tlv(0x61, tlv(0x5f1f, ascii(mrz)))],
    [2, tlv(0x75, utf8('a face'.repeat(50)))],
    [13, tlv(0x6d, utf8('optional details'))],
    [14, tlv(0x6e, utf8('security infos'))],
    [15, tlv(0x6f, utf8('active authentication key'))],
  ]);
}

export function specimenEfCom(...tags: readonly number[]): Uint8Array {
  return tlv(0x60, tlv(0x5f01, ascii('0107')), tlv(0x5f36, ascii('040000')), tlv(0x5c, Uint8Array.from(tags)));
}

export const EF_COM = specimenEfCom(0x61, 0x75, 0x6d, 0x6e, 0x6f);
