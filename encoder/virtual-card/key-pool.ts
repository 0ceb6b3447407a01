import { generateKeyPair } from 'node:crypto';
import type { TakeRsaKey } from './chip-program.ts';
import type { ChipKey } from './memory.ts';

/** What the cards of a plant ask for. */
const POOLED_BITS = 2048;

/**
 * RSA-2048 takes a processor a tenth of a second and more: the process that owns virtual cards keeps some ready, made one at a time
 * in the background, each given away once. `take` waits for one when none is ready.
 */
export class RsaKeyPool {
  readonly #ready: ChipKey[] = [];
  readonly #waiting: ((key: ChipKey) => void)[] = [];
  readonly #size: number;
  #making = false;
  #closed = false;

  constructor(size: number) {
    this.#size = size;
    this.#fill();
  }

  get ready(): number {
    return this.#ready.length;
  }

  readonly take: TakeRsaKey = (bits) => {
    if (bits !== POOLED_BITS) return makeRsaKey(bits);
    const key = this.#ready.shift();
    const taken = key === undefined ? new Promise<ChipKey>((resolve) => this.#waiting.push(resolve)) : Promise.resolve(key);
    this.#fill();
    return taken;
  };

  /** Makes no more keys; whoever waits still gets one. */
  close(): void {
    this.#closed = true;
  }

  #fill(): void {
    const wanted = this.#waiting.length > 0 || (!this.#closed && this.#ready.length < this.#size);
    if (this.#making || !wanted) return;
    this.#making = true;
    void makeRsaKey(POOLED_BITS).then((key) => {
      this.#making = false;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#ready.push(key);
      else waiting(key);
      this.#fill();
    });
  }
}

/** A fresh RSA pair, e = 65537. */
export function makeRsaKey(modulusLength = POOLED_BITS): Promise<ChipKey> {
  return new Promise((resolve, reject) => {
    generateKeyPair(
      'rsa',
      { modulusLength, publicKeyEncoding: { type: 'spki', format: 'der' }, privateKeyEncoding: { type: 'pkcs8', format: 'der' } },
      (error, publicKey, privateKey) => {
        if (error === null) resolve({ privateKey: Uint8Array.from(privateKey), publicKey: Uint8Array.from(publicKey) });
        else reject(error);
      },
    );
  });
}
