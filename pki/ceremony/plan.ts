import type { EcCurveName } from '#pki/ec';
import type { DistinguishedName } from '#pki/x509';

/** The one reviewed file of a ceremony: who, what, under which profile. A ceremony that was begun is finished with the same plan. */
export interface CeremonyPlan {
  /** Part of every key's label in the token: letters, digits and hyphens. */
  readonly id: string;
  readonly csca: { readonly name: DistinguishedName; readonly curve: EcCurveName; readonly usageYears: number };
  readonly documentSigners: {
    readonly names: readonly DistinguishedName[];
    readonly curve: EcCurveName;
    readonly usageDays: number;
    /** As they stand in the MRZ: the CCCD's begins `ID`. */
    readonly documentTypes: readonly string[];
  };
  /** Terminal Authentication (Doc 9303-11 §7.1): the CVCA that chips trust, and the keys under it that this plant inspects with. */
  readonly extendedAccess: {
    readonly country: string;
    readonly curve: EcCurveName;
    readonly cvca: { readonly mnemonic: string; readonly years: number };
    readonly documentVerifier: { readonly mnemonic: string; readonly days: number };
    readonly inspectionSystem: { readonly mnemonic: string; readonly days: number };
  };
  readonly plantSigner: DistinguishedName;
  readonly birthCertificateSigner: DistinguishedName;
  /** How long the plant's own two signers sign. */
  readonly plantSignerYears: number;
  /** The longest life of a card: a Document Signer's certificate outlives its last card, the CSCA's outlives that. */
  readonly technicalLifeYears: number;
  /** The issuing State in the MRZ. */
  readonly mrzCountry: string;
  readonly crlUrls: readonly string[];
  readonly crlDays: number;
}

/**
 * The demo's plan: names that cannot be taken for a State's, C=VN because the cards say so. The CSCA signs for five years
 * (Doc 9303-12 Table 1: three to five), each Document Signer for 90 days.
 */
export function specimenPlan(documentSigners = 1): CeremonyPlan {
  const specimen = { country: 'VN', organization: 'Cardmint Specimen', organizationalUnit: 'SPECIMEN - not a State authority' };
  return {
    id: 'first-light',
    csca: { name: { ...specimen, commonName: 'CSCA Cardmint SPECIMEN Vietnam' }, curve: 'brainpoolP512r1', usageYears: 5 },
    documentSigners: {
      names: Array.from({ length: documentSigners }, (_, index) => ({ ...specimen, commonName: `DS Cardmint SPECIMEN ${index + 1}` })),
      curve: 'brainpoolP384r1',
      usageDays: 90,
      documentTypes: ['ID'],
    },
    // BSI TR-03110-3 §2.2 names no lifetimes; these are those of the EU certificate policy: 3 years, 3 months, 1 month.
    extendedAccess: {
      country: 'VN',
      curve: 'brainpoolP256r1',
      cvca: { mnemonic: 'SPECIMEN', years: 3 },
      documentVerifier: { mnemonic: 'SPECDV', days: 90 },
      inspectionSystem: { mnemonic: 'SPECIS', days: 30 },
    },
    plantSigner: { ...specimen, commonName: 'Cardmint SPECIMEN plant manifest signer' },
    birthCertificateSigner: { ...specimen, commonName: 'Cardmint SPECIMEN birth certificate signer' },
    plantSignerYears: 2,
    technicalLifeYears: 25,
    mrzCountry: 'VNM',
    crlUrls: ['https://specimen.cardmint.invalid/crl/VNM.crl'],
    crlDays: 90,
  };
}
