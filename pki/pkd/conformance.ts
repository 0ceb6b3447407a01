import { isCodedError } from '#encoder/bytes';
import { crlFault, lintCrl, parseCrl, type CrlFault } from '#pki/crl';
import { deviationListSigner, importDeviationList } from '#pki/deviation-list';
import { importMasterList, masterListSigner } from '#pki/master-list';
import type { ListFinding } from '#pki/signed-list';
import { lintCertificate, parseCertificate, type Certificate } from '#pki/x509';
import { findCsca } from '#pki/sod';
import { countryOf, nameText } from './distinguished-name.ts';
import type { PkdConformance, PkdKind } from './entry.ts';
import { PkdError } from './pkd-error.ts';

/** What a State knows of what it is about to publish. */
export interface ConformanceAgainst {
  /** Its CSCA certificates. */
  readonly csca: readonly Uint8Array[];
  readonly at: Date;
  /** How long a card must verify that is signed on the last day of a Document Signer. */
  readonly technicalLifeYears: number;
}

export interface JudgedObject {
  /** Names of the CSCA behind it, and of a Document Signer's certificate the serial number in hex. */
  readonly issuer: string;
  readonly country: string | undefined;
  readonly serialNumber?: string;
  readonly conformance: readonly PkdConformance[];
}

/**
 * Our own linters decide, rule by rule. The PKD's operator has codes of its own, such as `ERR:CSCA.CDP.14`, whose numbers are not published: ours
 * have that shape with the name of the rule in the place of field and number.
 *
 * Errors: PKD_OBJECT_UNREADABLE for bytes that are nothing of this kind: they belong in no branch.
 */
export function judge(kind: PkdKind, content: Uint8Array, against: ConformanceAgainst): JudgedObject {
  try {
    return JUDGES[kind](content, against);
  } catch (cause) {
    if (!isCodedError(cause) || cause instanceof PkdError) throw cause;
    throw new PkdError('PKD_OBJECT_UNREADABLE', { where: kind, detail: cause.code, cause });
  }
}

/** In the order in which `crlFault` finds them. */
const PROGRESS: readonly (CrlFault | undefined)[] = [
  'issuer',
  'key-usage',
  'critical-extension',
  'signature',
  'not-yet-valid',
  'stale',
  undefined,
];

const JUDGES: Readonly<Record<PkdKind, (content: Uint8Array, against: ConformanceAgainst) => JudgedObject>> = {
  dsc(content, { csca, technicalLifeYears }) {
    const certificate = parseCertificate(content);
    const findings = lintCertificate(certificate, 'document-signer', { technicalLifeYears });
    const certified = findCsca(certificate, csca).trusted !== undefined;
    return {
      ...named(certificate.issuer),
      serialNumber: Buffer.from(certificate.serialNumber).toString('hex').toUpperCase().replace(/^00/, ''),
      conformance: errors('DSC', certified ? findings : [...findings, NOT_CERTIFIED]),
    };
  },
  crl(content, { csca, at }) {
    const list = parseCrl(content);
    // After a roll-over several CSCA certificates have the name: it is held against the one that it gets furthest with.
    const [best] = csca
      .map((der) => parseCertificate(der))
      .map((authority) => ({ authority, fault: crlFault(list, authority, at) }))
      .toSorted((one, other) => PROGRESS.indexOf(other.fault) - PROGRESS.indexOf(one.fault));
    const fault = best === undefined ? 'issuer' : best.fault;
    const findings = best === undefined || fault === 'issuer' ? [] : lintCrl(list, best.authority);
    return {
      ...named(list.issuer),
      conformance: errors('CRL', [...findings, ...(fault === undefined ? [] : [{ rule: fault, clause: 'Doc 9303-12 §7.1.4' }])]),
    };
  },
  ml(content, { csca, at }) {
    const signer = masterListSigner(content);
    return { ...named(signer.issuer), conformance: listErrors('ML', () => importMasterList(content, { csca, at }).findings) };
  },
  dl(content, { csca, at }) {
    const signer = deviationListSigner(content);
    return { ...named(signer.issuer), conformance: listErrors('DL', () => importDeviationList(content, { csca, at }).findings) };
  },
};

function named(issuer: Certificate['issuer']): { readonly issuer: string; readonly country: string | undefined } {
  return { issuer: nameText(issuer), country: countryOf(issuer) };
}

/** A list that is not believed at all is non-conformant by its error's code; what is only recommended makes nothing non-conformant. */
function listErrors(kind: 'ML' | 'DL', read: () => readonly ListFinding[]): readonly PkdConformance[] {
  try {
    return errors(
      kind,
      read().filter(({ level }) => level === 'must'),
    );
  } catch (error) {
    if (!isCodedError(error)) throw error;
    return errors(kind, [{ rule: error.code.toLowerCase().replaceAll('_', '-'), clause: 'Doc 9303-12 §6.1' }]);
  }
}

interface Finding {
  readonly rule: string;
  readonly clause: string;
}

const NOT_CERTIFIED: Finding = { rule: 'certified-by-the-csca', clause: 'Doc 9303-12 §6.1.2' };

function errors(kind: string, findings: readonly Finding[]): readonly PkdConformance[] {
  return findings.map(({ rule, clause }) => ({ code: `ERR:${kind}.${rule}`, text: `${rule.replaceAll('-', ' ')} (${clause})` }));
}
