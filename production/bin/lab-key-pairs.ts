import { createPrivateKey, createPublicKey } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '#encoder/bytes';
import { makeKeyPair, type ChipKeyAlgorithms, type ChipKeyPair, type ChipKeyPairs } from '#encoder/drivers';
import { writeWhole } from '#production/plant';
import { LabError } from './lab-error.ts';

type Role = keyof ChipKeyAlgorithms;
type Written = { readonly [R in Role]: { readonly algorithm: string; readonly privateKey: string } | null };

/** The key pairs of one card whose chip takes them, kept until the chip is locked. */
export interface LabKeyPairs extends ChipKeyPairs {
  /** For good: from the disk and from memory. */
  readonly destroy: () => void;
  /** From memory alone: the next run puts in the same. */
  readonly forget: () => void;
}

/**
 * Made the first time; the same ones in every later run on the card. They are for one chip: whoever asks must know that it is the same.
 * Errors: LAB_KEYS_DAMAGED when the file is no longer what it was, or was made for other algorithms.
 */
export function labKeyPairs(folder: string, algorithms: ChipKeyAlgorithms): LabKeyPairs {
  const path = join(folder, 'key-pairs.json');
  const pairs = existsSync(path) ? read(path, algorithms) : make(path, algorithms);
  const forget = (): void => {
    for (const pair of [pairs.activeAuthentication, pairs.chipAuthentication]) pair?.privateKey.destroy();
  };
  return {
    ...pairs,
    forget,
    destroy() {
      forget();
      destroyLabKeyPairs(folder);
    },
  };
}

/** Overwritten before the name is given up; what a disk keeps of it beneath is out of reach from here. */
export function destroyLabKeyPairs(folder: string): void {
  const path = join(folder, 'key-pairs.json');
  if (!existsSync(path)) return;
  writeFileSync(path, new Uint8Array(statSync(path).size), { flag: 'r+', flush: true });
  rmSync(path);
}

function make(path: string, { activeAuthentication, chipAuthentication }: ChipKeyAlgorithms): ChipKeyPairs {
  const pair = (algorithm: ChipKeyAlgorithms[Role]): ChipKeyPair | null => (algorithm === null ? null : makeKeyPair(algorithm));
  const pairs = { activeAuthentication: pair(activeAuthentication), chipAuthentication: pair(chipAuthentication) };
  const written = (made: ChipKeyPair | null): Written[Role] =>
    made === null ? null : { algorithm: made.algorithm, privateKey: Buffer.from(made.privateKey.reveal()).toString('base64') };
  const file: Written = {
    activeAuthentication: written(pairs.activeAuthentication),
    chipAuthentication: written(pairs.chipAuthentication),
  };
  writeWhole(path, `${JSON.stringify(file)}\n`);
  return pairs;
}

function read(path: string, algorithms: ChipKeyAlgorithms): ChipKeyPairs {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as Written;
    const pair = (role: Role): ChipKeyPair | null => {
      const { [role]: algorithm } = algorithms;
      const written = file[role];
      if ((written?.algorithm ?? null) !== algorithm) throw new RangeError('other algorithms');
      if (written === null || algorithm === null) return null;
      const privateKey = Buffer.from(written.privateKey, 'base64');
      const key = createPrivateKey({ key: privateKey, format: 'der', type: 'pkcs8' });
      return {
        algorithm,
        publicKey: Uint8Array.from(createPublicKey(key).export({ type: 'spki', format: 'der' })),
        privateKey: Secret.takeOver(privateKey),
      };
    };
    return { activeAuthentication: pair('activeAuthentication'), chipAuthentication: pair('chipAuthentication') };
  } catch (cause) {
    throw new LabError('LAB_KEYS_DAMAGED', { where: path, cause });
  }
}
