import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { concat, type Secret } from '#encoder/bytes';
import {
  derSignature,
  HsmError,
  REMEDY,
  type AesKey,
  type EcKey,
  type EcKeyRequest,
  type Hsm,
  type HsmErrorCode,
  type HsmObject,
  type RsaKey,
  type RsaKeyRequest,
  type RsaScheme,
  type SigningKey,
} from '#pki/hsm';

/** What the token does instead of signing: answers wrongly with a straight face, or fails with a code. */
export type Lie =
  | 'honest'
  | 'wrong-signature'
  | 'other-message'
  | 'previous-signature'
  | 'short-signature'
  /** ECDSA-Sig-Value where r || s belongs. */
  | 'der-signature'
  /** r and s with a zero byte before each, as DER INTEGERs have it. */
  | 'not-normalised-signature'
  | 'signs-then-dies'
  /** Honest after `slowMs`. */
  | 'slow'
  /** Signs and never answers. */
  | 'signs-then-hangs'
  | HsmErrorCode;

/** The lie for the n-th call of `sign`, counted from 0. A list is followed by honesty. */
export type LieSchedule = readonly Lie[] | ((call: number) => Lie);

/**
 * A token that lies (invariants §3.4). It wraps an honest one; only `sign` is tampered with, because only
 * signatures leave the plant. `seeded` draws lies repeatably.
 */
export class LyingHsm implements Hsm {
  readonly kind = 'software';
  readonly #honest: Hsm;
  readonly #schedule: LieSchedule;
  readonly #slowMs: number;
  #calls = 0;
  #previous: Uint8Array | undefined;

  constructor(honest: Hsm, schedule: LieSchedule, options: { readonly slowMs?: number } = {}) {
    this.#honest = honest;
    this.#schedule = schedule;
    this.#slowMs = options.slowMs ?? 50;
  }

  /** One call in `oneIn` lies, which call and which lie being a function of the seed alone. */
  static seeded(honest: Hsm, seed: string, oneIn: number, lies: readonly Lie[]): LyingHsm {
    return new LyingHsm(honest, (call) => {
      const draw = createHash('sha256').update(`${seed}/${call}`).digest();
      return draw.readUInt32BE(0) % oneIn === 0 ? (lies[draw.readUInt32BE(4) % lies.length] ?? 'honest') : 'honest';
    });
  }

  /** Calls of `sign` so far. */
  get calls(): number {
    return this.#calls;
  }

  async sign(key: SigningKey, digestGiven: Uint8Array, scheme?: RsaScheme): Promise<Uint8Array> {
    const digest = Uint8Array.from(digestGiven);
    const lie = this.#next();
    if (isErrorCode(lie)) throw new HsmError(lie, { where: 'sign' });
    switch (lie) {
      case 'honest':
        break;
      case 'wrong-signature':
        return flipped(await this.#honest.sign(key, digest, scheme));
      case 'other-message':
        return this.#honest.sign(key, flipped(digest), scheme);
      case 'previous-signature':
        return this.#previous ?? this.#honest.sign(key, flipped(digest), scheme);
      case 'short-signature':
        return (await this.#honest.sign(key, digest, scheme)).subarray(1);
      case 'der-signature':
        return derSignature(await this.#honest.sign(key, digest, scheme));
      case 'not-normalised-signature':
        return padded(await this.#honest.sign(key, digest, scheme));
      case 'signs-then-dies':
        await this.#honest.sign(key, digest, scheme);
        throw new HsmError('HSM_DEVICE_FAILED', { where: 'sign' });
      case 'signs-then-hangs':
        await this.#honest.sign(key, digest, scheme);
        return new Promise(() => undefined);
      case 'slow':
        await setTimeout(this.#slowMs);
        break;
    }
    this.#previous = await this.#honest.sign(key, digest, scheme);
    return this.#previous;
  }

  open(pin: Secret): Promise<void> {
    return this.#honest.open(pin);
  }

  close(): Promise<void> {
    return this.#honest.close();
  }

  generateEcKey(request: EcKeyRequest): Promise<EcKey> {
    return this.#honest.generateEcKey(request);
  }

  findEcKey(wanted: Pick<EcKey, 'keyId' | 'point'>): Promise<EcKey> {
    return this.#honest.findEcKey(wanted);
  }

  generateRsaKey(request: RsaKeyRequest): Promise<RsaKey> {
    return this.#honest.generateRsaKey(request);
  }

  findRsaKey(wanted: Pick<RsaKey, 'keyId' | 'publicKey'>): Promise<RsaKey> {
    return this.#honest.findRsaKey(wanted);
  }

  verify(key: SigningKey, digest: Uint8Array, signature: Uint8Array, scheme?: RsaScheme): Promise<boolean> {
    return this.#honest.verify(key, digest, signature, scheme);
  }

  signaturesOf(key: Pick<SigningKey, 'keyId'>): Promise<number | undefined> {
    return this.#honest.signaturesOf(key);
  }

  ecdhDerive(key: EcKey, peerPoint: Uint8Array): Promise<Secret> {
    return this.#honest.ecdhDerive(key, peerPoint);
  }

  generateAesKey(request: { readonly label: string; readonly bits: 128 | 256 }): Promise<AesKey> {
    return this.#honest.generateAesKey(request);
  }

  unwrapAesKey(request: { readonly label: string }, under: RsaKey, wrapped: Uint8Array): Promise<AesKey> {
    return this.#honest.unwrapAesKey(request, under, wrapped);
  }

  findAesKey(wanted: Pick<AesKey, 'keyId' | 'checkValue'>): Promise<AesKey> {
    return this.#honest.findAesKey(wanted);
  }

  cmac(key: AesKey, data: Uint8Array): Promise<Uint8Array> {
    return this.#honest.cmac(key, data);
  }

  random(length: number): Promise<Uint8Array> {
    return this.#honest.random(length);
  }

  list(): Promise<readonly HsmObject[]> {
    return this.#honest.list();
  }

  destroy(keyId: Uint8Array): Promise<number> {
    return this.#honest.destroy(keyId);
  }

  #next(): Lie {
    const call = this.#calls;
    this.#calls += 1;
    return (typeof this.#schedule === 'function' ? this.#schedule(call) : this.#schedule[call]) ?? 'honest';
  }
}

function flipped(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));
}

function padded(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  return concat(Uint8Array.of(0), raw.subarray(0, half), Uint8Array.of(0), raw.subarray(half));
}

function isErrorCode(lie: Lie): lie is HsmErrorCode {
  return Object.hasOwn(REMEDY, lie);
}
