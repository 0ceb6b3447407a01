import { createHash, createPublicKey } from 'node:crypto';
import { fromBER, Integer } from 'asn1js';
import { AlgorithmIdentifier, Certificate as PkijsCertificate, PublicKeyInfo, Time, TimeType, type Extension } from 'pkijs';
import { tlv } from '#encoder/tlv';
import { parseTbsCertificate } from './certificate.ts';
import { buffer, subjectKeyIdentifierOf } from './extensions.ts';
import { lintCertificate } from './lint/lint.ts';
import type { CertificateProfile } from './lint/rule.ts';
import { nameInDer, parsedName, type DistinguishedName } from './name.ts';
import { encodeAlgorithm, signatureFromToken, verifySignature, type SignatureAlgorithm } from './signature-algorithm.ts';
import { X509Error } from './x509-error.ts';

export interface CertificateRequest {
  readonly profile: CertificateProfile;
  /** A name, or one that is DER already (a request's). */
  readonly subject: DistinguishedName | Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly spki: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly Extension[];
  /** CSCAs and Document Signers: how long a card signed on the last day of use must verify. */
  readonly technicalLifeYears?: number;
}

/** Who signs: its name (or that name in DER), its public key, and the algorithm that goes with that key. */
export interface IssuingKey {
  readonly name: DistinguishedName | Uint8Array;
  readonly spki: Uint8Array;
  readonly algorithm: SignatureAlgorithm;
  /** The end of the issuer's own certificate, where that is known: nothing that it signs may outlive it. */
  readonly notAfter?: Date;
}

/** What may be signed, once: linted bytes and their digest. Record it before the signature is asked for. */
export interface CertificateToken {
  readonly profile: CertificateProfile;
  readonly tbs: Uint8Array;
  readonly digest: Uint8Array;
  readonly issuer: IssuingKey;
}

/** Signs a digest in the token: r || s, or the octets of an RSA signature. */
export type DigestSigner = (digest: Uint8Array) => Promise<Uint8Array>;

const unspent = new WeakSet<CertificateToken>();

/** Builds and lints; signs nothing. Throws `CERTIFICATE_LINT` naming every broken rule. */
export function prepareCertificate(request: CertificateRequest, issuer: IssuingKey): CertificateToken {
  const time = (value: Date) => new Time({ type: value.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime, value });
  const certificate = new PkijsCertificate({
    version: 2,
    serialNumber: new Integer({ valueHex: buffer(request.serialNumber) }),
    signature: new AlgorithmIdentifier({ schema: fromBER(buffer(encodeAlgorithm(issuer.algorithm))).result }),
    issuer: parsedName(nameInDer(issuer.name)),
    notBefore: time(request.notBefore),
    notAfter: time(request.notAfter),
    subject: parsedName(nameInDer(request.subject)),
    subjectPublicKeyInfo: new PublicKeyInfo({ schema: fromBER(buffer(request.spki)).result }),
    extensions: [...request.extensions],
  });
  const life = request.technicalLifeYears === undefined ? {} : { technicalLifeYears: request.technicalLifeYears };
  return certificateTokenOf(new Uint8Array(certificate.encodeTBS().toBER()), request.profile, issuer, life);
}

/**
 * A token for bytes that were prepared before, so that a ceremony killed between intent and outcome signs identical content and
 * nothing else. It passes the same lint again.
 */
export function certificateTokenOf(
  tbs: Uint8Array,
  profile: CertificateProfile,
  issuer: IssuingKey,
  parameters: { readonly technicalLifeYears?: number } = {},
): CertificateToken {
  const signer = {
    name: nameInDer(issuer.name),
    keyIdentifier: subjectKeyIdentifierOf(issuer.spki),
    ...(issuer.notAfter === undefined ? {} : { notAfter: issuer.notAfter }),
  };
  const findings = lintCertificate(parseTbsCertificate(tbs), profile, { ...parameters, issuer: signer });
  if (findings.length > 0) {
    throw new X509Error('CERTIFICATE_LINT', { where: profile, detail: findings.map(({ rule }) => rule).join(', ') });
  }
  const digest = Uint8Array.from(createHash(issuer.algorithm.hash).update(tbs).digest());
  const token = Object.freeze({ profile, tbs: Uint8Array.from(tbs), digest, issuer });
  unspent.add(token);
  return token;
}

/** Spends the token: one signature, verified under the issuer's public key by node:crypto before anyone sees it. DER. */
export async function issueCertificate(token: CertificateToken, sign: DigestSigner): Promise<Uint8Array> {
  if (!unspent.delete(token)) throw new X509Error('CERTIFICATE_TOKEN_SPENT', { where: token.profile });
  const signature = signatureOrRefusal(token, await sign(token.digest));
  const issuerKey = createPublicKey({ key: Buffer.from(token.issuer.spki), format: 'der', type: 'spki' });
  if (!verifySignature(token.issuer.algorithm, token.tbs, issuerKey, signature)) {
    throw new X509Error('CERTIFICATE_SIGNATURE_REJECTED', { where: token.profile });
  }
  return tlv(0x30, token.tbs, encodeAlgorithm(token.issuer.algorithm), tlv(0x03, Uint8Array.of(0), signature));
}

function signatureOrRefusal({ issuer, profile }: CertificateToken, raw: Uint8Array): Uint8Array {
  try {
    return signatureFromToken(issuer.algorithm, raw);
  } catch (cause) {
    throw new X509Error('CERTIFICATE_SIGNATURE_REJECTED', { where: profile, cause });
  }
}
