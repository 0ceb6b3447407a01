import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { concat, fromHex } from '#encoder/bytes';
import { CURVES } from '#encoder/lds';
import { derBitString, derInteger, derNull, derOid, derSequence } from '#encoder/tlv';
import { CV_ALGORITHMS } from './cv-certificate-algorithms.ts';
import { CvCertificateError } from './cv-certificate-error.ts';
import type { CvDomainParameters, CvEcPublicKey, CvPublicKey, CvRsaPublicKey } from './cv-certificate-public-key.ts';
import { type CvCertificate, encodeCvCertificateBody } from './cv-certificate.ts';

/**
 * Whether the holder of `issuerKey`, which must carry its domain parameters, signed the certificate (TR-03110-3 §C.1.8).
 * Throws `CvCertificateError` CV_KEY_INVALID when the key itself is not usable.
 */
export function verifyCvSignature(certificate: CvCertificate, issuerKey: CvPublicKey): boolean {
  return verifyByCvKey(issuerKey, encodeCvCertificateBody(certificate.body), certificate.signature);
}

/** A signature over any message, as External Authenticate carries one too. Throws `CvCertificateError` CV_KEY_INVALID. */
export function verifyByCvKey(publicKey: CvPublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const algorithm = CV_ALGORITHMS[publicKey.algorithm];
  if (algorithm?.kind !== publicKey.kind) throw keyInvalid('an algorithm that does not fit the key');
  const { key, signatureBytes } = keyObject(publicKey);
  if (signature.length !== signatureBytes) return false;
  if (algorithm.kind === 'ecdsa') return verify(algorithm.hash, message, { key, dsaEncoding: 'ieee-p1363' }, signature);
  if (algorithm.padding === 'v1.5') return verify(algorithm.hash, message, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  // MGF1 with the same hash and a salt of its length: the default parameters of TR-03110-3 §A.6.3.1.
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return verify(algorithm.hash, message, { key, ...pss }, signature);
}

/** Throws `CvCertificateError` CV_KEY_INVALID: an unknown curve, a point that is not on it, an RSA key of a wrong size or exponent. */
export function checkCvKey(publicKey: CvPublicKey): void {
  keyObject(publicKey);
}

function keyObject(publicKey: CvPublicKey): { readonly key: KeyObject; readonly signatureBytes: number } {
  return publicKey.kind === 'rsa' ? rsaKeyObject(publicKey) : ecKeyObject(publicKey);
}

/** Modulus lengths of TR-03110-3 §A.6.3.2, and 4096. */
const RSA_BITS: readonly number[] = [1024, 1280, 1536, 2048, 3072, 4096];

function rsaKeyObject({ modulus, publicExponent }: CvRsaPublicKey): { key: KeyObject; signatureBytes: number } {
  const bits = modulus.toString(2).length;
  if (!RSA_BITS.includes(bits) || modulus % 2n === 0n) throw keyInvalid(`an RSA modulus of ${bits} bits`);
  if (publicExponent < 3n || publicExponent % 2n === 0n) throw keyInvalid('an RSA exponent that is even or 1');
  const pkcs1 = derSequence(derInteger(modulus), derInteger(publicExponent));
  const key = importSpki(derSequence(derSequence(derOid('1.2.840.113549.1.1.1'), derNull()), derBitString(pkcs1)));
  return { key, signatureBytes: bits / 8 };
}

function ecKeyObject({ domainParameters, publicPoint }: CvEcPublicKey): { key: KeyObject; signatureBytes: number } {
  if (domainParameters === undefined) throw keyInvalid('no domain parameters');
  const curve = CV_CURVES.find((candidate) => isCurve(candidate, domainParameters));
  if (curve === undefined) throw keyInvalid('domain parameters of no known curve');
  if (publicPoint.length !== 1 + 2 * curve.size) throw keyInvalid(`a point of ${publicPoint.length} bytes`);
  const algorithm = derSequence(derOid('1.2.840.10045.2.1'), derOid(curve.oid));
  const key = importSpki(derSequence(algorithm, derBitString(publicPoint)));
  return { key, signatureBytes: 2 * Math.ceil(curve.n.toString(2).length / 8) };
}

function importSpki(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw keyInvalid('refused by the arithmetic, for instance a point that is not on its curve', cause);
  }
}

function keyInvalid(detail: string, cause?: unknown): CvCertificateError {
  return new CvCertificateError('CV_KEY_INVALID', { detail, cause });
}

interface CvCurve {
  readonly oid: string;
  readonly size: number;
  readonly p: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly gx: bigint;
  readonly gy: bigint;
  readonly n: bigint;
}

/**
 * A closed list: parameters out of a certificate are compared with it and never computed with, so that nobody can bring a
 * curve of their own. The curves of Doc 9303-11 table 12 from 224 bits; RFC 5639 §3.3 and §3.5, FIPS 186-4 §D.1.2.2 and §D.1.2.5.
 */
const CV_CURVES: readonly CvCurve[] = [
  ...Object.values(CURVES),
  {
    oid: '1.3.132.0.33', // P-224
    size: 28,
    p: 0xffffffffffffffffffffffffffffffff000000000000000000000001n,
    a: 0xfffffffffffffffffffffffffffffffefffffffffffffffffffffffen,
    b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
    gx: 0xb70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21n,
    gy: 0xbd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34n,
    n: 0xffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3dn,
  },
  {
    oid: '1.3.36.3.3.2.8.1.1.5', // brainpoolP224r1
    size: 28,
    p: 0xd7c134aa264366862a18302575d1d787b09f075797da89f57ec8c0ffn,
    a: 0x68a5e62ca9ce6c1c299803a6c1530b514e182ad8b0042a59cad29f43n,
    b: 0x2580f63ccfe44138870713b1a92369e33e2135d266dbb372386c400bn,
    gx: 0x0d9029ad2c7e5cf4340823b2a87dc68c9e4ce3174c1e6efdee12c07dn,
    gy: 0x58aa56f772c0726f24c6b89e4ecdac24354b9e99caa3f6d3761402cdn,
    n: 0xd7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939fn,
  },
  {
    oid: '1.3.36.3.3.2.8.1.1.9', // brainpoolP320r1
    size: 40,
    p: 0xd35e472036bc4fb7e13c785ed201e065f98fcfa6f6f40def4f92b9ec7893ec28fcd412b1f1b32e27n,
    a: 0x3ee30b568fbab0f883ccebd46d3f3bb8a2a73513f5eb79da66190eb085ffa9f492f375a97d860eb4n,
    b: 0x520883949dfdbc42d3ad198640688a6fe13f41349554b49acc31dccd884539816f5eb4ac8fb1f1a6n,
    gx: 0x43bd7e9afb53d8b85289bcc48ee5bfe6f20137d10a087eb6e7871e2a10a599c710af8d0d39e20611n,
    gy: 0x14fdd05545ec1cc8ab4093247f77275e0743ffed117182eaa9c77877aaac6ac7d35245d1692e8ee1n,
    n: 0xd35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311n,
  },
  {
    oid: '1.3.132.0.35', // P-521
    size: 66,
    p: 2n ** 521n - 1n,
    a: 2n ** 521n - 4n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    gx: 0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
    gy: 0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
    n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
];

/** All of it, the base point included: with one of its own choice anybody could sign for a key (CVE-2020-0601). */
function isCurve(curve: CvCurve, domain: CvDomainParameters): boolean {
  const { p, a, b, order, cofactor = 1n, basePoint } = domain;
  const same = p === curve.p && a === curve.a && b === curve.b && order === curve.n && cofactor === 1n;
  return same && Buffer.compare(basePoint, pointBytes(curve)) === 0;
}

function pointBytes({ gx, gy, size }: CvCurve): Uint8Array {
  const coordinate = (value: bigint) => fromHex(value.toString(16).padStart(2 * size, '0'));
  return concat(Uint8Array.of(0x04), coordinate(gx), coordinate(gy));
}
