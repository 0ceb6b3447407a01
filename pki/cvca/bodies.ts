import { equalBytes } from '#encoder/bytes';
import {
  CV_TERMINAL_TYPES,
  cvCertificate,
  cvDomainParameters,
  cvRole,
  type CvCertificateBody,
  type CvPublicKey,
  type CvRole,
} from '#encoder/cv-certificate';
import { CURVES } from '#encoder/lds';
import type { EcCurveName } from '#pki/ec';
import { addDays, addYears } from '#pki/x509';
import { CvcaError } from './cvca-error.ts';

/** An EC key of a holder: its curve and uncompressed point. */
export interface CvKey {
  readonly curve: EcCurveName;
  readonly point: Uint8Array;
}

/** Role in bits 8 and 7 of the relative authorisation, DG4 and DG3 in bits 2 and 1 (BSI TR-03110-3 §C.4.1, table 29). */
const AUTHORIZATION = { cvca: 0xc3, domesticVerifier: 0x83, inspectionSystem: 0x01 } as const;

/** ECDSA with the hash that goes with the size of the field (TR-03110-3 §A.6.4.2, table 16): object identifier id-TA-ECDSA-SHA-256, -384 or -512. */
function algorithmOf(curve: EcCurveName): string {
  const { size } = CURVES[curve];
  return `0.4.0.127.0.7.2.2.2.2.${size <= 32 ? 3 : size <= 48 ? 4 : 5}`;
}

/** The key with its domain parameters, as CVCA certificates and requests carry it and as signatures are verified with it. */
export function cvPublicKey({ curve, point }: CvKey): CvPublicKey {
  return { kind: 'ecdsa', algorithm: algorithmOf(curve), domainParameters: cvDomainParameters(curve), publicPoint: point };
}

/** Country code, mnemonic of at most nine characters, sequence number of five digits (§C.1.3, table 24). */
export function holderReference(name: { readonly country: string; readonly mnemonic: string }, sequence: number): string {
  const { country, mnemonic } = name;
  const valid = /^[A-Z]{2}$/.test(country) && /^[A-Z0-9]{1,9}$/.test(mnemonic) && sequence >= 1 && sequence <= 99_999;
  if (!valid) throw new CvcaError('CVCA_REFERENCE_INVALID', { where: `${country} ${mnemonic} ${sequence}` });
  return `${country}${mnemonic}${String(sequence).padStart(5, '0')}`;
}

/** The same holder's next key or certificate. */
export function nextHolderReference(reference: string): string {
  const sequence = Number(reference.slice(-5));
  if (!Number.isInteger(sequence)) throw new CvcaError('CVCA_REFERENCE_INVALID', { where: reference });
  return holderReference({ country: reference.slice(0, 2), mnemonic: reference.slice(2, -5) }, sequence + 1);
}

/** Self-signed, with the domain parameters that the whole chain takes from it. */
export function cvcaBody(request: {
  readonly holder: string;
  readonly key: CvKey;
  readonly from: Date;
  readonly years: number;
}): CvCertificateBody {
  const { holder, key, from, years } = request;
  return body({
    issuer: holder,
    holder,
    publicKey: cvPublicKey(key),
    authorization: AUTHORIZATION.cvca,
    from,
    to: addYears(from, years),
  });
}

/**
 * Link certificate: the CVCA's next key certified by the one in use, which `issuer` is the certificate of (Doc 9303-11 §7.1.4.3.2,
 * TR-03110-3 §2.2). The domain parameters are in it even where they have not changed, so that the new key can be a trust point by itself.
 * The same holder is certified by itself with `cvcaBody`, for chips that are personalised from then on.
 *
 * Errors: CVCA_ROLL_OVER_REFUSED naming the rule; CVCA_REFERENCE_INVALID after number 99999.
 */
export function cvcaLinkBody(request: {
  readonly issuer: Uint8Array;
  readonly key: CvKey;
  readonly from: Date;
  readonly years: number;
}): CvCertificateBody {
  const { issuer, key, from, years } = request;
  const above = cvCertificate.decode(issuer).body;
  assertSuccessor(above, { role: 'cvca', key, from });
  // A chip takes links only from the CVCA key with the most recent effective date: two of one day have no order.
  if (day(from) <= above.effectiveDate) throw refusedRollOver(above, 'effective-after-the-key-in-use');
  if (day(from) > above.expirationDate) throw refusedRollOver(above, 'signed-while-the-key-in-use-is-valid');
  return body({
    issuer: above.certificateHolderReference,
    holder: nextHolderReference(above.certificateHolderReference),
    publicKey: cvPublicKey(key),
    authorization: AUTHORIZATION.cvca,
    from,
    to: addYears(from, years),
  });
}

/**
 * The next certificate of a document verifier or inspection system: a new key under the next number, with the rights of the one in use.
 * `issuer` is the certificate of the issuer's key in use, which may itself have been replaced since.
 *
 * Errors: CVCA_ROLL_OVER_REFUSED naming the rule; CVCA_REFERENCE_INVALID.
 */
export function successorBody(request: Omit<SubordinateRequest, 'holder'> & { readonly current: Uint8Array }): CvCertificateBody {
  const { current, issuer, key, from } = request;
  const { body: inUse } = cvCertificate.decode(current);
  const role = cvRole(inUse.holderAuthorization.relativeAuthorization);
  if (role === 'cvca') throw refusedRollOver(inUse, 'a-cvca-is-followed-by-a-link-certificate');
  assertSuccessor(inUse, { role, key, from });
  const issuerRole = cvRole(cvCertificate.decode(issuer).body.holderAuthorization.relativeAuthorization);
  if ((issuerRole === 'cvca') === (role === 'terminal')) throw refusedRollOver(inUse, 'certified-by-the-role-above');
  const holder = nextHolderReference(inUse.certificateHolderReference);
  return subordinate({ ...request, holder }, inUse.holderAuthorization.relativeAuthorization[0] ?? 0);
}

function assertSuccessor(
  inUse: CvCertificateBody,
  { role, key, from }: { readonly role: CvRole; readonly key: Pick<CvKey, 'point'>; readonly from: Date },
): void {
  if (cvRole(inUse.holderAuthorization.relativeAuthorization) !== role) throw refusedRollOver(inUse, 'the-role-of-the-key-in-use');
  const { publicKey } = inUse;
  if (publicKey.kind === 'ecdsa' && equalBytes(publicKey.publicPoint, key.point)) throw refusedRollOver(inUse, 'a-new-key');
  if (day(from) < inUse.effectiveDate) throw refusedRollOver(inUse, 'not-before-the-key-in-use');
}

function refusedRollOver({ certificateHolderReference }: CvCertificateBody, rule: string): CvcaError {
  return new CvcaError('CVCA_ROLL_OVER_REFUSED', { where: certificateHolderReference, detail: rule });
}

interface SubordinateRequest {
  /** Certificate of the issuer: its holder reference and its last day. */
  readonly issuer: Uint8Array;
  readonly holder: string;
  /** On the curve of the CVCA. */
  readonly key: Pick<CvKey, 'point'>;
  readonly from: Date;
  readonly days: number;
}

export function documentVerifierBody(request: SubordinateRequest): CvCertificateBody {
  return subordinate(request, AUTHORIZATION.domesticVerifier);
}

/** With the right to read fingerprints (DG3) and nothing else. */
export function inspectionSystemBody(request: SubordinateRequest): CvCertificateBody {
  return subordinate(request, AUTHORIZATION.inspectionSystem);
}

/** Never longer than its issuer's (Doc 9303-11 §7.1.4: a chain is as valid as its shortest certificate). */
function subordinate({ issuer, holder, key, from, days }: SubordinateRequest, authorization: number): CvCertificateBody {
  const above = cvCertificate.decode(issuer).body;
  const publicKey: CvPublicKey = { kind: 'ecdsa', algorithm: above.publicKey.algorithm, publicPoint: key.point };
  const last = new Date(`${above.expirationDate}T00:00:00Z`);
  const wanted = addDays(from, days);
  const to = wanted < last ? wanted : last;
  return body({ issuer: above.certificateHolderReference, holder, publicKey, authorization, from, to });
}

function body(parts: {
  readonly issuer: string;
  readonly holder: string;
  readonly publicKey: CvPublicKey;
  readonly authorization: number;
  readonly from: Date;
  readonly to: Date;
}): CvCertificateBody {
  return {
    profileIdentifier: 0,
    certificationAuthorityReference: parts.issuer,
    publicKey: parts.publicKey,
    certificateHolderReference: parts.holder,
    holderAuthorization: {
      terminalType: CV_TERMINAL_TYPES.inspectionSystem,
      relativeAuthorization: Uint8Array.of(parts.authorization),
    },
    effectiveDate: day(parts.from),
    expirationDate: day(parts.to),
  };
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}
