import { createHash } from 'node:crypto';
import { fromBER, Integer } from 'asn1js';
import {
  AlgorithmIdentifier,
  CertificateRevocationList,
  Extensions,
  RevokedCertificate as PkijsRevoked,
  Time,
  TimeType,
  type Extension,
} from 'pkijs';
import { tlv } from '#encoder/tlv';
import {
  authorityKeyIdentifierExtension,
  encodeAlgorithm,
  encodedExtension,
  OID,
  parsedName,
  signatureFromToken,
  verifySignature,
  type Certificate,
  type DigestSigner,
  type SignatureAlgorithm,
} from '#pki/x509';
import { CrlError } from './crl-error.ts';
import { parseTbs, type RevokedCertificate } from './crl.ts';
import { lintCrl } from './lint/lint.ts';

export interface CrlRequest {
  readonly csca: Certificate;
  readonly algorithm: SignatureAlgorithm;
  /** Non-negative and higher than on the list before. */
  readonly number: number | bigint;
  readonly thisUpdate: Date;
  /** At most 90 days later (Doc 9303-12 §4.1.5). */
  readonly nextUpdate: Date;
  readonly revoked: readonly RevokedCertificate[];
}

export interface CrlToken {
  readonly tbs: Uint8Array;
  readonly digest: Uint8Array;
  readonly csca: Certificate;
  readonly algorithm: SignatureAlgorithm;
}

/** pkijs keeps the to-be-signed part to itself, because it expects to sign it. */
class ListToBeSigned extends CertificateRevocationList {
  der(): Uint8Array {
    return new Uint8Array(this.encodeTBS().toBER());
  }
}

const unspent = new WeakSet<CrlToken>();

/** Builds and lints the list; signs nothing. With nothing revoked the field is absent (Doc 9303-12 Table 9). */
export function prepareCrl(request: CrlRequest): CrlToken {
  const time = (at: Date) =>
    new Time({
      type: at.getUTCFullYear() < 2050 ? TimeType.UTCTime : TimeType.GeneralizedTime,
      value: new Date(Math.floor(at.getTime() / 1000) * 1000),
    });
  const entries = request.revoked.map(
    ({ serialNumber, revokedAt }) =>
      new PkijsRevoked({
        userCertificate: new Integer({ valueHex: Uint8Array.from(serialNumber).buffer }),
        revocationDate: time(revokedAt),
      }),
  );
  const extensions: Extension[] = [
    authorityKeyIdentifierExtension(request.csca.spki),
    encodedExtension(OID.cRLNumber, false, Integer.fromBigInt(BigInt(request.number))),
  ];
  const list = new ListToBeSigned({
    version: 1,
    signature: new AlgorithmIdentifier({ schema: fromBER(Uint8Array.from(encodeAlgorithm(request.algorithm)).buffer).result }),
    issuer: parsedName(request.csca.subject),
    thisUpdate: time(request.thisUpdate),
    nextUpdate: time(request.nextUpdate),
    ...(entries.length === 0 ? {} : { revokedCertificates: entries }),
    crlExtensions: new Extensions({ extensions }),
  });
  return crlTokenOf(list.der(), request.csca, request.algorithm);
}

/** A token for bytes that were prepared before; it passes the same lint again. */
export function crlTokenOf(tbs: Uint8Array, csca: Certificate, algorithm: SignatureAlgorithm): CrlToken {
  const findings = lintCrl(parseTbs(tbs, encodeAlgorithm(algorithm)), csca);
  if (findings.length > 0) throw new CrlError('CRL_LINT', { detail: findings.map(({ rule }) => rule).join(', ') });
  const digest = Uint8Array.from(createHash(algorithm.hash).update(tbs).digest());
  const token = Object.freeze({ tbs: Uint8Array.from(tbs), digest, csca, algorithm });
  unspent.add(token);
  return token;
}

/** Spends the token: one signature, verified under the CSCA's public key before anyone sees it. DER. */
export async function issueCrl(token: CrlToken, sign: DigestSigner): Promise<Uint8Array> {
  if (!unspent.delete(token)) throw new CrlError('CRL_TOKEN_SPENT');
  const signature = signatureOrRefusal(token.algorithm, await sign(token.digest));
  if (!verifySignature(token.algorithm, token.tbs, token.csca.publicKey, signature)) throw new CrlError('CRL_SIGNATURE_REJECTED');
  return tlv(0x30, token.tbs, encodeAlgorithm(token.algorithm), tlv(0x03, Uint8Array.of(0), signature));
}

function signatureOrRefusal(algorithm: SignatureAlgorithm, raw: Uint8Array): Uint8Array {
  try {
    return signatureFromToken(algorithm, raw);
  } catch (cause) {
    throw new CrlError('CRL_SIGNATURE_REJECTED', { cause });
  }
}
