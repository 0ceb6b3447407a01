import type { CardConnection } from '#encoder/readers';
import type { AccessSecrets, CardDriver, DriverCapabilities } from './card-driver.ts';
import { cpsCapabilities, cpsDriver } from './cps/cps-driver.ts';
import type { CpsLayout } from './cps/layout.ts';
import { DriverError } from './driver-error.ts';
import type { ChipKeyPairs } from './key-pair.ts';
import { passportAppletCapabilities, passportAppletDriver } from './passport-applet/passport-applet-driver.ts';
import { referenceCapabilities, referenceDriver } from './reference/reference-driver.ts';

/** What is known before a chip is there. */
export interface FamilyOptions {
  /** Of CPS chips; absent: that of the virtual card. */
  readonly layout?: CpsLayout;
  /** Largest command APDU, for readers that carry less than a chip with extended length. */
  readonly commandBytesMax?: number;
}

/** What a driver for one card may need; each family takes its part. */
export interface DriverOptions extends FamilyOptions {
  /** The card's own. */
  readonly secrets: AccessSecrets;
  /** For chips that take their keys: the pairs of this card. */
  readonly keyPairs?: ChipKeyPairs;
  /** Answers to reset that the lot of chips may have; absent: any. */
  readonly answersToReset?: readonly Uint8Array[];
  readonly random?: (length: number) => Uint8Array;
}

interface DriverFamily {
  readonly capabilities: (options: FamilyOptions) => DriverCapabilities;
  readonly driver: (connection: CardConnection, options: DriverOptions) => CardDriver;
}

/** Every chip family, by the name that an operator types. */
const FAMILIES = {
  reference: {
    capabilities: ({ commandBytesMax }) => referenceCapabilities(commandBytesMax),
    driver: referenceDriver,
  },
  'passport-applet': {
    capabilities: () => passportAppletCapabilities('passport-applet'),
    driver: (connection, options) => passportAppletDriver(connection, 'passport-applet', options),
  },
  'passport-applet-pace': {
    capabilities: () => passportAppletCapabilities('passport-applet-pace'),
    driver: (connection, options) => passportAppletDriver(connection, 'passport-applet-pace', options),
  },
  cps: {
    capabilities: ({ layout }) => cpsCapabilities(layout),
    driver: cpsDriver,
  },
} as const satisfies Readonly<Record<string, DriverFamily>>;

export type DriverName = keyof typeof FAMILIES;

export const DRIVER_NAMES: readonly DriverName[] = Object.keys(FAMILIES) as DriverName[];

/** The driver of a family for one card in one reader. Throws DRIVER_CANNOT for a name that is none. */
export function driverByName(name: string, connection: CardConnection, options: DriverOptions): CardDriver {
  return familyByName(name).driver(connection, options);
}

/** What a family can do, before any chip is there. Throws DRIVER_CANNOT for a name that is none. */
export function capabilitiesByName(name: string, options: FamilyOptions = {}): DriverCapabilities {
  return familyByName(name).capabilities(options);
}

function familyByName(name: string): DriverFamily {
  if (!isDriverName(name)) throw new DriverError('DRIVER_CANNOT', 'driver', { detail: `there are ${DRIVER_NAMES.join(', ')}` });
  return FAMILIES[name];
}

function isDriverName(name: string): name is DriverName {
  return Object.hasOwn(FAMILIES, name);
}
