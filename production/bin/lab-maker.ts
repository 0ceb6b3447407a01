import { closeSync, openSync, readSync } from 'node:fs';
import { fromHex, Secret } from '#encoder/bytes';
import { LabError } from './lab-error.ts';

/**
 * The master key of virtual blanks that `cardmint virtual-card --make` makes. It is published here, and protects nothing: `cardmint encode` tries it
 * on no chip but those that say, by the first byte of their id, that they are virtual.
 */
export const LAB_MASTER = new Secret(fromHex('4C4142204D4153544552204B45592031'));

/** First byte of the chip ids of virtual chips, in hex: ISO/IEC 7816-6 registers no maker under it. */
export const LAB_MAKER = 'FE';

/** A chip maker's master key from its file. Throws LAB_MASTER_UNUSABLE, which shows nothing of what stands there. */
export function transportMasterIn(path: string): Secret {
  let text: string;
  try {
    text = firstBytesOf(path).trim();
  } catch (cause) {
    throw new LabError('LAB_MASTER_UNUSABLE', { where: path, cause });
  }
  if (!/^[0-9A-Fa-f]{32}$/.test(text)) throw new LabError('LAB_MASTER_UNUSABLE', { where: path });
  return Secret.takeOver(fromHex(text));
}

/** More than digits, a line's end and some blanks is no key: the rest is not read, however much it is. */
const FILE_BYTES_MAX = 256;

function firstBytesOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(FILE_BYTES_MAX);
    return bytes.toString('latin1', 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}
