import { createECDH, randomBytes } from 'node:crypto';
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from '@noble/curves/misc.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { Crypto } from '@peculiar/webcrypto';
import { equalBytes, equalConstantTime, Secret, toHex } from '#encoder/bytes';
import {
  assertSignable,
  checkValueOf,
  EC_CURVES,
  HsmError,
  IDENTIFYING_DATA,
  keyIdOfPublicKey,
  keyIdOfUnwrapped,
  publicKeyOfPoint,
  type AesKey,
  type EcCurveName,
  type EcKey,
  type EcKeyRequest,
  type Hsm,
  type HsmObject,
  type RsaKey,
  type RsaKeyRequest,
  type RsaScheme,
  type SigningKey,
} from '#pki/hsm';
import { makeRsaKey, signRsa, unwrapRsa, verifyRsa, type StoredRsaKey } from './software-rsa.ts';

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

interface Signer {
  readonly purpose: string;
  sign(digest: Uint8Array, scheme: RsaScheme | undefined): Uint8Array;
  verify(digest: Uint8Array, signature: Uint8Array, scheme: RsaScheme | undefined): boolean;
}

function ecSigner({ key, privateKey }: StoredEcKey): Signer {
  const curve = SIGNERS[key.curve];
  return {
    purpose: key.purpose,
    sign: (digest) => Uint8Array.from(curve.sign(digest, privateKey.reveal(), { prehash: false, lowS: false })),
    verify: (digest, signature) =>
      signature.length === 2 * EC_CURVES[key.curve].size && curve.verify(signature, digest, key.point, { prehash: false, lowS: false }),
  };
}

function rsaSigner(stored: StoredRsaKey): Signer {
  const scheme = (given: RsaScheme | undefined): RsaScheme => {
    if (given === undefined) throw new HsmError('HSM_INPUT_INVALID', { where: 'scheme' });
    return given;
  };
  return {
    purpose: stored.key.purpose,
    sign: (digest, given) => signRsa(stored, digest, scheme(given)),
    verify: (digest, signature, given) => verifyRsa(stored, digest, signature, scheme(given)),
  };
}

interface StoredAesKey {
  readonly key: AesKey;
  readonly value: Secret;
  readonly local: boolean;
}

/** The port with its keys in this process's memory. Not a token: nothing but the process protects them. */
export class SoftwareHsm implements Hsm {
  readonly kind = 'software';
  readonly #options: SoftwareHsmOptions;
  readonly #ec = new Map<string, StoredEcKey>();
  readonly #rsa = new Map<string, StoredRsaKey>();
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
    const key = Object.freeze<EcKey>({ kind: 'ec', keyId: keyIdOfPublicKey(point), curve, point, purpose, label });
    this.#ec.set(toHex(key.keyId), { key, privateKey });
    return key;
  }

  async findEcKey(wanted: Pick<EcKey, 'keyId' | 'point'>): Promise<EcKey> {
    await this.#ready();
    return this.#storedEc(wanted).key;
  }

  async generateRsaKey(request: RsaKeyRequest): Promise<RsaKey> {
    await this.#ready();
    const stored = await makeRsaKey(request);
    this.#rsa.set(toHex(stored.key.keyId), stored);
    return stored.key;
  }

  async findRsaKey(wanted: Pick<RsaKey, 'keyId' | 'publicKey'>): Promise<RsaKey> {
    await this.#ready();
    return this.#storedRsa(wanted).key;
  }

  async sign(key: SigningKey, digest: Uint8Array, scheme?: RsaScheme): Promise<Uint8Array> {
    assertSignable(key, digest, scheme);
    const input = Uint8Array.from(digest);
    await this.#ready();
    const signer = this.#signer(key, 'sign');
    const name = toHex(key.keyId);
    this.#signatures.set(name, (this.#signatures.get(name) ?? 0) + 1);
    return signer.sign(input, scheme);
  }

  async verify(key: SigningKey, digest: Uint8Array, signature: Uint8Array, scheme?: RsaScheme): Promise<boolean> {
    assertSignable(key, digest, scheme);
    const [input, octets] = [Uint8Array.from(digest), Uint8Array.from(signature)];
    await this.#ready();
    return this.#signer(key, 'verify').verify(input, octets, scheme);
  }

  /** It counts, as SoftHSM does not: reconciliation finds a rogue signature with it. */
  async signaturesOf(key: Pick<SigningKey, 'keyId'>): Promise<number> {
    await this.#ready();
    return this.#signatures.get(toHex(key.keyId)) ?? 0;
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
    return this.#storeAes(request.label, Secret.takeOver(this.#random(request.bits / 8)), { local: true });
  }

  async unwrapAesKey(request: { readonly label: string }, under: RsaKey, wrapped: Uint8Array): Promise<AesKey> {
    const blob = Uint8Array.from(wrapped);
    await this.#ready();
    const stored = this.#storedRsa(under);
    if (stored.key.purpose !== 'unwrap') throw new HsmError('HSM_KEY_PROTECTED', { where: 'unwrapAesKey' });
    const value = unwrapRsa(stored, blob);
    if (value?.length !== 16 && value?.length !== 32) throw new HsmError('HSM_INPUT_INVALID', { where: 'unwrapAesKey' });
    const mac = await this.#cmacOf(value, IDENTIFYING_DATA);
    const keyId = keyIdOfUnwrapped(mac, checkValueOf(value), value.length === 16 ? 128 : 256);
    return this.#aes.get(toHex(keyId))?.key ?? this.#storeAes(request.label, value, { keyId, local: false });
  }

  async findAesKey(wanted: Pick<AesKey, 'keyId' | 'checkValue'>): Promise<AesKey> {
    await this.#ready();
    return this.#storedAes(wanted).key;
  }

  async cmac(key: AesKey, data: Uint8Array): Promise<Uint8Array> {
    const input = Buffer.from(data);
    await this.#ready();
    if (data.length === 0) throw new HsmError('HSM_INPUT_INVALID', { where: 'cmac' });
    return this.#cmacOf(this.#storedAes(key).value, input);
  }

  async random(length: number): Promise<Uint8Array> {
    await this.#ready();
    return this.#random(length);
  }

  async list(): Promise<readonly HsmObject[]> {
    await this.#ready();
    const kept = { sensitive: true, extractable: false };
    const pairs = [...this.#ec.values(), ...this.#rsa.values()].flatMap(({ key: { keyId, label } }): HsmObject[] => [
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
    const pairs = [this.#ec.delete(name), this.#rsa.delete(name)].filter(Boolean).length;
    return 2 * pairs + (this.#aes.delete(name) ? 1 : 0);
  }

  async #ready(): Promise<void> {
    await Promise.resolve();
    if (this.#refusal !== undefined) throw this.#refusal;
    if (!this.#open) throw new HsmError('HSM_NOT_OPEN');
  }

  #random(length: number): Uint8Array {
    return Uint8Array.from(this.#options.random?.(length) ?? randomBytes(length));
  }

  /** The key, found and made for signing, as what it does: ECDSA with noble, RSA with OpenSSL. */
  #signer(key: SigningKey, where: string): Signer {
    const signer = key.kind === 'ec' ? ecSigner(this.#storedEc(key)) : rsaSigner(this.#storedRsa(key));
    if (signer.purpose !== 'sign') throw new HsmError('HSM_KEY_PROTECTED', { where });
    return signer;
  }

  #storedEc(wanted: Pick<EcKey, 'keyId' | 'point'>): StoredEcKey {
    const stored = this.#ec.get(toHex(wanted.keyId));
    if (stored === undefined) throw new HsmError('HSM_KEY_NOT_FOUND');
    if (!equalBytes(stored.key.point, wanted.point)) throw new HsmError('HSM_KEY_MISMATCH');
    return stored;
  }

  #storedRsa(wanted: Pick<RsaKey, 'keyId' | 'publicKey'>): StoredRsaKey {
    const stored = this.#rsa.get(toHex(wanted.keyId));
    if (stored === undefined) throw new HsmError('HSM_KEY_NOT_FOUND');
    if (!equalBytes(stored.key.publicKey, wanted.publicKey)) throw new HsmError('HSM_KEY_MISMATCH');
    return stored;
  }

  #storedAes(wanted: Pick<AesKey, 'keyId' | 'checkValue'>): StoredAesKey {
    const stored = this.#aes.get(toHex(wanted.keyId));
    if (stored === undefined) throw new HsmError('HSM_KEY_NOT_FOUND');
    if (!equalBytes(stored.key.checkValue, wanted.checkValue)) throw new HsmError('HSM_KEY_MISMATCH');
    return stored;
  }

  #storeAes(
    label: string,
    value: Secret,
    { local, keyId = this.#random(20) }: { readonly local: boolean; readonly keyId?: Uint8Array },
  ): AesKey {
    const bits = value.length === 16 ? 128 : 256;
    const key = Object.freeze<AesKey>({ kind: 'aes', keyId, bits, checkValue: checkValueOf(value), label });
    this.#aes.set(toHex(key.keyId), { key, value, local });
    return key;
  }

  async #cmacOf(value: Secret, data: Uint8Array): Promise<Uint8Array> {
    const algorithm = { name: 'AES-CMAC', length: 8 * value.length };
    const handle = await this.#webcrypto.subtle.importKey('raw', Buffer.from(value.reveal()), algorithm, false, ['sign']);
    return new Uint8Array(await this.#webcrypto.subtle.sign(algorithm, handle, Buffer.from(data)));
  }
}
