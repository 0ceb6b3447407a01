/** For tests: chips of each family, over the virtual card. */
import { toHex } from '#encoder/bytes';
import { inProcessReader } from '#encoder/readers';
import { blankImage, oneRsaKey, TEST_CHIP_ID, testKeySets } from '#encoder/testing';
import { VirtualCard, type Personality } from '#encoder/virtual-card';
import type { ChipBench, Lie } from './driver-bench.ts';
import type { TransportKeySets } from './transport-keys.ts';

const takeRsaKey = oneRsaKey();
const ANOTHER_CHIP = TEST_CHIP_ID.with(7, 0);
let made = 0;

/** The part of a personality that makes a chip of another family; the reference profile without. */
export type ChipKind = Pick<Partial<Personality>, 'program' | 'cps'>;

/** Null where the family has none. */
export function transportKeys({ program = 'reference' }: ChipKind, chipId = TEST_CHIP_ID): TransportKeySets | null {
  return program.startsWith('passport') ? null : testKeySets(chipId);
}

/** A maker of chips, each with an image of its own. */
export function chipBench(path: (name: string) => string, kind: ChipKind): (lie?: Lie, keyVersion?: number) => ChipBench {
  return (lie, keyVersion) => {
    made += 1;
    const reader = inProcessReader();
    const personality = { ...kind, ...(keyVersion === undefined ? {} : { keyVersion }) };
    const image = blankImage(path(`${made}.image`), { personality, ...(lie === undefined ? {} : { defect: { kind: lie } }) });
    const card = VirtualCard.open(image, { takeRsaKey, durable: false });
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
