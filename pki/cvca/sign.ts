import { createHash } from 'node:crypto';
import { ByteReader, concat, isCodedError } from '#encoder/bytes';
import {
  checkCvKey,
  CV_ALGORITHMS,
  cvRole,
  encodeCvCertificateBody,
  encodeCvReference,
  readCvCertificateBody,
  verifyByCvKey,
  type CvCertificateBody,
  type CvPublicKey,
} from '#encoder/cv-certificate';
import { tlv } from '#encoder/tlv';
import type { DigestSigner } from '#pki/x509';
import { CvcaError } from './cvca-error.ts';
import { decodeCvRequest, encodeCvRequestBody, readAuthenticated, readCvRequestBody, type CvRequestBody } from './request.ts';

/** What is signed: a certificate body, a request body (inner signature), or a request with the reference of who vouches (outer signature). */
export type CvSignedKind = 'certificate' | 'request' | 'authentication';

/** What may be signed, once: linted bytes and their digest. Record it before the signature is asked for. */
export interface CvToken {
  readonly kind: CvSignedKind;
  readonly tbs: Uint8Array;
  readonly digest: Uint8Array;
  /** Of the key that signs, with its domain parameters. */
  readonly signer: CvPublicKey;
}

const unspent = new WeakSet<CvToken>();

/** A body of `bodies.ts`, by the key of its issuer. Throws CVCA_LINT. */
export function prepareCvCertificate(body: CvCertificateBody, issuer: CvPublicKey): CvToken {
  return cvTokenOf('certificate', encodeCvCertificateBody(body), issuer);
}

/** The request for a first certificate: signed by the key that it is for (TR-03110-3 §C.2.6). */
export function prepareCvRequest(body: CvRequestBody): CvToken {
  return cvTokenOf('request', encodeCvRequestBody(body), body.publicKey);
}

/**
 * The request for a following certificate: the request with its inner signature, signed once more by a key that the CA knows already,
 * mostly the one that is about to be replaced.
 */
export function prepareCvAuthentication(request: Uint8Array, by: { readonly reference: string; readonly publicKey: CvPublicKey }): CvToken {
  return cvTokenOf('authentication', concat(request, tlv(0x42, encodeCvReference(by.reference))), by.publicKey);
}

/**
 * A token for bytes that were prepared before, so that a process killed between intent and outcome signs identical content and nothing
 * else. It passes the same lint again.
 *
 * Errors: CVCA_LINT with the rules in `detail`; `DecodeError` for bytes that are none of this.
 */
export function cvTokenOf(kind: CvSignedKind, tbs: Uint8Array, signer: CvPublicKey): CvToken {
  const hash = CV_ALGORITHMS[signer.algorithm]?.hash;
  const broken = [...(hash === undefined || !isUsable(signer) ? ['signer-key-usable'] : []), ...LINT[kind](tbs, signer)];
  if (hash === undefined || broken.length > 0) throw new CvcaError('CVCA_LINT', { where: kind, detail: broken.join(', ') });
  const digest = Uint8Array.from(createHash(hash).update(tbs).digest());
  const token = Object.freeze({ kind, tbs: Uint8Array.from(tbs), digest, signer });
  unspent.add(token);
  return token;
}

/**
 * Spends the token: one signature (plain r || s, or RSA octets), verified under the signer's public key in another library than the
 * token's before anybody gets it. The whole data object: 7F21, or 67 for an authentication.
 *
 * Errors: CVCA_TOKEN_SPENT, CVCA_SIGNATURE_INVALID; the token's own.
 */
export async function issueCv(token: CvToken, sign: DigestSigner): Promise<Uint8Array> {
  if (!unspent.delete(token)) throw new CvcaError('CVCA_TOKEN_SPENT', { where: token.kind });
  const signature = await sign(token.digest);
  if (!verifyByCvKey(token.signer, token.tbs, signature)) throw new CvcaError('CVCA_SIGNATURE_INVALID', { where: token.kind });
  return tlv(token.kind === 'authentication' ? 0x67 : 0x7f21, token.tbs, tlv(0x5f37, signature));
}

/** Prepares and issues at once, for keys whose signatures nobody records: those of tests and of the lab. */
export async function issueCvCertificate(body: CvCertificateBody, issuerKey: CvPublicKey, sign: DigestSigner): Promise<Uint8Array> {
  return issueCv(prepareCvCertificate(body, issuerKey), sign);
}

/** The rules that are broken, by kind. */
const LINT: Readonly<Record<CvSignedKind, (tbs: Uint8Array, signer: CvPublicKey) => readonly string[]>> = {
  certificate(tbs, signer) {
    const reader = new ByteReader(tbs, 'CVC');
    const { publicKey, holderAuthorization, ...dates } = readCvCertificateBody(reader);
    reader.end();
    const cvca = cvRole(holderAuthorization.relativeAuthorization) === 'cvca';
    const own = publicKey.kind === 'ecdsa' && publicKey.domainParameters !== undefined;
    return failed({
      'expires-on-or-after-the-day-it-is-effective': dates.expirationDate >= dates.effectiveDate,
      // Doc 9303-12 §7.2.2.3.
      'domain-parameters-in-cvca-certificates-only': publicKey.kind === 'rsa' || own === cvca,
      'algorithm-of-the-issuer': cvca || publicKey.algorithm === signer.algorithm,
      'key-on-the-curve-of-the-issuer': isUsable(cvca ? publicKey : withDomainOf(publicKey, signer)),
    });
  },
  request(tbs, signer) {
    const reader = new ByteReader(tbs, 'CV request');
    const { publicKey } = readCvRequestBody(reader);
    reader.end();
    return failed({ 'signed-by-the-key-in-it': sameKey(publicKey, signer) });
  },
  authentication(tbs, signer) {
    const { request, reference } = readAuthenticated(new ByteReader(tbs, 'CV request'));
    const { body } = decodeCvRequest(request);
    return failed({
      'vouched-for-by-another-key': !sameKey(body.publicKey, signer),
      'vouched-for-under-another-reference': reference !== body.certificateHolderReference,
    });
  },
};

function failed(rules: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [rule]));
}

function withDomainOf(key: CvPublicKey, issuer: CvPublicKey): CvPublicKey {
  if (key.kind !== 'ecdsa' || issuer.kind !== 'ecdsa' || issuer.domainParameters === undefined) return key;
  return { ...key, domainParameters: issuer.domainParameters };
}

function sameKey(a: CvPublicKey, b: CvPublicKey): boolean {
  if (a.kind === 'rsa') return b.kind === 'rsa' && a.modulus === b.modulus && a.publicExponent === b.publicExponent;
  return b.kind === 'ecdsa' && Buffer.compare(a.publicPoint, b.publicPoint) === 0;
}

function isUsable(key: CvPublicKey): boolean {
  try {
    checkCvKey(key);
    return true;
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}
