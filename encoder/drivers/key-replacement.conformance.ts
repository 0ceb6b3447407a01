import { expect, it } from 'vitest';
import { fromHex, Secret } from '#encoder/bytes';
import type { AccessSecrets, CardDriver } from './card-driver.ts';
import type { ChipBench, DriverBench } from './driver-bench.ts';
import type { TransportKeys, TransportKeySets } from './transport-keys.ts';

const TAG = new Uint8Array(16).fill(0x4b);

/** Invariant E6, as every driver keeps it: the plant's keys take the place of the chip maker's, or the family has none. */
export function keyReplacementConformance(make: DriverBench, secrets: AccessSecrets): void {
  const { transport } = make.capabilities;
  const driverOf = async (chip: ChipBench): Promise<CardDriver> => make.driver(await chip.connect(), secrets);

  /** Of a family that has transport keys. */
  function keySetsOf(chip: ChipBench): TransportKeySets {
    const keys = chip.keys();
    if (keys === null) throw new Error('the family has no transport keys');
    return keys;
  }

  it.runIf(transport === 'none')('opens without keys, has none to replace, and takes none', async () => {
    const driver = await driverOf(await make.chip());
    expect(await driver.open(null)).toBeNull();
    const key = new Secret(new Uint8Array(16).fill(1));
    await expect(driver.replaceKeys({ enc: key, mac: key, dek: key, version: 2 })).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
  });

  it.runIf(transport !== 'none')(
    "E6: the plant's keys take the maker's place, over power cuts too; then the maker's open nothing",
    async () => {
      const chip = await make.chip();
      const keys = keySetsOf(chip);
      const driver = await driverOf(chip);
      expect(await driver.open(keys)).toBe('maker');
      await driver.replaceKeys(keys.plant);
      await driver.writeBindingTag(TAG);
      const again = await driverOf(chip);
      expect(await again.open(keys)).toBe('plant');
      expect(await again.readBindingTag()).toEqual(TAG);
      // Whoever has the maker's keys alone: the chip names no version of theirs, and under ours they prove nothing.
      const theirs = { maker: keys.maker, plant: { ...chip.wrongKeys()?.maker, version: 5 } as TransportKeys };
      await expect((await driverOf(chip)).open(theirs)).rejects.toMatchObject({ code: 'SCP_KEY_VERSION' });
      const renamed = { maker: { ...keys.maker, version: keys.plant.version }, plant: theirs.plant };
      await expect((await driverOf(chip)).open(renamed)).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
    },
  );

  it.runIf(transport !== 'none')('initial keys, version FF, give way as well', async () => {
    const chip = await make.chip(undefined, 0xff);
    const { maker, plant } = keySetsOf(chip);
    const keys = { maker: { ...maker, version: 0xff }, plant };
    const driver = await driverOf(chip);
    expect(await driver.open(keys)).toBe('maker');
    await driver.replaceKeys(keys.plant);
    expect(await (await driverOf(chip)).open(keys)).toBe('plant');
  });

  it.runIf(transport !== 'none').each([
    ['9000 to PUT KEY with the right check values, and keeps its keys', 'keysStay', 'KEYS_NOT_REPLACED'],
    ['other check values than those of the keys that it was sent', 'checkValueLies', 'SCP_ANSWER_INVALID'],
  ] as const)('threat: a chip that answers %s is caught, and gets nothing', async (_what, lie, code) => {
    const chip = await make.chip(lie);
    const keys = keySetsOf(chip);
    const driver = await driverOf(chip);
    await driver.open(keys);
    await expect(driver.replaceKeys(keys.plant)).rejects.toMatchObject({ code });
    await expect(driver.writeBindingTag(TAG)).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
  });

  it.runIf(transport !== 'none')(
    "E6: published keys, and keys of ours that are the maker's, are refused before anything is sent",
    async () => {
      const chip = await make.chip();
      const keys = keySetsOf(chip);
      const published = (hex: string): Secret => new Secret(fromHex(hex));
      const kit = published('404142434445464748494A4B4C4D4E4F');
      const unfit: readonly TransportKeySets[] = [
        { ...keys, maker: { enc: kit, mac: kit, dek: kit, version: 1 } },
        { ...keys, plant: { ...keys.plant, dek: kit } },
        { ...keys, plant: { ...keys.plant, enc: published('47454D5850524553534F53414D504C45') } },
        { ...keys, plant: { ...keys.plant, mac: published('00'.repeat(16)) } },
        { ...keys, plant: { ...keys.plant, mac: keys.maker.mac } },
        { ...keys, plant: { ...keys.plant, version: keys.maker.version } },
      ];
      const silent = make.driver({ ...(await chip.connect()), transmit: () => Promise.reject(new Error('something was sent')) }, secrets);
      for (const one of unfit) await expect(silent.open(one)).rejects.toMatchObject({ code: 'KEYS_UNFIT' });
    },
  );
}
