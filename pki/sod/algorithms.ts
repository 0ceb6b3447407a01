import { decodeSubjectPublicKeyInfo, type LdsSecurityObject } from '#encoder/lds';
import type { SignerIdentifierForm } from '#pki/cms';
import type { Certificate, HashName, SignatureAlgorithm } from '#pki/x509';

export type SodDigest = Exclude<LdsSecurityObject['hashAlgorithm'], 'SHA-1'>;

/** What EF.SOD is made with: `algorithms.sod` of a card profile. */
export interface SodAlgorithms {
  /** LDSSecurityObject v0 (LDS 1.7), or v1, which repeats the versions of EF.COM (LDS 1.8). */
  readonly objectVersion: 0 | 1;
  /** Of the data groups. */
  readonly digest: SodDigest;
  readonly digestParameters: 'absent' | 'null';
  /** By the Document Signer; its digest is also that of the content and of the signed attributes. */
  readonly signature:
    | { readonly kind: 'ecdsa'; readonly curve: string; readonly digest: SodDigest }
    | { readonly kind: 'rsassa-pss' | 'rsassa-pkcs1-v1_5'; readonly bits: number; readonly digest: SodDigest };
  /** By issuer and serial number where nothing is said, as Doc 9303-10 table 37 recommends. */
  readonly signerIdentifier?: SignerIdentifierForm;
}

/** Doc 9303-12 §4.4: "the only permitted hashing algorithms". */
export const HASH_OF = {
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
} as const satisfies Record<SodDigest, HashName>;

const KEY_OF = {
  ecdsa: 'ec',
  'rsassa-pss': 'rsa-pss',
  'rsassa-pkcs1-v1_5': 'rsa',
} as const satisfies Record<SodAlgorithms['signature']['kind'], SignatureAlgorithm['key']>;

export function signatureAlgorithmOf({ signature }: SodAlgorithms): SignatureAlgorithm {
  return { key: KEY_OF[signature.kind], hash: HASH_OF[signature.digest] };
}

/** SHA-256 throughout on whatever key the certificate has: what a caller without a card profile gets. */
export function usualAlgorithms(certificate: Certificate, objectVersion: 0 | 1): SodAlgorithms {
  const { publicKey } = certificate;
  const digest = 'SHA-256';
  const common = { objectVersion, digest, digestParameters: 'absent' } as const;
  if (publicKey.asymmetricKeyType === 'ec') return { ...common, signature: { kind: 'ecdsa', curve: curveOf(certificate) ?? '', digest } };
  const kind = publicKey.asymmetricKeyType === 'rsa-pss' ? 'rsassa-pss' : 'rsassa-pkcs1-v1_5';
  return { ...common, signature: { kind, bits: publicKey.asymmetricKeyDetails?.modulusLength ?? 0, digest } };
}

/** Whether the Document Signer's key is of the kind, on the curve or of the size that the profile names. */
export function isKeyOf({ signature }: SodAlgorithms, certificate: Certificate): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  if (signature.kind === 'ecdsa') return type === 'ec' && curveOf(certificate) === signature.curve;
  const kind = type === 'rsa' || (type === 'rsa-pss' && signature.kind === 'rsassa-pss');
  return kind && details?.modulusLength === signature.bits;
}

const curves = new WeakMap<Certificate, string | undefined>();

/** The curve of an EC key, named or spelled out; undefined for one that no profile knows. Read once a certificate: the point is checked. */
function curveOf(certificate: Certificate): string | undefined {
  if (!curves.has(certificate)) curves.set(certificate, readCurve(certificate.spki));
  return curves.get(certificate);
}

function readCurve(spki: Uint8Array): string | undefined {
  try {
    const key = decodeSubjectPublicKeyInfo(spki);
    return key.kind === 'ec' ? key.curve : undefined;
  } catch {
    return undefined;
  }
}
