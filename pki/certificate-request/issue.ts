import { createHash, createPublicKey } from 'node:crypto';
import { isCodedError } from '#encoder/bytes';
import { derBitString, derInteger, derSequence, tlv } from '#encoder/tlv';
import {
  encodeAlgorithm,
  nameInDer,
  signatureFromToken,
  subjectPublicKeyInfo,
  verifySignature,
  type DigestSigner,
  type DistinguishedName,
  type SignatureAlgorithm,
  type SubjectKey,
} from '#pki/x509';
import { CertificateRequestError } from './certificate-request-error.ts';
import { readRequestInfo } from './read.ts';

export interface RequestedCertificate {
  readonly subject: DistinguishedName;
  /** The key, or its SubjectPublicKeyInfo where a token gave it so. */
  readonly key: SubjectKey | Uint8Array;
  readonly algorithm: SignatureAlgorithm;
}

/** What may be signed, once: CertificationRequestInfo and its digest. Record it before the signature is asked for. */
export interface CertificateRequestToken {
  readonly info: Uint8Array;
  readonly digest: Uint8Array;
  readonly spki: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
}

const unspent = new WeakSet<CertificateRequestToken>();

/** Builds the request; signs nothing. EC parameters are explicit, as they must be in the certificate (Doc 9303-12 §4.1.6); no attributes. */
export function prepareCertificateRequest({ subject, key, algorithm }: RequestedCertificate): CertificateRequestToken {
  const info = derSequence(derInteger(0), nameInDer(subject), key instanceof Uint8Array ? key : subjectPublicKeyInfo(key), tlv(0xa0));
  return certificateRequestTokenOf(info, algorithm);
}

/** A token for bytes that were prepared and recorded before: identical content. Throws CERTIFICATE_REQUEST_MALFORMED or `DecodeError`. */
export function certificateRequestTokenOf(info: Uint8Array, algorithm: SignatureAlgorithm): CertificateRequestToken {
  const { spki } = readRequestInfo(info);
  const digest = Uint8Array.from(createHash(algorithm.hash).update(info).digest());
  const token = Object.freeze({ info: Uint8Array.from(info), digest, spki, algorithm });
  unspent.add(token);
  return token;
}

/** Spends the token: one signature, verified under the key that asks before the request leaves. DER. */
export async function issueCertificateRequest(token: CertificateRequestToken, sign: DigestSigner): Promise<Uint8Array> {
  if (!unspent.delete(token)) throw new CertificateRequestError('CERTIFICATE_REQUEST_TOKEN_SPENT');
  const { info, algorithm } = token;
  const signature = signatureOrRefusal(algorithm, await sign(token.digest));
  const key = createPublicKey({ key: Buffer.from(token.spki), format: 'der', type: 'spki' });
  if (!verifySignature(algorithm, info, key, signature)) throw new CertificateRequestError('CERTIFICATE_REQUEST_SIGNATURE_REJECTED');
  return derSequence(info, encodeAlgorithm(algorithm), derBitString(signature));
}

function signatureOrRefusal(algorithm: SignatureAlgorithm, raw: Uint8Array): Uint8Array {
  try {
    return signatureFromToken(algorithm, raw);
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    throw new CertificateRequestError('CERTIFICATE_REQUEST_SIGNATURE_REJECTED', { cause });
  }
}
