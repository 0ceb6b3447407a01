import { constants, createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { EC_CURVES, pointOfKey, type EcCurveName } from '#pki/ec';
import { subjectPublicKeyInfo, type DigestSigner, type SignatureAlgorithm, type SubjectKey } from '#pki/x509';

/** A throw-away key of any algorithm, made and used by OpenSSL in this process. */
export interface SoftwareKey {
  readonly algorithm: SignatureAlgorithm;
  readonly subject: SubjectKey;
  /** Explicit parameters where it is an EC key. */
  readonly spki: Uint8Array;
  readonly publicKey: KeyObject;
  /** What a token would return for this message's digest: r || s, or the octets of an RSA signature. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** The callback that issues a prepared token over this message; it looks at the digest only to see that it is the message's. */
  readonly signerOf: (message: Uint8Array) => DigestSigner;
}

/** `size` is a curve, or the bits of a modulus. */
export function softwareKey(algorithm: SignatureAlgorithm, size: EcCurveName | number = 'P-256'): SoftwareKey {
  const { privateKey, publicKey } =
    typeof size === 'number'
      ? generateKeyPairSync('rsa', { modulusLength: size })
      : generateKeyPairSync('ec', { namedCurve: EC_CURVES[size].opensslName });
  const encoded = pointOfKey(Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' })));
  const subject: SubjectKey = typeof size === 'number' ? { kind: 'rsa', publicKey: encoded } : { kind: 'ec', curve: size, point: encoded };
  const digestOf = (message: Uint8Array) => createHash(algorithm.hash).update(message).digest();
  const pss =
    algorithm.key === 'rsa-pss'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digestOf(new Uint8Array()).length }
      : { dsaEncoding: 'ieee-p1363' as const };
  const signMessage = (message: Uint8Array) => Uint8Array.from(sign(algorithm.hash, message, { key: privateKey, ...pss }));
  return {
    algorithm,
    subject,
    spki: subjectPublicKeyInfo(subject),
    publicKey,
    sign: signMessage,
    signerOf: (message) => (digest) => {
      if (!digestOf(message).equals(digest)) throw new RangeError('the digest of another message');
      return Promise.resolve(signMessage(message));
    },
  };
}
