import { concat } from '#encoder/bytes';

/**
 * Card Production Life Cycle data, 42 bytes (GPC v2.3.1 has no table of it; the layout is that of Visa GlobalPlatform
 * configuration 1): IC fabricator, type, operating system id, release date and level, fabrication date, serial (4), batch (2), then zeros.
 */
export function productionLifeCycle(chipId: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0x43, 0x4d, 0x00, 0x01, 0x43, 0x4d, 0x60, 0x01, 0x01, 0x00, 0x60, 0x01);
  return concat(head, chipId.slice(4), chipId.slice(2, 4), new Uint8Array(24));
}
