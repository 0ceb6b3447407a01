import type { Codec, Example } from '#encoder/bytes';

/** Everything there is to know about one file of the card: one row of the registry. */
export interface ElementaryFile<T = unknown> {
  readonly name: string;
  /** Tag of the outermost data object. */
  readonly tag: number;
  /** File identifier and short file identifier (Doc 9303-10 §3.11 and table 34). */
  readonly fileId: number;
  readonly shortFileId: number;
  /** Number of the data group; absent on files that are none. */
  readonly dataGroup?: number;
  readonly codec: Codec<T>;
  readonly examples: readonly Example<T>[];
}
