/** A file of this chip: its identifier, and bit 17 for those of the master file, whose identifiers overlap with the application's. */
export type FileAddress = number;

const IN_MASTER_FILE = 0x10000;

export function fileAddress(directory: 'MF' | 'eMRTD', fid: number): FileAddress {
  return directory === 'MF' ? IN_MASTER_FILE | fid : fid;
}

export interface ElementaryFile {
  readonly address: FileAddress;
  readonly directory: 'MF' | 'eMRTD';
  readonly fid: number;
  readonly content: Uint8Array;
  /** Bytes written without a gap from offset 0. */
  readonly written: number;
  /** What it was created with, which its size never exceeds. */
  readonly capacity: number;
}

/** A file of the memory: its content begins a buffer as large as the file was created. */
export interface StoredFile {
  content: Uint8Array;
  written: number;
}

export function elementaryFile(address: FileAddress, { content, written }: StoredFile): ElementaryFile {
  const directory = (address & IN_MASTER_FILE) === 0 ? 'eMRTD' : 'MF';
  return { address, directory, fid: address & 0xffff, content, written, capacity: content.buffer.byteLength };
}
