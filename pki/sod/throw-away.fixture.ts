import { constants, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { explicitSpki, EC_CURVES, pointOfKey, type EcCurveName } from '#pki/ec';
import {
  addDays,
  addYears,
  cscaCertificate,
  documentSignerCertificate,
  issueCertificate,
  prepareCertificate,
  type CertificateRequest,
  type HashName,
  type IssuingKey,
  type SignatureAlgorithm,
} from '#pki/x509';

/** Key pairs of node:crypto for tests: of every kind, made in a moment, and thrown away with the process. */
export interface ThrowAwayKey {
  readonly algorithm: SignatureAlgorithm;
  /** EC with explicit parameters. */
  readonly spki: Uint8Array;
  /** What a token gives: r || s, or the octets of an RSA signature. */
  sign(message: Uint8Array, algorithm?: SignatureAlgorithm): Uint8Array;
}

export function ecKey(curve: EcCurveName, hash: HashName): ThrowAwayKey {
  const pair = generateKeyPairSync('ec', { namedCurve: EC_CURVES[curve].opensslName });
  const point = pointOfKey(new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })));
  return keyOf({ key: 'ec', hash }, pair.privateKey, explicitSpki(curve, point));
}

export function rsaKey(key: 'rsa' | 'rsa-pss', hash: HashName, modulusLength = 2048): ThrowAwayKey {
  const pair = generateKeyPairSync('rsa', { modulusLength });
  return keyOf({ key, hash }, pair.privateKey, new Uint8Array(pair.publicKey.export({ type: 'spki', format: 'der' })));
}

function keyOf(own: SignatureAlgorithm, privateKey: KeyObject, spki: Uint8Array): ThrowAwayKey {
  return {
    algorithm: own,
    spki,
    sign: (message, { key, hash } = own) => {
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
      const form = key === 'ec' ? { dsaEncoding: 'ieee-p1363' as const } : key === 'rsa-pss' ? pss : {};
      return new Uint8Array(sign(hash, message, { key: privateKey, ...form }));
    },
  };
}

export const ISSUED_AT = new Date('2026-11-21T08:00:00Z');

export interface ThrowAwayPki<K = ThrowAwayKey> {
  readonly csca: Uint8Array;
  readonly cscaKey: ThrowAwayKey;
  readonly documentSigner: Uint8Array;
  readonly key: K;
}

const NAME = { country: 'VN', organization: 'Cardmint Specimen', commonName: 'CSCA SPECIMEN' };
const SHARED = { mrzCountry: 'VNM', crlUrls: ['https://specimen.invalid/VNM.crl'] };

/** A CSCA, and a Document Signer with this key: of ninety days, for cards of 25 years with the document code ID. */
export async function throwAwayPki<K extends Pick<ThrowAwayKey, 'spki'>>(
  key: K,
  cscaKey = ecKey('brainpoolP256r1', 'sha256'),
): Promise<ThrowAwayPki<K>> {
  const issuer: IssuingKey = { name: NAME, spki: cscaKey.spki, algorithm: cscaKey.algorithm };
  const issue = async (request: CertificateRequest) => {
    const token = prepareCertificate(request, issuer);
    return issueCertificate(token, () => Promise.resolve(cscaKey.sign(token.tbs)));
  };
  const root = cscaCertificate({
    subject: NAME,
    serialNumber: serialNumber(),
    spki: cscaKey.spki,
    usage: { notBefore: ISSUED_AT, notAfter: addYears(ISSUED_AT, 5) },
    notAfter: addYears(ISSUED_AT, 31),
    ...SHARED,
  });
  const signer = documentSignerCertificate({
    subject: { ...NAME, commonName: 'DS SPECIMEN 1' },
    serialNumber: serialNumber(),
    spki: key.spki,
    usage: { notBefore: ISSUED_AT, notAfter: addDays(ISSUED_AT, 90) },
    notAfter: addYears(addDays(ISSUED_AT, 90), 25),
    issuerSpki: cscaKey.spki,
    documentTypes: ['ID'],
    ...SHARED,
  });
  return { csca: await issue(root), cscaKey, documentSigner: await issue(signer), key };
}

/** Positive and random. */
function serialNumber(): Uint8Array {
  const bytes = Uint8Array.from(randomBytes(12));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}
