/**
 * What the other processes may ask of the signer, over its own unix socket. Each caller has an identity (a token file only
 * it can read) and a short list of what it may ask; what comes back is for one card.
 */
import type { Secret } from '#encoder/bytes';
import type { TransportKeySets } from '#encoder/drivers';

/** `authority`: a person's tool on the plant's own host, and no process that answers anybody. */
export type SignerClientIdentity = 'api' | 'line' | 'inspector' | 'worker' | 'authority';

/** Public material; the signer's private keys stay in its tokens. All certificates DER. */
export interface PublicMaterial {
  /** The CSCA that certifies now. */
  readonly csca: Uint8Array;
  /** Every CSCA under which a card of this plant may verify. */
  readonly cscas: readonly Uint8Array[];
  /** Link certificates between them. */
  readonly links: readonly Uint8Array[];
  /** All that were admitted and whose keys are not destroyed. */
  readonly documentSigners: readonly Uint8Array[];
  readonly crl: Uint8Array;
  /** CV certificate of the CVCA that chips are given as their trust point. */
  readonly cvca: Uint8Array;
  readonly cvcaLinks: readonly Uint8Array[];
  /** Sign manifests (CMS, P-256), one a token. */
  readonly plantSigners: readonly Uint8Array[];
  /** Sign birth certificates (JWS ES256), one a token. */
  readonly birthCertificateSigners: readonly Uint8Array[];
  /** Records are sealed to all of them: anyone may seal, only the signer opens, with any one of its tokens. SPKI DER of P-256 keys. */
  readonly recordKeys: readonly { readonly token: string; readonly publicKey: Uint8Array }[];
}

export interface SignerClient {
  publicMaterial(): Promise<PublicMaterial>;
  /** CMAC of the personal number under a token key: stable per citizen, not enumerable (invariant C1). 32 hex digits. [api] */
  citizenReference(personalNumber: string): Promise<string>;
  /** Opens one record's data key. `context` is what it was sealed for: the order key. [line, inspector, worker] */
  openRecordKey(sealedKey: Uint8Array, context: string): Promise<Secret>;
  /** Of the chip that is bound to this card: the keys of its maker, and those that the plant puts in their place. [line] */
  transportKeys(request: { readonly cardId: string; readonly fence: number; readonly chipId: string }): Promise<TransportKeySets>;
  /** [line] */
  securityObject(request: {
    readonly cardId: string;
    readonly fence: number;
    readonly efCom: Uint8Array;
    readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  }): Promise<Uint8Array>;
  /** The chain of one token's inspection system, current: CVCA links, document verifier, inspection system (CV certificates). [inspector] */
  terminalChain(): Promise<readonly Uint8Array[]>;
  /** ID_IC || r_IC || Comp(PK_DH,IFD), signed by the inspection system with this holder reference: plain r || s. [inspector] */
  signAsTerminal(request: { readonly data: Uint8Array; readonly holder: string }): Promise<Uint8Array>;
  /** Certifies another terminal's key (uncompressed point on the CVCA's curve), for DG3: document verifier, terminal. [authority] */
  certifyTerminal(terminal: { readonly mnemonic: string; readonly point: Uint8Array }): Promise<readonly Uint8Array[]>;
  /** Detached CMS over the manifest's bytes. [worker] */
  signManifest(request: { readonly consignmentId: string; readonly manifest: Uint8Array }): Promise<Uint8Array>;
  /** Compact JWS over the claims. [worker] */
  signBirthCertificate(request: { readonly cardId: string; readonly claims: Readonly<Record<string, unknown>> }): Promise<string>;
  health(): Promise<SignerHealth>;
}

export interface SignerHealth {
  /** `ok` while at least one token does its work, else TOKEN_UNAVAILABLE. */
  readonly token: string;
  /** `ok`, or the code of what is wrong, by token. */
  readonly tokens: Readonly<Record<string, string>>;
  /** What a person must look at. */
  readonly alarms: readonly Alarm[];
}

export interface Alarm {
  /** A token's or the clock's error code, KEY_QUARANTINED, SPARES_NEEDED, CRL_DUE, DOCUMENT_SIGNER_EXHAUSTED, or the verdict of a reconciliation. */
  readonly code: string;
  /** The token, the Document Signer. */
  readonly subject: string;
}
