import type { Secret } from '#encoder/bytes';
import type { CvKey } from '#pki/cvca';
import type { SignatureAlgorithm } from '#pki/x509';

/**
 * One token as this room sees it: operations with keys that never leave it, by what they are for. `production/bin/line-token`
 * builds one over an `Hsm`. A plant has several, each with keys of its own; what must come out the same from each of them (citizen
 * references, transport keys) is made under keys that are the same in all.
 */
export interface SignerToken {
  /** `a`, `b`: part of what is stored about its keys. */
  readonly name: string;
  readonly material: {
    readonly plantSigner: Uint8Array;
    readonly birthCertificateSigner: Uint8Array;
    /** SubjectPublicKeyInfo of the key that opens records. */
    readonly recordKey: Uint8Array;
    /** CV certificate, by a ceremony: the CVCA is in no token of a line. */
    readonly documentVerifier: Uint8Array;
  };
  /** Whom its document verifier certifies, and for how many days: Terminal Authentication. */
  readonly extendedAccess: {
    readonly country: string;
    readonly inspectionSystem: { readonly mnemonic: string; readonly days: number; readonly key: CvKey };
  };
  /** Raw r || s over a digest. */
  sign(as: SigningKeyName, digest: Uint8Array): Promise<Uint8Array>;
  /**
   * Signs with a Document Signer: the key is found by its identifier, and must be the one of the certificate. An RSA key needs the algorithm, whose
   * padding its certificate does not tell.
   */
  signDocument(signer: DocumentSignerKey, digest: Uint8Array, algorithm?: SignatureAlgorithm): Promise<Uint8Array>;
  /** A new key pair for a Document Signer, made in the token. */
  makeDocumentSignerKey(request: { readonly label: string }): Promise<{ readonly keyId: Uint8Array; readonly spki: Uint8Array }>;
  /** Signs with a key that has no certificate yet: its certificate request. */
  signRequest(key: { readonly keyId: Uint8Array; readonly spki: Uint8Array }, digest: Uint8Array): Promise<Uint8Array>;
  /** Every object with this identifier; returns how many there were. */
  destroyKey(keyId: Uint8Array): Promise<number>;
  /** Its usage counter; undefined where the token has none. */
  signaturesOf(key: DocumentSignerKey): Promise<number | undefined>;
  /** AES-CMAC. */
  cmac(under: 'citizenReference' | 'transportMaster' | 'plantMaster', data: Uint8Array): Promise<Uint8Array>;
  /** ECDH of the record key with a peer's uncompressed point: the shared x-coordinate. */
  agree(peerPoint: Uint8Array): Promise<Secret>;
  /** Touches session, login and key store without signing anything; throws when the token does not do its work. */
  proveAlive(): Promise<void>;
}

export interface DocumentSignerKey {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly keyId: Uint8Array;
}

export type SigningKeyName = 'plantSigner' | 'birthCertificateSigner' | 'documentVerifier' | 'inspectionSystem';
