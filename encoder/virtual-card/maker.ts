import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Secret, toHex } from '#encoder/bytes';
import { diversify } from '#encoder/globalplatform';
import { createImage, type Defect, type Personality } from './memory.ts';
import { blankSerial } from './serial.ts';

/** What comes with a box of blanks: no key, no image. */
export interface DeliveryNote {
  readonly deliveryNote: string;
  readonly supplier: string;
  readonly chipFamily: string;
  readonly blanks: readonly DeliveredBlank[];
}

export interface DeliveredBlank {
  /** As printed on the card body. */
  readonly serial: string;
  /** 16 upper-case hex characters, as `CardDriver.identify` gives it. */
  readonly chipId: string;
}

export interface MakerOrder {
  /** Images are made here as `<serial>.image`. */
  readonly folder: string;
  /** The chip maker's master key, 16 bytes: transport keys are diversified from it by chip id. */
  readonly masterKey: Secret;
  readonly count: number;
  readonly deliveryNote: string;
  /** Year and line, e.g. `26A`. */
  readonly lot: string;
  /** Number of the first serial, from 1. */
  readonly firstNumber?: number;
  readonly supplier?: string;
  readonly personality?: Partial<Personality>;
  /** Rehearsed defects by position in the delivery, from 0. */
  readonly defects?: Readonly<Record<number, Defect>>;
  /** Randomness for chip ids: seven bytes each, after the byte of the maker. */
  readonly random: (length: number) => Uint8Array;
}

/** ISO/IEC 7816-6 names no registered maker for chips that do not exist: FE, from the private range. */
const MAKER = 0xfe;
const REFERENCE_FAMILY = 'cardmint-reference-1';

/**
 * The maker of virtual chips: as many blanks as ordered, each with a printed serial, a chip id and its own transport keys, and the
 * note that goes with the box. Chip ids say nothing about serials, as in a real delivery.
 */
export function makeBlanks(order: MakerOrder): DeliveryNote {
  mkdirSync(order.folder, { recursive: true, mode: 0o700 });
  const blanks = Array.from({ length: order.count }, (_, position) => {
    const serial = blankSerial(order.lot, (order.firstNumber ?? 1) + position);
    const chipId = Uint8Array.of(MAKER, ...order.random(7));
    const transportKeys = diversify(order.masterKey, chipId);
    const defect = order.defects?.[position];
    createImage(imagePath(order.folder, serial), {
      serial,
      chipId,
      transportKeys,
      ...(order.personality === undefined ? {} : { personality: order.personality }),
      ...(defect === undefined ? {} : { defect }),
    });
    for (const key of Object.values(transportKeys)) key.destroy();
    return { serial, chipId: toHex(chipId) };
  });
  const program = order.personality?.program ?? 'reference';
  const chipFamily = program === 'reference' ? REFERENCE_FAMILY : program;
  return { deliveryNote: order.deliveryNote, supplier: order.supplier ?? 'Cardmint virtual chips', chipFamily, blanks };
}

export function imagePath(folder: string, serial: string): string {
  return join(folder, `${serial}.image`);
}
