/**
 * Card drivers: the port that hides a chip family (`CardDriver`), its errors, and one folder a family. A driver knows
 * commands and status words; it knows no order of steps, no journal and no data group.
 */
export type {
  AccessSecrets,
  CardDriver,
  ChipIdentity,
  ChipStatus,
  DriverCapabilities,
  FileStatus,
  LifeCycle,
  TrustPoint,
} from './card-driver.ts';
export { destroyKeySets, keySetsFrom, type TransportKeys, type TransportKeySets } from './transport-keys.ts';
export type { ChipKeyAlgorithm, ChipKeyAlgorithms, ChipPublicKeys } from './chip-keys.ts';
export { byFile, nameOfFile, sameFile, type FileId } from './file-id.ts';
export { DriverError, type DriverErrorCode } from './driver-error.ts';
export { referenceDriver, type ReferenceDriverOptions } from './reference/reference-driver.ts';
export { passportAppletDriver, type PassportAppletFamily, type PassportAppletOptions } from './passport-applet/passport-applet-driver.ts';
export { cpsDriver, type CpsOptions } from './cps/cps-driver.ts';
export { CPS_LAYOUT, cpsLayout, type CpsLayout } from './cps/layout.ts';
export { makeKeyPair, type ChipKeyPair, type ChipKeyPairs } from './key-pair.ts';
export { missingFor, type CardRequirements } from './carries.ts';
export { capabilitiesByName, DRIVER_NAMES, driverByName, type DriverName, type DriverOptions, type FamilyOptions } from './registry.ts';
