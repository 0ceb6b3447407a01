import { CvCertificateError, type CvCertificateErrorCode } from './cv-certificate-error.ts';
import type { CvPublicKey } from './cv-certificate-public-key.ts';
import { checkCvKey, verifyCvSignature } from './cv-certificate-signature.ts';
import { CV_TERMINAL_TYPES, type CvCertificate, isCvDate } from './cv-certificate.ts';

/** The two leading bits of an authorization (TR-03110-3 tables 20 to 22). */
export type CvRole = 'cvca' | 'dv-domestic' | 'dv-foreign' | 'terminal';

/** A key that a certificate brought, with what must be kept beside it (Doc 9303-11 §7.1.4.3.7). */
export interface CvHolder {
  readonly reference: string;
  readonly role: CvRole;
  readonly terminalType: string;
  /** Effective authorization: of a CVCA its own, further down the bitwise AND of all from the CVCA on. */
  readonly authorization: Uint8Array;
  /** With domain parameters, its own or those of the CVCA. */
  readonly publicKey: CvPublicKey;
  readonly effectiveDate: string;
  readonly expirationDate: string;
}

/** What a chip knows. Every step gives a new state or throws, so that date, trust points and key change together or not at all. */
export interface CvState {
  /** CVCA keys, at most two a terminal type once a link certificate was taken. */
  readonly trustPoints: readonly CvHolder[];
  /** `YYYY-MM-DD`: the chip's approximation of today. */
  readonly currentDate: string;
  /** The most recently imported DV or terminal, for the next certificate or for External Authenticate; not kept over a reset. */
  readonly imported?: CvHolder;
}

/** Two link certificates, DV and terminal are four; a chip that was in a drawer for ten years needs some links more. */
const CHAIN_MAX = 16;
const TRUST_POINTS_MAX = 2;

/**
 * Verifies certificates in the order in which a terminal sends them: link certificates, DV, terminal (Doc 9303-11 §7.1.4.3,
 * TR-03110-3 §2.5). `at` is the chip's current date, `YYYY-MM-DD`. In the state that comes back, `imported` is the holder of the
 * last DV or terminal certificate, and date and trust points are updated.
 *
 * Errors: `CvCertificateError`; `where` tells which certificate, counted from 0.
 */
export function verifyCvChain(trustPoints: readonly CvHolder[], certificates: readonly CvCertificate[], at: string): CvState {
  if (!isCvDate(at)) throw new RangeError('the current date is needed as YYYY-MM-DD, 2000 to 2099');
  if (certificates.length > CHAIN_MAX) throw new CvCertificateError('CV_CHAIN_TOO_LONG', { detail: `more than ${CHAIN_MAX}` });
  const start: CvState = { trustPoints, currentDate: at };
  return certificates.reduce((state, certificate, index) => {
    try {
      return importCvCertificate(state, certificate);
    } catch (cause) {
      if (!(cause instanceof CvCertificateError)) throw cause;
      const detail = cause.detail === undefined ? {} : { detail: cause.detail };
      throw new CvCertificateError(cause.code, { where: `certificate ${index}`, ...detail, cause });
    }
  }, start);
}

/** One PSO:Verify Certificate: the state after it, or a `CvCertificateError` and the old state stands. */
export function importCvCertificate(state: CvState, certificate: CvCertificate): CvState {
  const { body } = certificate;
  const role = cvRole(body.holderAuthorization.relativeAuthorization);
  const issuer = issuerOf(state, body.certificationAuthorityReference);
  checkHolder(state, certificate, role, issuer);
  if (!verifyCvSignature(certificate, issuer.publicKey)) throw refused('CV_SIGNATURE_INVALID');
  // The date after which it expires: on the day itself it is still good. An expired link certificate is taken.
  if (role !== 'cvca' && body.expirationDate < state.currentDate) throw refused('CV_EXPIRED');
  const holder = holderOf(certificate, issuer);
  checkCvKey(holder.publicKey);
  const currentDate = isTimeSource(role, issuer) && body.effectiveDate > state.currentDate ? body.effectiveDate : state.currentDate;
  if (role !== 'cvca') return { trustPoints: state.trustPoints, currentDate, imported: holder };
  return { trustPoints: withTrustPoint(state.trustPoints, holder), currentDate };
}

/**
 * A CVCA certificate as the trust point that personalisation stores. A self-signed one must verify; a link certificate is
 * trusted because of who brought it. Throws `CvCertificateError` CV_TRUST_POINT_INVALID, CV_SIGNATURE_INVALID, CV_KEY_INVALID.
 */
export function cvTrustPoint(certificate: CvCertificate): CvHolder {
  const { body } = certificate;
  if (cvRole(body.holderAuthorization.relativeAuthorization) !== 'cvca') throw refused('CV_TRUST_POINT_INVALID', 'not a CVCA');
  if (body.publicKey.kind === 'ecdsa' && body.publicKey.domainParameters === undefined) {
    throw refused('CV_TRUST_POINT_INVALID', 'no domain parameters');
  }
  checkCvKey(body.publicKey);
  const selfSigned = body.certificationAuthorityReference === body.certificateHolderReference;
  if (selfSigned && !verifyCvSignature(certificate, body.publicKey)) throw refused('CV_SIGNATURE_INVALID');
  return holderOf(certificate, undefined);
}

export function cvRole(authorization: Uint8Array): CvRole {
  return (['terminal', 'dv-foreign', 'dv-domestic', 'cvca'] as const)[(authorization[0] ?? 0) >> 6] ?? 'terminal';
}

/** What an inspection system may read (table 20): nothing unless the holder is a terminal. Bits for future use are ignored. */
export function inspectionRights(holder: CvHolder): { readonly dg3: boolean; readonly dg4: boolean } {
  const reads = holder.role === 'terminal' && holder.terminalType === CV_TERMINAL_TYPES.inspectionSystem;
  const rights = reads ? (holder.authorization[0] ?? 0) : 0;
  return { dg3: (rights & 0x01) !== 0, dg4: (rights & 0x02) !== 0 };
}

function issuerOf({ trustPoints, imported }: CvState, reference: string): CvHolder {
  const issuer = [...trustPoints, ...(imported === undefined ? [] : [imported])].find((holder) => holder.reference === reference);
  if (issuer === undefined) throw refused('CV_ISSUER_UNKNOWN');
  return issuer;
}

/** The rules that stand before the signature: who may certify whom, and what the profile asks of the certificate. */
function checkHolder(state: CvState, { body }: CvCertificate, role: CvRole, issuer: CvHolder): void {
  // A CVCA certifies its successor and DVs, a DV terminals, a terminal nobody (TR-03110-3 §2).
  const allowed = issuer.role === 'cvca' ? role !== 'terminal' : issuer.role !== 'terminal' && role === 'terminal';
  if (!allowed) throw refused('CV_ROLE_INVALID', `${role} by ${issuer.role}`);
  if (body.holderAuthorization.terminalType !== issuer.terminalType) throw refused('CV_ROLE_INVALID', 'another terminal type');
  // A temporary key never takes the place of a permanent one, nor a second link that of the first (Doc 9303-11 §7.1.4.3.7).
  if (state.trustPoints.some(({ reference }) => reference === body.certificateHolderReference)) throw refused('CV_HOLDER_KNOWN');
  if (body.expirationDate < body.effectiveDate) throw refused('CV_PROFILE_INVALID', 'expires before it is effective');
  if (role === 'cvca') checkLink(state, issuer);
  else checkSubordinate(state, body.publicKey, issuer);
}

/** Link certificates are signed with "the CVCA key with the most recent effective date" (Doc 9303-11 §7.1.4.3.2). */
function checkLink({ trustPoints }: CvState, issuer: CvHolder): void {
  const newer = ({ terminalType, effectiveDate }: CvHolder) => terminalType === issuer.terminalType && effectiveDate > issuer.effectiveDate;
  if (trustPoints.some(newer)) throw refused('CV_ROLE_INVALID', 'a link certificate by a CVCA key that has a successor');
}

function checkSubordinate({ currentDate }: CvState, publicKey: CvPublicKey, issuer: CvHolder): void {
  if (issuer.role === 'cvca' && issuer.expirationDate < currentDate) throw refused('CV_TRUST_POINT_EXPIRED');
  if (publicKey.kind === 'ecdsa' && publicKey.domainParameters !== undefined) {
    throw refused('CV_PROFILE_INVALID', 'domain parameters below the CVCA'); // TR-03110-3 §D.3.3.
  }
  // "The same signature algorithm, domain parameters and key sizes MUST be used within a certificate chain" (§2.3).
  if (publicKey.algorithm !== issuer.publicKey.algorithm || rsaBits(publicKey) !== rsaBits(issuer.publicKey)) {
    throw refused('CV_PROFILE_INVALID', 'algorithm or key size differs from the issuer');
  }
}

function rsaBits(key: CvPublicKey): number {
  return key.kind === 'rsa' ? key.modulus.toString(2).length : 0;
}

/** CVCA and DV certificates, and accurate terminal certificates: those of an official domestic DV (TR-03110-3 §2.6.2). */
function isTimeSource(role: CvRole, issuer: CvHolder): boolean {
  return role !== 'terminal' || issuer.role === 'dv-domestic';
}

function holderOf({ body }: CvCertificate, issuer: CvHolder | undefined): CvHolder {
  const { terminalType, relativeAuthorization } = body.holderAuthorization;
  const role = cvRole(relativeAuthorization);
  return {
    reference: body.certificateHolderReference,
    role,
    terminalType,
    // The new CVCA key has rights of its own: the AND of Doc 9303-11 §7.1.4.3.6 runs over one CVCA, one DV and one terminal.
    authorization:
      role === 'cvca' ? relativeAuthorization : relativeAuthorization.map((byte, at) => byte & (issuer?.authorization[at] ?? 0)),
    publicKey: withDomain(body.publicKey, issuer?.publicKey),
    effectiveDate: body.effectiveDate,
    expirationDate: body.expirationDate,
  };
}

function withDomain(key: CvPublicKey, issuer: CvPublicKey | undefined): CvPublicKey {
  if (key.kind === 'rsa' || key.domainParameters !== undefined) return key;
  if (issuer?.kind !== 'ecdsa' || issuer.domainParameters === undefined) return key;
  return { ...key, domainParameters: issuer.domainParameters };
}

/** The new one and the most recent other of its terminal type: "at most two trust-points" (Doc 9303-11 §7.1.4.3.4, step 3). */
function withTrustPoint(trustPoints: readonly CvHolder[], added: CvHolder): readonly CvHolder[] {
  const ofType = trustPoints.filter(({ terminalType }) => terminalType === added.terminalType);
  const recent = ofType.toSorted((a, b) => b.effectiveDate.localeCompare(a.effectiveDate)).slice(0, TRUST_POINTS_MAX - 1);
  return [added, ...recent, ...trustPoints.filter(({ terminalType }) => terminalType !== added.terminalType)];
}

function refused(code: CvCertificateErrorCode, detail?: string): CvCertificateError {
  return new CvCertificateError(code, detail === undefined ? {} : { detail });
}
