import {
  capabilitiesByName,
  CPS_LAYOUT,
  missingFor,
  type CpsLayout,
  type DriverCapabilities,
  type DriverName,
  type FamilyOptions,
  type FileId,
} from '#encoder/drivers';
import { inApplication } from '#encoder/testing';
import type { Personality } from '#encoder/virtual-card';
import type { SweptCard } from './swept-card.ts';

/** One kind of chip as the sweep knows it: how its blanks are born, and the driver that goes with them. */
export interface Family {
  readonly name: string;
  readonly driver: DriverName;
  /** Families of one room share its seeded points: the applet with and without PACE, the channels of CPS. */
  readonly driverRoom: 'reference' | 'passport-applet' | 'cps';
  readonly options: FamilyOptions;
  readonly personality: Partial<Personality>;
  readonly capabilities: DriverCapabilities;
  /** The chip has an id of its own, which EF.DG13 of a Vietnamese card needs. */
  readonly tellsChipId: boolean;
  /** What the driver keeps on the chip for itself, beside the files of the card. */
  readonly ownFiles: readonly FileId[];
}

/** `commandBytesMax`: small commands, so that small files take several. */
export function referenceFamily(options: { readonly commandBytesMax?: number } = {}): Family {
  const driver = 'reference';
  return {
    name: driver,
    driver,
    driverRoom: 'reference',
    options,
    personality: { program: 'reference' },
    capabilities: capabilitiesByName(driver, options),
    tellsChipId: true,
    ownFiles: [],
  };
}

function passportApplet(driver: 'passport-applet' | 'passport-applet-pace'): Family {
  return {
    name: driver,
    driver,
    driverRoom: 'passport-applet',
    options: {},
    personality: { program: driver },
    capabilities: capabilitiesByName(driver),
    tellsChipId: false,
    // The binding tag.
    ownFiles: [inApplication(0x010a)],
  };
}

function cps(channel: CpsLayout['channel']): Family {
  const driver = 'cps';
  const options = { layout: { ...CPS_LAYOUT, channel } };
  return {
    name: `${driver} ${channel}`,
    driver,
    driverRoom: 'cps',
    options,
    personality: { program: 'cps', cps: { scp: channel } },
    capabilities: capabilitiesByName(driver, options),
    tellsChipId: true,
    ownFiles: [],
  };
}

export const FAMILIES: readonly Family[] = [
  referenceFamily(),
  passportApplet('passport-applet'),
  passportApplet('passport-applet-pace'),
  cps('SCP02-15'),
  cps('SCP02-55'),
  cps('SCP03'),
];

/** What a card asks of its chip that this family does not have; empty: it carries the card. */
export function missingOf({ capabilities, tellsChipId }: Family, { requirements, needsChipId }: SweptCard): readonly string[] {
  return [...missingFor(requirements, capabilities), ...(needsChipId && !tellsChipId ? ['a chip id for EF.DG13'] : [])];
}
