import { softwareKey, type SoftwareKey } from '#pki/testing';
import { addDays, addYears } from '../calendar.ts';
import { parseCertificate, type Certificate } from '../certificate.ts';
import { issueCertificate, prepareCertificate, type CertificateRequest, type IssuingKey } from '../issue.ts';
import type { DistinguishedName } from '../name.ts';
import {
  cscaCertificate,
  cscaLinkCertificate,
  deviationListSignerCertificate,
  documentSignerCertificate,
  masterListSignerCertificate,
  plantSignerCertificate,
} from '../profiles.ts';
import { issuedBy } from './lint.ts';

export const NOW = new Date('2026-11-22T04:00:00Z');
export const NAME: DistinguishedName = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'CSCA SPECIMEN' };
export const NEW_NAME: DistinguishedName = { ...NAME, commonName: 'CSCA SPECIMEN renamed' };
const CSCA_USAGE = { notBefore: NOW, notAfter: addYears(NOW, 5) };
const SIGNER_USAGE = { notBefore: NOW, notAfter: addDays(NOW, 90) };

export interface Specimen {
  readonly der: Uint8Array;
  /** The key that signed it. */
  readonly signer: SoftwareKey;
  /** What the lint may know besides. */
  readonly parameters: ReturnType<typeof issuedBy>;
}

export interface Specimens {
  readonly csca: Specimen;
  readonly 'csca-link': Specimen;
  /** The key rolls over, the name stays. */
  readonly 'csca-link, same name': Specimen;
  readonly 'document-signer': Specimen;
  readonly 'document-signer, RSA': Specimen;
  /** Certified by an RSA key with RSASSA-PSS. */
  readonly 'document-signer, PSS': Specimen;
  readonly 'master-list-signer': Specimen;
  readonly 'deviation-list-signer': Specimen;
  readonly 'plant-signer': Specimen;
}

/** One good certificate of each profile, all under one throw-away CSCA. */
export async function specimens(): Promise<Specimens> {
  const [oldKey, newKey, signerKey] = [ec(), ec(), ec()];
  const [rsaKey, pssKey] = [softwareKey({ key: 'rsa', hash: 'sha256' }, 2048), softwareKey({ key: 'rsa-pss', hash: 'sha256' }, 2048)];
  const shared = { mrzCountry: 'VNM', crlUrls: ['https://specimen.invalid/VNM.crl'], serialNumber: Uint8Array.of(0x45, 0x67) };
  const authority = { ...shared, usage: CSCA_USAGE, notAfter: addYears(NOW, 35) };
  const signerOf = (csca: SoftwareKey, key: SoftwareKey, role: string) => ({
    ...shared,
    subject: { ...NAME, commonName: `${role} SPECIMEN` },
    spki: key.spki,
    issuerSpki: csca.spki,
    usage: SIGNER_USAGE,
    notAfter: addYears(NOW, 27),
  });
  const ds = (csca: SoftwareKey, key: SoftwareKey) =>
    documentSignerCertificate({ ...signerOf(csca, key, 'DS'), documentTypes: ['ID', 'I'] });
  const root = async (key: SoftwareKey) => {
    const request = cscaCertificate({ ...authority, subject: NAME, spki: key.spki });
    return parseCertificate(await issued(request, key, NAME));
  };
  const [csca, pssCsca] = [await root(oldKey), await root(pssKey)];
  const under = async (request: CertificateRequest, issuer = csca, key = oldKey): Promise<Specimen> => ({
    der: await issued(request, key, NAME),
    signer: key,
    parameters: issuedBy(issuer),
  });
  const link = (subject: DistinguishedName) =>
    cscaLinkCertificate({ ...authority, subject, spki: newKey.spki, issuer: { name: NAME, spki: oldKey.spki } });
  const plant = plantSignerCertificate({ ...signerOf(signerKey, signerKey, 'Plant'), subject: NAME });
  const plantDer = await issued(plant, signerKey, NAME);
  return {
    csca: { der: csca.certificate, signer: oldKey, parameters: issuedBy(csca) },
    'csca-link': await under(link(NEW_NAME)),
    'csca-link, same name': await under(link(NAME)),
    'document-signer': await under(ds(oldKey, signerKey)),
    'document-signer, RSA': await under(ds(oldKey, rsaKey)),
    'document-signer, PSS': await under(ds(pssKey, signerKey), pssCsca, pssKey),
    'master-list-signer': await under(masterListSignerCertificate(signerOf(oldKey, signerKey, 'MLS'))),
    'deviation-list-signer': await under(deviationListSignerCertificate(signerOf(oldKey, signerKey, 'DLS'))),
    'plant-signer': { der: plantDer, signer: signerKey, parameters: issuedBy(parseCertificate(plantDer)) },
  };
}

export async function issued(request: CertificateRequest, key: SoftwareKey, name: IssuingKey['name']): Promise<Uint8Array> {
  const token = prepareCertificate(request, { name, spki: key.spki, algorithm: key.algorithm });
  return issueCertificate(token, key.signerOf(token.tbs));
}

export function tbsOf(der: Uint8Array): Uint8Array {
  const certificate: Certificate = parseCertificate(der);
  return certificate.der;
}

function ec(): SoftwareKey {
  return softwareKey({ key: 'ec', hash: 'sha256' }, 'P-256');
}
