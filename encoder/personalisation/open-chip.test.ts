import { afterAll, describe, expect, it } from 'vitest';
import { fromHex, Secret } from '#encoder/bytes';
import { driverByName, keySetsFrom, type CardDriver, type DriverName, type TransportKeySets } from '#encoder/drivers';
import { inProcessReader } from '#encoder/readers';
import { blankImage, imageFolder, TEST_MASTER, TEST_PLANT_MASTER, testKeySets, TEST_CHIP_ID } from '#encoder/testing';
import { createImage, VirtualCard, type Fault, type Personality } from '#encoder/virtual-card';
import { faultKind, openChip, planPersonalisation, prepareChip, type PersonalisationJournal } from './index.ts';

const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
const NO_KEYS = { activeAuthentication: null, chipAuthentication: null };
const PUT_KEY = 0xd8;
const folder = imageFolder();
afterAll(folder.remove);
let made = 0;

/** A journal that keeps what it is told, in order. */
function recording(): PersonalisationJournal & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    intend: ({ sequence, operation }) => Promise.resolve(void told.push(`${sequence} ${operation}`)),
    outcome: (sequence, result) => Promise.resolve(void told.push(`${sequence} ${result}`)),
  };
}

/** A chip that can be laid in again and again. */
function chipOf(name: DriverName, personality: Partial<Personality> = {}) {
  made += 1;
  return laidIn(blankImage(folder.path(`${made}.image`), { personality: { program: name, ...personality } }), name);
}

function laidIn(image: string, name: DriverName) {
  return async (
    faults: readonly Fault[] = [],
  ): Promise<{ readonly driver: CardDriver; readonly card: VirtualCard; readonly sent: number[] }> => {
    const card = VirtualCard.open(image, { durable: false, faults });
    const reader = inProcessReader();
    reader.insert(card);
    const connection = await reader.connect();
    const sent: number[] = [];
    const watched = {
      ...connection,
      transmit(command: Uint8Array) {
        sent.push(command[1] ?? 0);
        return connection.transmit(command);
      },
    };
    return { driver: driverByName(name, watched, { secrets: SECRETS }), card, sent };
  };
}

describe("a chip's maker knows no key of it once the plant has begun (invariant E6)", () => {
  it.each(['reference', 'cps'] as const)('%s: replaced once, journaled as the first step, before the chip is bound', async (name) => {
    const chip = chipOf(name);
    const journal = recording();
    const first = await chip();
    expect(first.card.keyVersions()).toEqual([1]);
    await openChip({ driver: first.driver, journal, keys: testKeySets() });
    expect(first.card.keyVersions()).toEqual([2]);
    await prepareChip({ driver: first.driver, journal, bindingTag: new Uint8Array(16), keys: NO_KEYS });
    expect(journal.told).toEqual(['0 replaceKeys', '0 done', '1 writeBindingTag', '1 done', '2 generateKeys', '2 done']);
    await first.card.close();
    const again = await chip();
    const later = recording();
    await openChip({ driver: again.driver, journal: later, keys: testKeySets() });
    expect(later.told).toEqual([]);
    expect(again.sent).not.toContain(PUT_KEY);
  });

  it.each(['reference', 'cps'] as const)('%s: nothing of the card goes to a chip that its maker can still open', async (name) => {
    const { driver, card } = await chipOf(name)();
    const journal = recording();
    expect(await driver.open(testKeySets())).toBe('maker');
    const begun = prepareChip({ driver, journal, bindingTag: new Uint8Array(16), keys: NO_KEYS });
    await expect(begun).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    expect(card.lifeCycle).toBe('blank');
    expect(journal.told).toEqual([]);
  });

  it('a family without such keys is opened, and nothing more', async () => {
    const { driver } = await chipOf('passport-applet')();
    const journal = recording();
    await openChip({ driver, journal, keys: null });
    expect(journal.told).toEqual([]);
    const input = { bindingTag: new Uint8Array(16), publicKeys: NO_KEYS, secrets: SECRETS, trustPoint: null, files: [] };
    expect(planPersonalisation(input, driver.capabilities).steps.map(({ sequence, operation }) => `${sequence} ${operation}`)[0]).toBe(
      '1 writeBindingTag',
    );
  });
});

describe('PUT KEY is torn: the chip is asked which keys it has, and none is tried that it does not name', () => {
  it.each([
    ['before it', { kind: 'before' }, 1],
    ['inside it', { kind: 'torn', bytes: 7 }, 1],
    ['after it, and before its answer', { kind: 'after' }, 2],
  ] as const)('%s', async (_when, effect, version) => {
    for (const name of ['reference', 'cps'] as const) {
      const chip = chipOf(name);
      const journal = recording();
      const torn = await chip([{ at: { ins: PUT_KEY, occurrence: 1 }, effect }]);
      const error: unknown = await openChip({ driver: torn.driver, journal, keys: testKeySets() }).catch((reason: unknown) => reason);
      expect(faultKind(error)).toBe('doubt');
      expect(torn.card.keyVersions()).toEqual([version]);
      await torn.card.close();
      const again = await chip();
      await openChip({ driver: again.driver, journal, keys: testKeySets() });
      expect(again.card.keyVersions()).toEqual([2]);
      expect(again.sent.filter((ins) => ins === PUT_KEY).length).toBe(version === 1 ? 1 : 0);
      expect(journal.told).toEqual(['0 replaceKeys', '0 unknown', ...(version === 1 ? ['0 replaceKeys', '0 done'] : [])]);
    }
  });
});

describe('threat: a chip with the keys of a development kit', () => {
  it('that has the version of our lot: its maker never prepared it, and it is refused before anything is shown to it', async () => {
    for (const program of ['reference', 'cps'] as const) {
      made += 1;
      const path = folder.path(`${made}.image`);
      const kit = (): Secret => new Secret(fromHex('404142434445464748494A4B4C4D4E4F'));
      const transportKeys = { enc: kit(), mac: kit(), dek: kit() };
      createImage(path, { serial: 'VN26A00000010', chipId: TEST_CHIP_ID, transportKeys, personality: { program } });
      const { driver, sent } = await laidIn(path, program)();
      await expect(openChip({ driver, journal: recording(), keys: testKeySets() })).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
      expect(sent).not.toContain(0x82);
    }
  });
});

describe("threat: a chip with keys that are neither its maker's nor ours", () => {
  /** The chip's version, the masters that we have, and what comes of it. */
  const others = keySetsFrom({ maker: TEST_PLANT_MASTER, plant: TEST_MASTER }, TEST_CHIP_ID);
  it.each<readonly [string, Partial<Personality>, TransportKeySets, string]>([
    ['another key version', { keyVersion: 0x42 }, testKeySets(), 'SCP_KEY_VERSION'],
    ['initial keys where the lot has others', { keyVersion: 0xff }, testKeySets(), 'SCP_KEY_VERSION'],
    ['our version, and keys that are not ours', { keyVersion: 2 }, others, 'SCP_CARD_CRYPTOGRAM'],
  ])('%s: refused before any is tried, and the chip has counted no failure', async (_what, personality, keys, code) => {
    for (const name of ['reference', 'cps'] as const) {
      const { driver, sent } = await chipOf(name, personality)();
      const error: unknown = await openChip({ driver, journal: recording(), keys }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code });
      expect(faultKind(error)).toBe('chip');
      // EXTERNAL AUTHENTICATE was never sent.
      expect(sent).not.toContain(0x82);
    }
  });
});
