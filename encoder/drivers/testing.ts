/** For tests: chips of each family, over the virtual card. */
import { toHex } from '#encoder/bytes';
import { diversify } from '#encoder/globalplatform';
import { inProcessReader } from '#encoder/readers';
import { oneRsaKey, TEST_CHIP_ID, TEST_MASTER } from '#encoder/testing';
import { blankSerial, createImage, VirtualCard, type Personality } from '#encoder/virtual-card';
import type { ChipBench } from './card-driver.conformance.ts';
import type { TransportKeys } from './card-driver.ts';

const takeRsaKey = oneRsaKey();
const ANOTHER_CHIP = TEST_CHIP_ID.with(7, 0);
let made = 0;

/** The part of a personality that makes a chip of another family; the reference profile without. */
export type ChipKind = Pick<Partial<Personality>, 'program' | 'cps'>;

/** A blank chip in an image of its own; gives its path. */
export function chipImage(path: string, personality: ChipKind, defect?: 'lockLies'): string {
  const keys = diversify(TEST_MASTER, TEST_CHIP_ID);
  createImage(path, {
    serial: blankSerial('26A', 1),
    chipId: TEST_CHIP_ID,
    transportKeys: keys,
    personality,
    ...(defect === undefined ? {} : { defect: { kind: defect } }),
  });
  return path;
}

/** Null where the family has none. */
export function transportKeys({ program = 'reference' }: ChipKind, chipId = TEST_CHIP_ID): TransportKeys | null {
  return program.startsWith('passport') ? null : diversify(TEST_MASTER, chipId);
}

/** A maker of chips, each with an image of its own. */
export function chipBench(path: (name: string) => string, kind: ChipKind): (defect?: 'lockLies') => ChipBench {
  return (defect) => {
    made += 1;
    const reader = inProcessReader();
    const card = VirtualCard.open(chipImage(path(`${made}.image`), kind, defect), { takeRsaKey, durable: false });
    return {
      connect: () => {
        reader.insert(card);
        return reader.connect();
      },
      // Chips without transport keys have no id either.
      chipId: transportKeys(kind) === null ? null : toHex(TEST_CHIP_ID),
      keys: () => transportKeys(kind),
      wrongKeys: () => transportKeys(kind, ANOTHER_CHIP),
    };
  };
}
