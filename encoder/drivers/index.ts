/**
 * Card drivers: the port that hides a chip family (`CardDriver`), its errors, and one folder a family. A driver knows
 * commands and status words; it knows no order of steps, no journal and no data group.
 */
export type {
  AccessSecrets,
  CardDriver,
  ChipIdentity,
  ChipPublicKeys,
  ChipStatus,
  DriverCapabilities,
  FileStatus,
  LifeCycle,
  TransportKeys,
} from './card-driver.ts';
export { DriverError, type DriverErrorCode } from './driver-error.ts';
export { referenceDriver, type ReferenceDriverOptions } from './reference/reference-driver.ts';
