import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex, Secret } from '#encoder/bytes';
import { keySetsFrom, type CardDriver, type ChipKeyAlgorithms, type FileId, type TransportKeySets } from '#encoder/drivers';
import { diversify } from '#encoder/globalplatform';
import { blankSerial, createImage, makeRsaKey, type Defect, type Personality, type TakeRsaKey } from '#encoder/virtual-card';

/** A folder for chip images that is gone after the test. */
export function imageFolder(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-chip-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A master key that is nobody's. */
export const TEST_MASTER = new Secret(fromHex('000102030405060708090A0B0C0D0E0F'));
/** The plant's, whose keys take the place of those. */
export const TEST_PLANT_MASTER = new Secret(fromHex('F0E0D0C0B0A090807060504030201000'));
export const TEST_CHIP_ID = fromHex('0400112233445566');

/** Both sets of a blank that `blankImage` made, fresh each time. */
export function testKeySets(chipId = TEST_CHIP_ID): TransportKeySets {
  return keySetsFrom({ maker: TEST_MASTER, plant: TEST_PLANT_MASTER }, chipId);
}

/** Opens a chip as a plant does, which puts its own keys in the place of the maker's first. */
export async function openAsPlant(driver: CardDriver, keys: TransportKeySets | null = testKeySets()): Promise<void> {
  if ((await driver.open(keys)) === 'maker' && keys !== null) await driver.replaceKeys(keys.plant);
}

export function blankImage(
  path: string,
  options: { readonly chipId?: Uint8Array; readonly defect?: Defect; readonly personality?: Partial<Personality> } = {},
): string {
  const chipId = options.chipId ?? TEST_CHIP_ID;
  createImage(path, {
    serial: blankSerial('26A', 1),
    chipId,
    transportKeys: diversify(TEST_MASTER, chipId),
    ...(options.defect === undefined ? {} : { defect: options.defect }),
    ...(options.personality === undefined ? {} : { personality: options.personality }),
  });
  return path;
}

/** What the cards of a plant ask their chips for. */
export const TEST_CHIP_KEYS: ChipKeyAlgorithms = { activeAuthentication: 'RSA-2048', chipAuthentication: 'EC-brainpoolP256r1' };

/** EF.CardAccess of a chip that offers PACE-ECDH-GM-AES-CBC-CMAC-128 over brainpoolP256r1 (PACEInfo, Doc 9303-11 §9.2.1). */
export const TEST_CARD_ACCESS = fromHex('3114 3012 060A04007F00070202040202 020102 02010D');

export function inApplication(fid: number): FileId {
  return { directory: 'eMRTD', fid };
}

export function inMasterFile(fid: number): FileId {
  return { directory: 'MF', fid };
}

/** One RSA key of each size for every card of a test file: only in tests, where nobody compares chips. */
export function oneRsaKey(): TakeRsaKey {
  const keys = new Map<number, ReturnType<TakeRsaKey>>();
  return (bits) => {
    const key = keys.get(bits) ?? makeRsaKey(bits);
    keys.set(bits, key);
    return key;
  };
}
