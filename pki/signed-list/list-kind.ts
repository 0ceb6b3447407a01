import type { SignedDataForm, SignerInfoForm } from '#pki/cms';
import type { Certificate, CertificateProfile } from '#pki/x509';

/** What tells a Master List from a Deviation List: a row of each. */
export interface ListKind {
  readonly name: 'master list' | 'deviation list';
  /** eContentType. */
  readonly contentType: string;
  /** The one purpose in the extended key usage of its signer (Doc 9303-12 §7.1.1.3). */
  readonly purpose: string;
  readonly signerProfile: CertificateProfile;
  readonly bytesMax: number;
  /** About the content; those about the SignedData are the same for both. */
  readonly rules: readonly ListRule[];
}

export interface ListContext {
  readonly kind: ListKind;
  readonly form: SignedDataForm;
  /** The first of the signers, if there is one. */
  readonly info: SignerInfoForm | undefined;
  /** Its certificate, if exactly one of those that are included is named by it. */
  readonly signer: Certificate | undefined;
  readonly content: Uint8Array;
}

/** One rule: its name, the clause that it guards, whether the clause demands or recommends it, and whether it holds. A coded error of `holds` means that it does not. */
export interface ListRule {
  readonly id: string;
  readonly clause: string;
  readonly level: 'must' | 'should';
  readonly holds: (context: ListContext) => boolean;
}

export interface ListFinding {
  /** The rule's id. */
  readonly rule: string;
  readonly clause: string;
  readonly level: ListRule['level'];
}
