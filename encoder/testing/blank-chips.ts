import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex, Secret } from '#encoder/bytes';
import { diversify } from '#encoder/globalplatform';
import { blankSerial, createImage, makeRsaKey, type Defect, type TakeRsaKey } from '#encoder/virtual-card';

/** A folder for chip images that is gone after the test. */
export function imageFolder(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-chip-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A master key that is nobody's. */
export const TEST_MASTER = new Secret(fromHex('000102030405060708090A0B0C0D0E0F'));
export const TEST_CHIP_ID = fromHex('0400112233445566');

export function blankImage(path: string, options: { readonly chipId?: Uint8Array; readonly defect?: Defect } = {}): string {
  const chipId = options.chipId ?? TEST_CHIP_ID;
  createImage(path, {
    serial: blankSerial('26A', 1),
    chipId,
    transportKeys: diversify(TEST_MASTER, chipId),
    ...(options.defect === undefined ? {} : { defect: options.defect }),
  });
  return path;
}

/** One RSA key for every card of a test file: only in tests, where nobody compares chips. */
export function oneRsaKey(): TakeRsaKey {
  const key = makeRsaKey();
  return () => key;
}
