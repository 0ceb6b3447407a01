import { isCodedError } from '#encoder/bytes';
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
  /** Who signs, where that is known: its name in DER, its key identifier, and the end of its certificate. */
  readonly issuer?: { readonly name: Uint8Array; readonly keyIdentifier: Uint8Array; readonly notAfter?: Date };
}

export interface LintContext {
  readonly certificate: TbsCertificate;
  readonly profile: CertificateProfile;
  readonly technicalLifeYears: number;
  readonly issuer: LintParameters['issuer'] | undefined;
}

/** One rule of a lint: its name, the clause it guards, and whether it holds. A coded error of `holds` means that it does not. */
export interface LintRule<Context> {
  readonly id: string;
  readonly clause: string;
  readonly holds: (context: Context) => boolean;
}

/** One rule of a certificate, and the profiles it binds. */
export interface Rule extends LintRule<LintContext> {
  readonly profiles: readonly CertificateProfile[];
}

export interface LintFinding {
  /** The rule's id. */
  readonly rule: string;
  /** Where the rule comes from. */
  readonly clause: string;
}

/** The rules that do not hold. A name or an extension that cannot even be read keeps no rule about it. */
export function broken<Context>(rules: readonly LintRule<Context>[], context: Context): readonly LintFinding[] {
  return rules.flatMap((rule) => (isKept(rule, context) ? [] : [{ rule: rule.id, clause: rule.clause }]));
}

function isKept<Context>(rule: LintRule<Context>, context: Context): boolean {
  try {
    return rule.holds(context);
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}
