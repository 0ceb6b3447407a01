import { softwareKey, type SoftwareKey } from '#pki/testing';
import { addDays, addYears, cscaCertificate, issueCertificate, parseCertificate, prepareCertificate, type Certificate } from '#pki/x509';
import { issueCrl, prepareCrl, type CrlRequest } from '../issue.ts';

export const NOW = new Date('2026-11-22T04:00:00Z');
const NAME = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'CSCA SPECIMEN' };

export interface SpecimenAuthority {
  readonly key: SoftwareKey;
  readonly csca: Certificate;
}

/** A CSCA with a throw-away key. */
export async function specimenAuthority(
  algorithm: SoftwareKey['algorithm'],
  size: Parameters<typeof softwareKey>[1],
): Promise<SpecimenAuthority> {
  const key = softwareKey(algorithm, size);
  const request = cscaCertificate({
    subject: NAME,
    serialNumber: Uint8Array.of(1),
    spki: key.spki,
    usage: { notBefore: NOW, notAfter: addYears(NOW, 5) },
    notAfter: addYears(NOW, 31),
    mrzCountry: 'VNM',
    crlUrls: ['https://specimen.invalid/VNM.crl'],
  });
  const token = prepareCertificate(request, { name: NAME, spki: key.spki, algorithm });
  return { key, csca: parseCertificate(await issueCertificate(token, key.signerOf(token.tbs))) };
}

/** A list of this authority with one revoked signer, unless told otherwise. */
export async function specimenCrl({ key, csca }: SpecimenAuthority, changes: Partial<CrlRequest> = {}): Promise<Uint8Array> {
  const token = prepareCrl({
    csca,
    algorithm: key.algorithm,
    number: 7,
    thisUpdate: NOW,
    nextUpdate: addDays(NOW, 90),
    revoked: [{ serialNumber: Uint8Array.of(0x45, 0x67), revokedAt: addDays(NOW, -1) }],
    ...changes,
  });
  return issueCrl(token, key.signerOf(token.tbs));
}
