import type { Directory } from '#encoder/lds';

/**
 * A file by its place on the chip. Identifiers are unique within a directory only: 011C is EF.CardAccess in the master file and
 * EF.CVCA in the eMRTD application, 011D is EF.CardSecurity and EF.SOD (Doc 9303-10 §3.11, table 34).
 */
export interface FileId {
  readonly directory: Directory;
  readonly fid: number;
}

export function sameFile(a: FileId, b: FileId): boolean {
  return a.directory === b.directory && a.fid === b.fid;
}

/** For maps, and for people: `EF 0101`, `MF/EF 011C`. */
export function nameOfFile({ directory, fid }: FileId): string {
  return `${directory === 'MF' ? 'MF/' : ''}EF ${fid.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Orders files by identifier, those of the application first. */
export function byFile(a: FileId, b: FileId): number {
  return a.directory === b.directory ? a.fid - b.fid : a.directory === 'eMRTD' ? -1 : 1;
}
