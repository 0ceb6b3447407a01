import { createHash } from 'node:crypto';
import {
  CV_ALGORITHMS,
  CV_TERMINAL_TYPES,
  cvCertificate,
  cvDomainParameters,
  encodeCvCertificateBody,
  verifyCvSignature,
  type CvCertificate,
  type CvCertificateBody,
  type CvPublicKey,
} from '#encoder/cv-certificate';
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

/** ECDSA with the hash that goes with the curve (TR-03110-3 §A.6.4.2, table 16). */
const ALGORITHM = {
  'P-256': '0.4.0.127.0.7.2.2.2.2.3',
  'P-384': '0.4.0.127.0.7.2.2.2.2.4',
  'P-521': '0.4.0.127.0.7.2.2.2.2.5',
  brainpoolP256r1: '0.4.0.127.0.7.2.2.2.2.3',
  brainpoolP384r1: '0.4.0.127.0.7.2.2.2.2.4',
  brainpoolP512r1: '0.4.0.127.0.7.2.2.2.2.5',
} as const satisfies Record<EcCurveName, string>;

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
  const publicKey: CvPublicKey = {
    kind: 'ecdsa',
    algorithm: ALGORITHM[key.curve],
    domainParameters: cvDomainParameters(key.curve),
    publicPoint: key.point,
  };
  return body({ issuer: holder, holder, publicKey, authorization: AUTHORIZATION.cvca, from, to: addYears(from, years) });
}

interface SubordinateRequest {
  /** Certificate of the issuer: its holder reference and its last day. */
  readonly issuer: Uint8Array;
  readonly holder: string;
  /** On the curve of the CVCA. */
  readonly key: CvKey;
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

/**
 * Has a body signed and verifies the result with the issuer's key, in another library than the token's, before anybody gets it.
 * `issuerKey` carries the domain parameters; `sign` gives plain r || s over a digest.
 * Errors: CVCA_SIGNATURE_INVALID; the token's own.
 */
export async function issueCvCertificate(
  certificateBody: CvCertificateBody,
  issuerKey: CvPublicKey,
  sign: (digest: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const hash = CV_ALGORITHMS[issuerKey.algorithm]?.hash;
  if (hash === undefined) throw new CvcaError('CVCA_SIGNATURE_INVALID', { where: issuerKey.algorithm });
  const signature = await sign(Uint8Array.from(createHash(hash).update(encodeCvCertificateBody(certificateBody)).digest()));
  const certificate: CvCertificate = { body: certificateBody, signature };
  if (!verifyCvSignature(certificate, issuerKey))
    throw new CvcaError('CVCA_SIGNATURE_INVALID', { where: certificateBody.certificateHolderReference });
  return cvCertificate.encode(certificate);
}
