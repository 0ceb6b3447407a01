import type { Secret } from '#encoder/bytes';
import type { CvKey } from '#pki/cvca';
import type { PublicMaterial } from './contract.ts';

/**
 * The token as this room sees it: operations with keys that never leave it, by what they are for. `production/bin/signer`
 * builds one over an `Hsm`; tests build one over the software HSM.
 */
export interface SignerToken {
  readonly material: PublicMaterial;
  /** The Document Signer in use now, one of `material.documentSigners`. */
  readonly documentSigner: Uint8Array;
  /** Whom the CVCA has certified, and for how long: Terminal Authentication. */
  readonly extendedAccess: {
    readonly country: string;
    readonly documentVerifier: TerminalHolder;
    readonly inspectionSystem: TerminalHolder;
  };
  /** Raw r || s over a digest. */
  sign(as: SigningKeyName, digest: Uint8Array): Promise<Uint8Array>;
  /** AES-CMAC under the citizen-reference key or the transport master key. */
  cmac(under: 'citizenReference' | 'transportMaster', data: Uint8Array): Promise<Uint8Array>;
  /** ECDH of the record key with a peer's uncompressed point: the shared x-coordinate. */
  agree(peerPoint: Uint8Array): Promise<Secret>;
  /** Touches session, login and key store without signing anything; throws when the token does not do its work. */
  proveAlive(): Promise<void>;
}

export type SigningKeyName = 'documentSigner' | 'plantSigner' | 'birthCertificateSigner' | 'cvca' | 'documentVerifier' | 'inspectionSystem';

export interface TerminalHolder {
  readonly mnemonic: string;
  readonly days: number;
  readonly key: CvKey;
}
