import { createECDH, randomBytes } from 'node:crypto';
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from '@noble/curves/misc.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { Crypto } from '@peculiar/webcrypto';
import { equalBytes, equalConstantTime, Secret, toHex } from '#encoder/bytes';
import {
  checkValueOf,
  EC_CURVES,
  HsmError,
  keyIdOfPoint,
  publicKeyOfPoint,
  type AesKey,
  type EcCurveName,
  type EcKey,
  type EcKeyRequest,
  type Hsm,
  type HsmObject,
} from '#pki/hsm';

export interface SoftwareHsmOptions {
  /** The PIN that `open` expects. */
  readonly pin: Secret;
  /** Where keys and identifiers come from; node:crypto's generator where none is given. */
  readonly random?: (length: number) => Uint8Array;
}

/** Signing over a digest, which node:crypto does not offer for ECDSA. */
const SIGNERS = {
  'P-256': p256,
  'P-384': p384,
  'P-521': p521,
  brainpoolP256r1,
  brainpoolP384r1,
  brainpoolP512r1,
} as const satisfies Record<EcCurveName, unknown>;

interface StoredEcKey {
  readonly key: EcKey;
  readonly privateKey: Secret;
}

interface StoredAesKey {
  readonly key: AesKey;
  readonly value: Secret;
  readonly local: boolean;
}

/** The port with its keys in this process's memory. Not a token: nothing but the process protects them. */
export class SoftwareHsm implements Hsm {
  readonly #options: SoftwareHsmOptions;
  readonly #ec = new Map<string, StoredEcKey>();
  readonly #aes = new Map<string, StoredAesKey>();
  readonly #webcrypto = new Crypto();
  readonly #signatures = new Map<string, number>();
  #open = false;
  #refusal: HsmError | undefined;

  constructor(options: SoftwareHsmOptions) {
    this.#options = options;
  }

  async open(pin: Secret): Promise<void> {
    await Promise.resolve();
    if (this.#refusal !== undefined) throw this.#refusal;
    if (!equalConstantTime(pin.reveal(), this.#options.pin.reveal())) {
      this.#refusal = new HsmError('HSM_PIN_INCORRECT', { where: 'open' });
      throw this.#refusal;
    }
    this.#open = true;
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.#open = false;
  }

  async generateEcKey(request: EcKeyRequest): Promise<EcKey> {
    await this.#ready();
    const signer = SIGNERS[request.curve];
    const privateKey = Secret.takeOver(
      signer.utils.randomSecretKey(this.#random(signer.lengths.seed ?? 2 * EC_CURVES[request.curve].size)),
    );
    const point = Uint8Array.from(signer.getPublicKey(privateKey.reveal(), false));
    const { label, curve, purpose } = request;
    const key = Object.freeze<EcKey>({ kind: 'ec', keyId: keyIdOfPoint(point), curve, point, purpose, label });
    this.#ec.set(toHex(key.keyId), { key, privateKey });
    return key;
  }

  async findEcKey(wanted: Pick<EcKey, 'keyId' | 'point'>): Promise<EcKey> {
    await this.#ready();
    return this.#storedEc(wanted).key;
  }

  async sign(key: EcKey, digest: Uint8Array): Promise<Uint8Array> {
    const input = Uint8Array.from(digest);
    await this.#ready();
    if (digest.length < 20 || digest.length > 64) throw new HsmError('HSM_INPUT_INVALID', { where: 'sign' });
    const stored = this.#storedEc(key);
    if (stored.key.purpose !== 'sign') throw new HsmError('HSM_KEY_PROTECTED', { where: 'sign' });
    const name = toHex(key.keyId);
    this.#signatures.set(name, this.signaturesOf(key) + 1);
    return Uint8Array.from(SIGNERS[stored.key.curve].sign(input, stored.privateKey.reveal(), { prehash: false, lowS: false }));
  }

  async ecdhDerive(key: EcKey, peerPoint: Uint8Array): Promise<Secret> {
    await this.#ready();
    const stored = this.#storedEc(key);
    if (stored.key.purpose !== 'derive') throw new HsmError('HSM_KEY_PROTECTED', { where: 'ecdhDerive' });
    publicKeyOfPoint(stored.key.curve, peerPoint);
    const ecdh = createECDH(EC_CURVES[stored.key.curve].opensslName);
    ecdh.setPrivateKey(stored.privateKey.reveal());
    return Secret.takeOver(ecdh.computeSecret(peerPoint));
  }

  async generateAesKey(request: { readonly label: string; readonly bits: 128 | 256 }): Promise<AesKey> {
    await this.#ready();
    return this.#storeAes(request.label, Secret.takeOver(this.#random(request.bits / 8)), true);
  }

  async importAesKey(request: { readonly label: string }, value: Secret): Promise<AesKey> {
    await this.#ready();
    if (value.length !== 16 && value.length !== 32) throw new HsmError('HSM_INPUT_INVALID', { where: 'importAesKey' });
    return this.#storeAes(request.label, new Secret(value.reveal()), false);
  }

  async findAesKey(wanted: Pick<AesKey, 'keyId' | 'checkValue'>): Promise<AesKey> {
    await this.#ready();
    return this.#storedAes(wanted).key;
  }

  async cmac(key: AesKey, data: Uint8Array): Promise<Uint8Array> {
    const input = Buffer.from(data);
    await this.#ready();
    if (data.length === 0) throw new HsmError('HSM_INPUT_INVALID', { where: 'cmac' });
    const { value } = this.#storedAes(key);
    const algorithm = { name: 'AES-CMAC', length: 8 * value.length };
    const handle = await this.#webcrypto.subtle.importKey('raw', Buffer.from(value.reveal()), algorithm, false, ['sign']);
    return new Uint8Array(await this.#webcrypto.subtle.sign(algorithm, handle, input));
  }

  async random(length: number): Promise<Uint8Array> {
    await this.#ready();
    return this.#random(length);
  }

  async list(): Promise<readonly HsmObject[]> {
    await this.#ready();
    const kept = { sensitive: true, extractable: false };
    const pairs = [...this.#ec.values()].flatMap(({ key: { keyId, label } }): HsmObject[] => [
      { kind: 'private-key', keyId, label, ...kept, alwaysSensitive: true, neverExtractable: true, local: true },
      { kind: 'public-key', keyId, label, local: true },
    ]);
    const secrets = [...this.#aes.values()].map(({ key: { keyId, label }, local }): HsmObject => ({
      kind: 'secret-key',
      keyId,
      label,
      ...kept,
      alwaysSensitive: local,
      neverExtractable: local,
      local,
    }));
    return [...pairs, ...secrets];
  }

  async destroy(keyId: Uint8Array): Promise<number> {
    await this.#ready();
    const name = toHex(keyId);
    this.#ec.get(name)?.privateKey.destroy();
    this.#aes.get(name)?.value.destroy();
    return (this.#ec.delete(name) ? 2 : 0) + (this.#aes.delete(name) ? 1 : 0);
  }

  /** How often this key has signed: the usage counter that SoftHSM lacks. */
  signaturesOf(key: Pick<EcKey, 'keyId'>): number {
    return this.#signatures.get(toHex(key.keyId)) ?? 0;
  }

  async #ready(): Promise<void> {
    await Promise.resolve();
    if (this.#refusal !== undefined) throw this.#refusal;
    if (!this.#open) throw new HsmError('HSM_NOT_OPEN');
  }

  #random(length: number): Uint8Array {
    return Uint8Array.from(this.#options.random?.(length) ?? randomBytes(length));
  }

  #storedEc(wanted: Pick<EcKey, 'keyId' | 'point'>): StoredEcKey {
    const stored = this.#ec.get(toHex(wanted.keyId));
    if (stored === undefined) throw new HsmError('HSM_KEY_NOT_FOUND');
    if (!equalBytes(stored.key.point, wanted.point)) throw new HsmError('HSM_KEY_MISMATCH');
    return stored;
  }

  #storedAes(wanted: Pick<AesKey, 'keyId' | 'checkValue'>): StoredAesKey {
    const stored = this.#aes.get(toHex(wanted.keyId));
    if (stored === undefined) throw new HsmError('HSM_KEY_NOT_FOUND');
    if (!equalBytes(stored.key.checkValue, wanted.checkValue)) throw new HsmError('HSM_KEY_MISMATCH');
    return stored;
  }

  #storeAes(label: string, value: Secret, local: boolean): AesKey {
    const bits = value.length === 16 ? 128 : 256;
    const key = Object.freeze<AesKey>({ kind: 'aes', keyId: this.#random(20), bits, checkValue: checkValueOf(value), label });
    this.#aes.set(toHex(key.keyId), { key, value, local });
    return key;
  }
}
