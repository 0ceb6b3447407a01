import type { TbsCertificate } from '../certificate.ts';

export type CertificateProfile = 'csca' | 'csca-link' | 'document-signer' | 'master-list-signer' | 'deviation-list-signer' | 'plant-signer';

/** Certificates of the eMRTD PKI: the columns of Doc 9303-12 Table 6 that Cardmint issues. */
export const ICAO = ['csca', 'csca-link', 'document-signer', 'master-list-signer', 'deviation-list-signer'] as const;
/** The plant's signer of manifests and the like stands outside that PKI. */
export const ALL = [...ICAO, 'plant-signer'] as const;
export const AUTHORITIES = ['csca', 'csca-link'] as const;
export const SIGNERS = ['document-signer', 'master-list-signer', 'deviation-list-signer'] as const;

/** What the certificate does not say about itself. */
export interface LintParameters {
  /** How long a card that is signed on the last day must verify: the longest validity of the profile, its technical life where cards have no expiry. */
  readonly technicalLifeYears?: number;
  /** Who signs, where that is known: its name in DER and its key identifier. */
  readonly issuer?: { readonly name: Uint8Array; readonly keyIdentifier: Uint8Array };
}

export interface LintContext {
  readonly certificate: TbsCertificate;
  readonly profile: CertificateProfile;
  readonly technicalLifeYears: number;
  readonly issuer: LintParameters['issuer'] | undefined;
}

/** One rule: its name, the profiles it binds, the clause it guards, and whether it holds. A coded error of `holds` means that it does not. */
export interface Rule {
  readonly id: string;
  readonly profiles: readonly CertificateProfile[];
  readonly clause: string;
  readonly holds: (context: LintContext) => boolean;
}
