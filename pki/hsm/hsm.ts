import type { Secret } from '#encoder/bytes';
import type { EcCurveName } from '#pki/ec';

/** A key signs or agrees, never both: a DS key that could be used for ECDH would have uses that no intent records. */
export type EcKeyPurpose = 'sign' | 'derive';

/**
 * A key pair in the token. The pair (key identifier, public point) is what a key *is*: every operation finds the private
 * half by `keyId`, and refuses it when the public half in the token is not this point. The label is for people.
 */
export interface EcKey {
  readonly kind: 'ec';
  /** CKA_ID = SHA-1 of the public point, the value of the X.509 subject key identifier (RFC 5280 §4.2.1.2, method 1). */
  readonly keyId: Uint8Array;
  readonly curve: EcCurveName;
  /** Uncompressed: 04 || x || y. */
  readonly point: Uint8Array;
  readonly purpose: EcKeyPurpose;
  readonly label: string;
}

export type RsaBits = 2048 | 3072 | 4096;

/** A key signs or unwraps, never both; neither decrypts: what it unwraps stays in the token. */
export type RsaKeyPurpose = 'sign' | 'unwrap';

/** An RSA pair in the token, public exponent 65537. As with `EcKey`, (key identifier, public half) is what the key is. */
export interface RsaKey {
  readonly kind: 'rsa';
  /** CKA_ID = SHA-1 of `publicKey`, the value of the X.509 subject key identifier (RFC 5280 §4.2.1.2, method 1). */
  readonly keyId: Uint8Array;
  readonly bits: RsaBits;
  /** RSAPublicKey in DER (RFC 8017 A.1.1). */
  readonly publicKey: Uint8Array;
  readonly purpose: RsaKeyPurpose;
  readonly label: string;
}

export type SigningKey = EcKey | RsaKey;

/** RSASSA-PKCS1-v1_5 or RSASSA-PSS (RFC 8017 §8); PSS with MGF1 over the same hash and a salt as long as the hash. */
export interface RsaScheme {
  readonly padding: 'pkcs1' | 'pss';
  readonly hash: 'sha256' | 'sha384' | 'sha512';
}

/** A secret AES key in the token; `checkValue` plays the part of the public point: an identifier with another key behind it is refused. */
export interface AesKey {
  readonly kind: 'aes';
  readonly keyId: Uint8Array;
  readonly bits: 128 | 256;
  /** CKA_CHECK_VALUE: the first three bytes of AES-ECB over a zero block (PKCS#11 v2.40 §4.10.2). */
  readonly checkValue: Uint8Array;
  readonly label: string;
}

export type HsmObjectKind = 'private-key' | 'public-key' | 'secret-key' | 'other';

export interface HsmObject {
  readonly kind: HsmObjectKind;
  readonly keyId: Uint8Array;
  readonly label: string;
  /** Undefined where the kind of object has no such attribute. */
  readonly sensitive?: boolean;
  readonly extractable?: boolean;
  readonly alwaysSensitive?: boolean;
  readonly neverExtractable?: boolean;
  /** Generated on this token, not imported. */
  readonly local?: boolean;
}

export interface EcKeyRequest {
  readonly label: string;
  readonly curve: EcCurveName;
  readonly purpose: EcKeyPurpose;
}

export interface RsaKeyRequest {
  readonly label: string;
  readonly bits: RsaBits;
  readonly purpose: RsaKeyPurpose;
}

/** `software` keeps its keys in a process: a plant refuses it. `hosted` stands for a token in another process. */
export type HsmKind = 'pkcs11' | 'software' | 'hosted';

/**
 * The token, as Cardmint uses it. Every method throws `HsmError` only; `REMEDY` says whether the same call may be made again.
 * Implementations pass `hsm.conformance.ts`. Calls may overlap: an implementation serialises what its token cannot do at once.
 *
 * Wrapping and unwrapping, as they are divided here. Data keys (a record's key) are wrapped by anybody who has a token's public
 * point, in `#pki/sealed-box`, and unwrapped with `ecdhDerive`: the token agrees on the key that opens the box, and the data key
 * never becomes an object of the token. Token keys (the chip maker's transport master) are wrapped by whoever holds them with
 * `wrapForToken`, and `unwrapAesKey` makes them objects of the token without their value ever being outside it. No key of a token is
 * wrapped to leave it.
 */
export interface Hsm {
  readonly kind: HsmKind;

  /** Logs in, once. A wrong PIN latches: no later call reaches the token again, so that no loop can lock or erase it. */
  open(pin: Secret): Promise<void>;
  close(): Promise<void>;

  /** On the token, sensitive, not extractable; its halves are proven to belong together before it is returned. */
  generateEcKey(request: EcKeyRequest): Promise<EcKey>;
  /** Exactly one pair with this identifier, whose public half is `point`. */
  findEcKey(wanted: Pick<EcKey, 'keyId' | 'point'>): Promise<EcKey>;
  /** As `generateEcKey`; may take many seconds. */
  generateRsaKey(request: RsaKeyRequest): Promise<RsaKey>;
  /** Exactly one pair with this identifier, whose public half is `publicKey`. */
  findRsaKey(wanted: Pick<RsaKey, 'keyId' | 'publicKey'>): Promise<RsaKey>;
  /**
   * ECDSA over a digest of 20 to 64 bytes: r || s, each as long as the group order. RSA by `scheme`, which an RSA key needs and an EC key
   * must not have, over a digest of its hash: octets as long as the modulus. The caller verifies it in another library.
   */
  sign(key: SigningKey, digest: Uint8Array, scheme?: RsaScheme): Promise<Uint8Array>;
  /** In the token, with the public half that it keeps; a signature of another form or length is `false`. */
  verify(key: SigningKey, digest: Uint8Array, signature: Uint8Array, scheme?: RsaScheme): Promise<boolean>;
  /** How often the private key was used, where the token counts; undefined where it does not (SoftHSM). */
  signaturesOf(key: Pick<SigningKey, 'keyId'>): Promise<number | undefined>;
  /** ECDH with the other side's uncompressed point: the x coordinate, as long as a field element. */
  ecdhDerive(key: EcKey, peerPoint: Uint8Array): Promise<Secret>;

  generateAesKey(request: { readonly label: string; readonly bits: 128 | 256 }): Promise<AesKey>;
  /**
   * What `wrapForToken` made under an RSA key made for unwrapping becomes a key that signs (CMAC) and does nothing else; sensitive and not
   * extractable. Its identifier comes from its value (`keyIdOfUnwrapped`), the same in every token; when it is there already, it is
   * returned. Anything but 16 or 32 bytes under OAEP is `HSM_INPUT_INVALID`.
   */
  unwrapAesKey(request: { readonly label: string }, under: RsaKey, wrapped: Uint8Array): Promise<AesKey>;
  findAesKey(wanted: Pick<AesKey, 'keyId' | 'checkValue'>): Promise<AesKey>;
  /** AES-CMAC (SP 800-38B), 16 bytes, over one byte or more. */
  cmac(key: AesKey, data: Uint8Array): Promise<Uint8Array>;

  random(length: number): Promise<Uint8Array>;
  list(): Promise<readonly HsmObject[]>;
  /** Every object with this identifier; returns how many there were. Afterwards `find…` says HSM_KEY_NOT_FOUND. */
  destroy(keyId: Uint8Array): Promise<number>;
}
