import { explicitSpki, namedSpki, type EcCurveName } from '#pki/ec';
import { wholeSeconds } from './calendar.ts';
import {
  alternativeName,
  authorityKeyIdentifier,
  certificationAuthority,
  crlDistributionPoints,
  documentTypeList,
  keyUsage,
  privateKeyUsagePeriod,
  subjectKeyIdentifier,
} from './extensions.ts';
import type { CertificateRequest } from './issue.ts';
import type { DistinguishedName } from './name.ts';

/** What every profile needs. `serialNumber` is random: 1 to 20 octets, first bit clear (Doc 9303-12 Table 5). */
export interface ProfileInput {
  readonly subject: DistinguishedName;
  readonly serialNumber: Uint8Array;
  readonly curve: EcCurveName;
  readonly point: Uint8Array;
  /** The days on which the private key signs. */
  readonly usage: { readonly notBefore: Date; readonly notAfter: Date };
  readonly notAfter: Date;
}

interface IcaoInput extends ProfileInput {
  /** The issuing State's code as in the MRZ: VNM. */
  readonly mrzCountry: string;
  /** Where the CRL is published: ldap, http or https. */
  readonly crlUrls: readonly string[];
}

/** Country Signing CA, self-signed (Doc 9303-12 §7.1, column "CSCA Self-Signed Root"). */
export function cscaCertificate(input: IcaoInput): CertificateRequest {
  const spki = explicitSpki(input.curve, input.point);
  return {
    profile: 'csca',
    ...common(input),
    spki,
    extensions: [
      authorityKeyIdentifier(spki),
      subjectKeyIdentifier(spki),
      keyUsage('keyCertSign', 'cRLSign'),
      privateKeyUsagePeriod(wholePeriod(input.usage)),
      alternativeName('subject', input.mrzCountry),
      alternativeName('issuer', input.mrzCountry),
      certificationAuthority(),
      crlDistributionPoints(input.crlUrls),
    ],
  };
}

/**
 * Document Signer (Doc 9303-12 §7.1, column "Document Signer"). `documentTypes` are those of the MRZ: the CCCD's begins `ID`.
 * `notAfter` lies past the longest life of a card signed on the last day of use (the caller adds it; the lint checks it).
 */
export function documentSignerCertificate(
  input: IcaoInput & { readonly issuerSpki: Uint8Array; readonly documentTypes: readonly string[]; readonly technicalLifeYears: number },
): CertificateRequest {
  const spki = explicitSpki(input.curve, input.point);
  return {
    profile: 'document-signer',
    ...common(input),
    spki,
    technicalLifeYears: input.technicalLifeYears,
    extensions: [
      authorityKeyIdentifier(input.issuerSpki),
      subjectKeyIdentifier(spki),
      keyUsage('digitalSignature'),
      privateKeyUsagePeriod(wholePeriod(input.usage)),
      alternativeName('subject', input.mrzCountry),
      alternativeName('issuer', input.mrzCountry),
      crlDistributionPoints(input.crlUrls),
      documentTypeList(input.documentTypes),
    ],
  };
}

/**
 * The plant's signer of manifests, receipts and the like: self-signed, a named curve, outside the eMRTD PKI, so that OpenSSL builds
 * its chain of one. Trust in it is by pinning the certificate itself.
 */
export function plantSignerCertificate(input: ProfileInput): CertificateRequest {
  const spki = namedSpki(input.curve, input.point);
  return {
    profile: 'plant-signer',
    ...common(input),
    spki,
    extensions: [subjectKeyIdentifier(spki), keyUsage('digitalSignature'), privateKeyUsagePeriod(wholePeriod(input.usage))],
  };
}

function common(input: ProfileInput): Pick<CertificateRequest, 'subject' | 'serialNumber' | 'notBefore' | 'notAfter'> {
  return {
    subject: input.subject,
    serialNumber: input.serialNumber,
    notBefore: wholeSeconds(input.usage.notBefore),
    notAfter: wholeSeconds(input.notAfter),
  };
}

function wholePeriod(period: { readonly notBefore: Date; readonly notAfter: Date }): { notBefore: Date; notAfter: Date } {
  return { notBefore: wholeSeconds(period.notBefore), notAfter: wholeSeconds(period.notAfter) };
}
