/** For tests: chips of each family, over the virtual card. */
import { toHex, type Secret } from '#encoder/bytes';
import { diversify } from '#encoder/globalplatform';
import { inProcessReader } from '#encoder/readers';
import { oneRsaKey, TEST_CHIP_ID, TEST_MASTER } from '#encoder/testing';
import { blankSerial, createImage, VirtualCard, type Personality } from '#encoder/virtual-card';
import type { ChipBench } from './card-driver.conformance.ts';
import type { TransportKeys } from './card-driver.ts';

const takeRsaKey = oneRsaKey();
const ANOTHER_CHIP = TEST_CHIP_ID.with(7, 0);
let made = 0;

export interface BenchOptions {
  readonly path: (name: string) => string;
  readonly personality?: Partial<Personality>;
  /** What the family tells of itself: its chip id, or transport keys, or neither. */
  readonly tellsChipId: boolean;
  readonly hasTransportKeys: boolean;
}

/** A maker of chips, each with an image of its own. */
export function chipBench({ path, personality, tellsChipId, hasTransportKeys }: BenchOptions): (defect?: 'lockLies') => ChipBench {
  return (defect) => {
    made += 1;
    const image = path(`${made}.image`);
    createImage(image, {
      serial: blankSerial('26A', 1),
      chipId: TEST_CHIP_ID,
      transportKeys: keysFrom(TEST_MASTER, TEST_CHIP_ID),
      ...(personality === undefined ? {} : { personality }),
      ...(defect === undefined ? {} : { defect: { kind: defect } }),
    });
    const reader = inProcessReader();
    const card = VirtualCard.open(image, { takeRsaKey, durable: false });
    return {
      connect: () => {
        reader.insert(card);
        return reader.connect();
      },
      chipId: tellsChipId ? toHex(TEST_CHIP_ID) : null,
      keys: () => (hasTransportKeys ? keysFrom(TEST_MASTER, TEST_CHIP_ID) : null),
      wrongKeys: () => (hasTransportKeys ? keysFrom(TEST_MASTER, ANOTHER_CHIP) : null),
    };
  };
}

function keysFrom(master: Secret, chipId: Uint8Array): TransportKeys {
  return diversify(master, chipId);
}
