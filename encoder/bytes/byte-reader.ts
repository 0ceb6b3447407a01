import { DecodeError } from './decode-error.ts';

/** Reads forward through bytes from outside; every failure carries the field path and the offset from the start of the file. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #path: string;
  /** Offset of the first byte of this reader within the file being read, so that nested readers report file offsets. */
  readonly #base: number;
  #at = 0;

  constructor(bytes: Uint8Array, path: string, base = 0) {
    this.#bytes = bytes;
    this.#path = path;
    this.#base = base;
  }

  get path(): string {
    return this.#path;
  }

  /** Offset within the file. */
  get offset(): number {
    return this.#base + this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number, field = 'bytes'): Uint8Array {
    if (length > this.remaining) {
      throw this.error('BYTES_TRUNCATED', field, `${length} bytes needed, ${this.remaining} left`);
    }
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  uint(size: number, field = 'integer'): number {
    return this.take(size, field).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** The byte `ahead` of the next one, without moving. */
  peek(ahead = 0): number | undefined {
    return this.#bytes[this.#at + ahead];
  }

  /** A reader over the next `length` bytes, with its own path; this reader moves past them. */
  sub(length: number, segment: string): ByteReader {
    const base = this.offset;
    return new ByteReader(this.take(length, segment), `${this.#path}/${segment}`, base);
  }

  /** Everything that is left. */
  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  end(): void {
    if (this.remaining > 0) throw this.error('BYTES_TRAILING', undefined, `${this.remaining} bytes left over`);
  }

  error(code: ConstructorParameters<typeof DecodeError>[0], field?: string, detail?: string): DecodeError {
    const path = field === undefined ? this.#path : `${this.#path}/${field}`;
    return new DecodeError(code, { path, offset: this.offset }, detail === undefined ? {} : { detail });
  }
}
