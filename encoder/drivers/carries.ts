import type { DriverCapabilities } from './card-driver.ts';
import type { ChipKeyAlgorithms } from './chip-keys.ts';
import { nameOfFile, sameFile, type FileId } from './file-id.ts';

/** What a card wants of its chip. A card profile knows all of it but the largest file, which a finished card does. */
export interface CardRequirements {
  readonly keys: ChipKeyAlgorithms;
  /** By the names of `DriverCapabilities.accessControl`: `BAC`, `id-PACE-ECDH-GM`. */
  readonly accessControl: readonly string[];
  readonly terminalAuthentication: boolean;
  readonly files: readonly FileId[];
  /** Bytes of the largest file, where it is known. */
  readonly largestFile?: number;
}

/** What a chip family cannot carry of a card, each wish in words; empty when it can carry the card. */
export function missingFor(requirements: CardRequirements, capabilities: DriverCapabilities): readonly string[] {
  const { keys, accessControl, terminalAuthentication, files, largestFile = 0 } = requirements;
  return [
    ...missingKey(keys.activeAuthentication, capabilities.activeAuthentication, 'Active Authentication'),
    ...missingKey(keys.chipAuthentication, capabilities.chipAuthentication, 'Chip Authentication'),
    ...accessControl.filter((protocol) => !capabilities.accessControl.includes(protocol)),
    ...(terminalAuthentication && !capabilities.terminalAuthentication ? ['Terminal Authentication'] : []),
    ...files.filter((file) => !hasRoom(capabilities, file)).map(nameOfFile),
    ...(largestFile > capabilities.fileBytesMax ? [`a file of ${largestFile} bytes, at most ${capabilities.fileBytesMax}`] : []),
  ];
}

function missingKey<T extends string>(wanted: T | null, possible: readonly T[], role: string): readonly string[] {
  return wanted === null || possible.includes(wanted) ? [] : [`${role} with ${wanted}`];
}

function hasRoom({ directories, files }: DriverCapabilities, file: FileId): boolean {
  return directories.includes(file.directory) && (files === null || files.some((one) => sameFile(one, file)));
}
