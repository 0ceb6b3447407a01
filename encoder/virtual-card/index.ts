/**
 * A chip in software: the reference profile and the other personalities of `docs/chip-specification.md` over a memory image that survives
 * power cuts, the plug that puts it into a virtual PC/SC reader, and the maker of blanks. It shares no code with the drivers that talk to it,
 * and it is not a feeder: which card lies in which reader is its owner's business.
 */
export { VirtualCard, type VirtualCardOptions } from './virtual-card.ts';
export { VirtualSlot, type SlotCard, type VpcdAddress } from './vpicc.ts';
export { createImage, type ChipBirth, type ChipKey, type Defect, type Personality } from './memory.ts';
export { makeRsaKey, RsaKeyPool } from './key-pool.ts';
export type { ChipProgramName, TakeRsaKey } from './chip-program.ts';
export type { CpsConfiguration, CpsGrouping } from './cps-applet/configuration.ts';
export { seededFaults, type Fault, type FaultEffect, type FaultPoint } from './faults.ts';
export type { Timing } from './timing.ts';
export { VirtualCardError, type VirtualCardErrorCode } from './virtual-card-error.ts';
export { imagePath, makeBlanks, type DeliveredBlank, type DeliveryNote, type MakerOrder } from './maker.ts';
export { blankSerial, isBlankSerial } from './serial.ts';
export { CardRack, type RackOptions } from './rack.ts';
