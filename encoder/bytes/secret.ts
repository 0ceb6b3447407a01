import { inspect } from 'node:util';

/**
 * Key bytes and PINs. Every textual form is the length and nothing else, so a secret cannot reach a log, an error or a
 * JSON body by accident. `destroy` overwrites the bytes; using a destroyed secret is a broken invariant.
 */
export class Secret {
  #bytes: Uint8Array;
  #destroyed = false;

  /** Takes a copy: the caller wipes its own bytes. */
  constructor(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes);
  }

  /** Copies and wipes the source, for bytes that must not outlive this call anywhere else. */
  static takeOver(bytes: Uint8Array): Secret {
    const secret = new Secret(bytes);
    bytes.fill(0);
    return secret;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The bytes themselves, not a copy: hand them to a cipher, never keep them. */
  reveal(): Uint8Array {
    if (this.#destroyed) throw new Error('a destroyed secret was used');
    return this.#bytes;
  }

  destroy(): void {
    this.#bytes.fill(0);
    this.#destroyed = true;
  }

  toString(): string {
    return `[secret, ${this.#bytes.length} bytes]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
