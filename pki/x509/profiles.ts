import type { Extension } from 'pkijs';
import { equalBytes } from '#encoder/bytes';
import { explicitSpki, namedSpki, type EcCurveName } from '#pki/ec';
import { wholeSeconds } from './calendar.ts';
import {
  alternativeName,
  authorityKeyIdentifier,
  certificationAuthority,
  crlDistributionPoints,
  documentTypeList,
  extendedKeyUsage,
  keyUsage,
  nameChange,
  privateKeyUsagePeriod,
  subjectKeyIdentifier,
} from './extensions.ts';
import type { CertificateRequest, IssuingKey } from './issue.ts';
import { nameInDer, type DistinguishedName } from './name.ts';
import { OID } from './oid.ts';

interface CommonInput {
  readonly subject: DistinguishedName | Uint8Array;
  /** Random: 1 to 20 octets, first bit clear (Doc 9303-12 Table 5). */
  readonly serialNumber: Uint8Array;
  /** The days on which the private key signs. */
  readonly usage: { readonly notBefore: Date; readonly notAfter: Date };
  readonly notAfter: Date;
}

/** A point on one of our curves, or a whole SubjectPublicKeyInfo: of an RSA key, or as a request brought it (`subjectPublicKeyInfo` makes both). */
export type ProfileKey = { readonly curve: EcCurveName; readonly point: Uint8Array } | { readonly spki: Uint8Array };

/** What every profile needs. */
export type ProfileInput = CommonInput & ProfileKey;

/** What the profiles of Doc 9303-12 need. */
export type IcaoInput = ProfileInput & {
  /** The issuing State's code as in the MRZ: VNM. */
  readonly mrzCountry: string;
  /** Where the CRL is published: ldap, http or https. */
  readonly crlUrls: readonly string[];
};

/** How long a card signed on the last day of use must verify; the lint holds `notAfter` against it (default 25 years). */
interface CardLife {
  readonly technicalLifeYears?: number;
}

/** Country Signing CA, self-signed (Doc 9303-12 Table 6, column "CSCA Self-Signed Root"). */
export function cscaCertificate(input: IcaoInput & CardLife): CertificateRequest {
  const spki = spkiOf(input);
  return {
    profile: 'csca',
    ...common(input),
    ...cardLife(input),
    spki,
    extensions: authorityExtensions(input, spki, spki),
  };
}

/**
 * CSCA link certificate (Doc 9303-12 Table 6, column "CSCA Link"): the new key under the new name, issued under the old name and signed by the old
 * key. Name Change stands in it when the two names differ (§7.1.1.5). Sign it with an `IssuingKey` of `issuer`.
 */
export function cscaLinkCertificate(
  input: IcaoInput & CardLife & { readonly issuer: Pick<IssuingKey, 'name' | 'spki'> },
): CertificateRequest {
  const spki = spkiOf(input);
  const renamed = !equalBytes(nameInDer(input.subject), nameInDer(input.issuer.name));
  return {
    profile: 'csca-link',
    ...common(input),
    ...cardLife(input),
    spki,
    extensions: [...authorityExtensions(input, spki, input.issuer.spki), ...(renamed ? [nameChange()] : [])],
  };
}

/**
 * Document Signer (Doc 9303-12 Table 6, column "Document Signer"). `documentTypes` are those of the MRZ: the CCCD's begins `ID`.
 * `notAfter` lies past the longest life of a card signed on the last day of use (the caller adds it; the lint checks it).
 */
export function documentSignerCertificate(
  input: IcaoInput & CardLife & { readonly issuerSpki: Uint8Array; readonly documentTypes: readonly string[] },
): CertificateRequest {
  const spki = spkiOf(input);
  return {
    profile: 'document-signer',
    ...common(input),
    ...cardLife(input),
    spki,
    extensions: [...signerExtensions(input, spki), documentTypeList(input.documentTypes)],
  };
}

/** Master List Signer (Doc 9303-12 Table 6, §7.1.1.3): its key signs CSCA master lists and nothing else. */
export function masterListSignerCertificate(input: IcaoInput & { readonly issuerSpki: Uint8Array }): CertificateRequest {
  return listSigner(input, 'master-list-signer', OID.masterListSigningKey);
}

/** Deviation List Signer (Doc 9303-12 Table 6, §7.1.1.3): its key signs deviation lists and nothing else. */
export function deviationListSignerCertificate(input: IcaoInput & { readonly issuerSpki: Uint8Array }): CertificateRequest {
  return listSigner(input, 'deviation-list-signer', OID.deviationListSigningKey);
}

/**
 * The plant's signer of manifests, receipts and the like: self-signed, a named curve, outside the eMRTD PKI, so that OpenSSL builds
 * its chain of one. Trust in it is by pinning the certificate itself.
 */
export function plantSignerCertificate(input: ProfileInput): CertificateRequest {
  const spki = 'spki' in input ? input.spki : namedSpki(input.curve, input.point);
  return {
    profile: 'plant-signer',
    ...common(input),
    spki,
    extensions: [subjectKeyIdentifier(spki), keyUsage('digitalSignature'), privateKeyUsagePeriod(wholePeriod(input.usage))],
  };
}

function listSigner(
  input: IcaoInput & { readonly issuerSpki: Uint8Array },
  profile: 'master-list-signer' | 'deviation-list-signer',
  purpose: string,
): CertificateRequest {
  const spki = spkiOf(input);
  return { profile, ...common(input), spki, extensions: [...signerExtensions(input, spki), extendedKeyUsage(purpose)] };
}

function authorityExtensions(input: IcaoInput, spki: Uint8Array, issuerSpki: Uint8Array): readonly Extension[] {
  return [
    authorityKeyIdentifier(issuerSpki),
    subjectKeyIdentifier(spki),
    keyUsage('keyCertSign', 'cRLSign'),
    privateKeyUsagePeriod(wholePeriod(input.usage)),
    alternativeName('subject', input.mrzCountry),
    alternativeName('issuer', input.mrzCountry),
    certificationAuthority(),
    crlDistributionPoints(input.crlUrls),
  ];
}

function signerExtensions(input: IcaoInput & { readonly issuerSpki: Uint8Array }, spki: Uint8Array): readonly Extension[] {
  return [
    authorityKeyIdentifier(input.issuerSpki),
    subjectKeyIdentifier(spki),
    keyUsage('digitalSignature'),
    privateKeyUsagePeriod(wholePeriod(input.usage)),
    alternativeName('subject', input.mrzCountry),
    alternativeName('issuer', input.mrzCountry),
    crlDistributionPoints(input.crlUrls),
  ];
}

function spkiOf(key: ProfileKey): Uint8Array {
  return 'spki' in key ? key.spki : explicitSpki(key.curve, key.point);
}

function cardLife({ technicalLifeYears }: CardLife): CardLife {
  return technicalLifeYears === undefined ? {} : { technicalLifeYears };
}

function common(input: CommonInput): Pick<CertificateRequest, 'subject' | 'serialNumber' | 'notBefore' | 'notAfter'> {
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
