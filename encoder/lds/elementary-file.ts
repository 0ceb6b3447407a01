import type { Codec, Example } from '#encoder/bytes';

/** The master file, or the eMRTD application (LDS1). */
export type Directory = 'MF' | 'eMRTD';

/** One data object of a file that has room for others than its standard names. */
export interface DataObject {
  readonly tag: number;
  readonly value: Uint8Array;
}

/** Everything there is to know about one file of the card: one row of the registry. */
export interface ElementaryFile<T = unknown> {
  readonly name: string;
  /** Tag of the outermost data object, or of the first one in a file that is a series of them. */
  readonly tag: number;
  /** File identifier and short file identifier (Doc 9303-10 §3.11 and table 34), each unique within one directory. */
  readonly fileId: number;
  readonly shortFileId: number;
  /** The file is in the master file; absent on files of the eMRTD application, which has files with the same identifiers. */
  readonly inMasterFile?: true;
  /** Number of the data group; absent on files that are none. */
  readonly dataGroup?: number;
  readonly codec: Codec<T>;
  readonly examples: readonly Example<T>[];
}
