import { bytesToInteger } from '#encoder/bytes';
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  CV_ALGORITHMS,
  CV_TERMINAL_TYPES,
  type CvCertificate,
  type CvCertificateBody,
  encodeCvCertificateBody,
  type CvDomainParameters,
  type CvPublicKey,
} from '#encoder/cv-certificate';

/** Certificate issuers for tests: keys that last as long as the process. */
export const ECDSA_SHA256 = '0.4.0.127.0.7.2.2.2.2.3';
export const ECDSA_SHA384 = '0.4.0.127.0.7.2.2.2.2.4';
export const PSS_SHA256 = '0.4.0.127.0.7.2.2.2.1.4';

export interface Pair {
  readonly publicKey: CvPublicKey;
  readonly privateKey: KeyObject;
}

export interface Issue {
  readonly chr: string;
  readonly car: string;
  readonly rights: number;
  readonly from?: string;
  readonly to?: string;
}

export function issue(issuer: Pair, holder: Pair, { chr, car, rights, from = '2026-01-01', to = '2027-12-31' }: Issue): CvCertificate {
  const body: CvCertificateBody = {
    profileIdentifier: 0,
    certificationAuthorityReference: car,
    publicKey: holder.publicKey,
    certificateHolderReference: chr,
    holderAuthorization: { terminalType: CV_TERMINAL_TYPES.inspectionSystem, relativeAuthorization: Uint8Array.of(rights) },
    effectiveDate: from,
    expirationDate: to,
  };
  return { body, signature: signBy(issuer, encodeCvCertificateBody(body)) };
}

export function signBy({ publicKey, privateKey: key }: Pair, message: Uint8Array): Uint8Array {
  const algorithm = CV_ALGORITHMS[publicKey.algorithm];
  if (algorithm === undefined) throw new Error('no such algorithm');
  if (algorithm.kind === 'ecdsa') return new Uint8Array(sign(algorithm.hash, message, { key, dsaEncoding: 'ieee-p1363' }));
  const padding =
    algorithm.padding === 'pss'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { padding: constants.RSA_PKCS1_PADDING };
  return new Uint8Array(sign(algorithm.hash, message, { key, ...padding }));
}

export function ecPair(namedCurve: string, domainParameters?: CvDomainParameters, algorithm = ECDSA_SHA256): Pair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const publicPoint = new Uint8Array(spki.subarray(namedCurve === 'secp384r1' ? -97 : -65));
  const domain = domainParameters === undefined ? {} : { domainParameters };
  return { publicKey: { kind: 'ecdsa', algorithm, publicPoint, ...domain }, privateKey };
}

export function rsaPair(algorithm: string): Pair {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1280 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const integer = (text: string) => bytesToInteger(Uint8Array.from(Buffer.from(text, 'base64url')));
  return { publicKey: { kind: 'rsa', algorithm, modulus: integer(n), publicExponent: integer(e) }, privateKey };
}
