import { copyFileSync, rmSync } from 'node:fs';
import { makeKeyPair, type ChipKeyAlgorithm, type ChipKeyPairs } from '#encoder/drivers';
import { blankImage, oneRsaKey, TEST_CHIP_ID } from '#encoder/testing';
import type { TakeRsaKey } from '#encoder/virtual-card';
import type { Family } from './family.ts';
import type { SweptCard } from './swept-card.ts';

/** One family and one card, and a fresh chip for each try at it. */
export interface SweepBench {
  readonly family: Family;
  readonly card: SweptCard;
  /** For chips that take their keys: the plant keeps them until the card is finished. */
  readonly keyPairs: ChipKeyPairs;
  /** For chips that make them: always the same, since making one takes longer than making the rest of the card. */
  readonly takeRsaKey: TakeRsaKey;
  readonly blank: () => ChipImage;
  /** The same chip again, to be looked at while the first one goes on. */
  readonly twin: (image: string) => ChipImage;
}

export interface ChipImage {
  readonly image: string;
  readonly remove: () => void;
}

const takeRsaKey = oneRsaKey();
let images = 0;

export function sweepBench(family: Family, card: SweptCard, path: (name: string) => string): SweepBench {
  const newPath = (): string => path(`${(images += 1)}.image`);
  const blank = blankImage(newPath(), { chipId: TEST_CHIP_ID, personality: family.personality });
  const copy = (from: string): ChipImage => {
    const image = newPath();
    copyFileSync(from, image);
    return { image, remove: () => rmSync(image, { force: true }) };
  };
  const imported = !family.capabilities.onChipKeyGeneration;
  const pair = (algorithm: ChipKeyAlgorithm | null) => (imported && algorithm !== null ? makeKeyPair(algorithm) : null);
  return {
    family,
    card,
    keyPairs: {
      activeAuthentication: pair(card.keys.activeAuthentication),
      chipAuthentication: pair(card.keys.chipAuthentication),
    },
    takeRsaKey,
    blank: () => copy(blank),
    twin: copy,
  };
}
