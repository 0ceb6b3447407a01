import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import { referenceDriver } from '#encoder/drivers';
import { personalise as personaliseChip, planPersonalisation, prepareChip, type PersonalisationJournal } from '#encoder/personalisation';
import { inProcessReader } from '#encoder/readers';
import { inApplication, inMasterFile, TEST_CARD_ACCESS, TEST_CHIP_KEYS, openAsPlant } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { FaultInjector, seededFaults, type FaultEffect } from './faults.ts';
import { BINDING_TAG, CAN, clearChannel, connect, MRZ_INFORMATION, openDriver, personalise, sw, testCards } from './testing.ts';

const cards = testCards();
afterAll(cards.remove);

const IDENTITY = fromHex('00CADF2000');
const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + 5) & 0xff);
const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest());

describe('faults strike where they are told to, once', () => {
  it('by number, by instruction byte and occurrence, by what the command is', () => {
    const faults = new FaultInjector([
      { at: 2, effect: { kind: 'before' } },
      { at: { ins: 0xca, occurrence: 3 }, effect: { kind: 'after' } },
      { at: (command, index) => index > 4 && command.length === 5, effect: { kind: 'silence' } },
    ]);
    const struck = Array.from({ length: 7 }, () => faults.next(IDENTITY)?.kind);
    expect(struck).toEqual([undefined, 'before', 'after', undefined, 'silence', undefined, undefined]);
  });

  it('the same seed gives the same faults, another seed others, each within the commands and at its own', () => {
    const request = { commands: 40, faults: 10 };
    expect(seededFaults(7, request)).toEqual(seededFaults(7, request));
    expect(seededFaults(8, request)).not.toEqual(seededFaults(7, request));
    const points = seededFaults(7, request).map(({ at }) => Number(at));
    expect(new Set(points).size).toBe(10);
    expect(points.every((at) => at >= 1 && at <= 40)).toBe(true);
    const kinds = new Set(
      Array.from({ length: 50 }, (_, seed) => seededFaults(seed, request)).flatMap((all) => all.map((f) => f.effect.kind)),
    );
    expect([...kinds].toSorted()).toEqual(['after', 'before', 'instead', 'torn']);
  });
});

describe('the power goes', () => {
  it.each([
    ['before', false],
    ['after', true],
  ] as const)(
    '%s the command that writes the tag: nothing is answered, and the chip tells at the next power-on what it did',
    async (kind, done) => {
      const card = cards.open({ faults: [{ at: { ins: 0xe2 }, effect: { kind } }] });
      const driver = await openDriver(card);
      await expect(driver.writeBindingTag(BINDING_TAG)).rejects.toMatchObject({ code: 'CARD_UNPOWERED' });
      await expect(card.process(IDENTITY)).rejects.toMatchObject({ code: 'CARD_UNPOWERED' });
      expect(card.mute).toBe(false);
      expect((await (await openDriver(card)).readBindingTag()) !== null).toBe(done);
    },
  );

  it.each([0, 1, 99, 199, 200])(
    'during UPDATE BINARY, %i of 200 bytes kept: DF23 tells exactly these, in this process and in the next',
    async (kept) => {
      const bytes = content(300);
      const card = cards.open({ faults: [{ at: { ins: 0xd6, occurrence: 2 }, effect: { kind: 'torn', bytes: kept } }] });
      const driver = await openDriver(card);
      await driver.writeBindingTag(BINDING_TAG);
      await driver.createFile(inApplication(0x0101), 300);
      await driver.writeFile(inApplication(0x0101), 0, bytes.subarray(0, 100));
      await expect(driver.writeFile(inApplication(0x0101), 100, bytes.subarray(100))).rejects.toMatchObject({ code: 'CARD_UNPOWERED' });
      const told = [{ size: 300, written: 100 + kept, sha256: sha256(bytes.subarray(0, 100 + kept)) }];
      expect((await (await openDriver(card)).status()).files).toMatchObject(told);
      await card.close();
      const again = cards.again();
      const resumed = await openDriver(again);
      expect((await resumed.status()).files).toMatchObject(told);
      if (kept < 200) await resumed.writeFile(inApplication(0x0101), 100 + kept, bytes.subarray(100 + kept));
      expect(again.fileDigests()).toMatchObject([{ sha256: toHex(sha256(bytes)).toLowerCase() }]);
    },
  );

  it('over bytes that were written before: what the torn write would have covered is no longer vouched for', async () => {
    const card = cards.open({ faults: [{ at: { ins: 0xd6, occurrence: 2 }, effect: { kind: 'torn', bytes: 10 } }] });
    const { driver } = await personalise(card, { files: [[inApplication(0x0101), content(100)]], keys: NO_KEYS });
    await expect(driver.writeFile(inApplication(0x0101), 20, content(50))).rejects.toMatchObject({ code: 'CARD_UNPOWERED' });
    const after = await openDriver(card);
    expect((await after.status()).files).toMatchObject([{ written: 30 }]);
    await expect(after.lock()).rejects.toMatchObject({ sw: 0x6985 });
  });

  it('a torn write that meets no write is nothing, and does not wait for the next one', async () => {
    const card = cards.open({ faults: [{ at: { ins: 0xca }, effect: { kind: 'torn', bytes: 0 } }] });
    connect(card);
    expect(await sw(clearChannel(card), '00CADF20')).toBe('9000');
    const { driver } = await personalise(card, { files: [[inApplication(0x0101), content(10)]], keys: NO_KEYS });
    expect((await driver.status()).files).toMatchObject([{ written: 10 }]);
  });
});

const NO_KEYS = { activeAuthentication: null, chipAuthentication: null };

describe('something else is answered', () => {
  it.each([
    ['a status word', '6F00'],
    ['garbage', 'A5A5A5A5A5'],
    ['no bytes', ''],
  ])('%s, and the command was not executed', async (_name, hex) => {
    const effect: FaultEffect = { kind: 'instead', answer: fromHex(hex) };
    const card = cards.open({ faults: [{ at: { ins: 0xe2 }, effect }] });
    await expect((await openDriver(card)).writeBindingTag(BINDING_TAG)).rejects.toBeInstanceOf(Error);
    expect(card.lifeCycle).toBe('blank');
    await (await openDriver(card)).writeBindingTag(BINDING_TAG);
    expect(card.lifeCycle).toBe('personalising');
  });

  it('silence lasts until the power goes; then the card is as it was', async () => {
    const card = cards.open({ faults: [{ at: 1, effect: { kind: 'silence' } }] });
    connect(card);
    let settled = false;
    const silent = card.process(IDENTITY).finally(() => (settled = true));
    const observed = expect(silent).rejects.toMatchObject({ code: 'CARD_UNPOWERED' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(settled).toBe(false);
    connect(card);
    await observed;
    expect(await sw(clearChannel(card), '00CADF20')).toBe('9000');
  });

  it('a silent card can be closed', async () => {
    const card = cards.open({ faults: [{ at: 1, effect: { kind: 'silence' } }] });
    connect(card);
    const observed = expect(card.process(IDENTITY)).rejects.toMatchObject({ code: 'CARD_UNPOWERED' });
    await Promise.resolve();
    await card.close();
    await observed;
  });
});

describe('a whole card under seeded faults', () => {
  const FILES = [
    { ...inMasterFile(0x011c), bytes: TEST_CARD_ACCESS },
    { ...inApplication(0x0101), bytes: tlv(0x61, content(90)) },
    { ...inApplication(0x0102), bytes: tlv(0x75, content(2000)) },
    { ...inApplication(0x011d), bytes: tlv(0x77, content(700)) },
  ];
  const journal: PersonalisationJournal = { intend: () => Promise.resolve(), outcome: () => Promise.resolve() };

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'seed %i: resumed from what the chip says, it ends locked and byte-identical',
    async (seed) => {
      const card = cards.open({ faults: seededFaults(seed, { commands: 45, faults: 12 }) });
      const reader = inProcessReader();
      const attempt = async (): Promise<void> => {
        reader.insert(card);
        const driver = referenceDriver(await reader.connect(), { commandBytesMax: 400 });
        if ((await driver.identify()).lifeCycle === 'locked') return driver.proveLock();
        await openAsPlant(driver);
        const publicKeys = await prepareChip({ driver, journal, bindingTag: BINDING_TAG, keys: TEST_CHIP_KEYS });
        const secrets = { mrzInformation: MRZ_INFORMATION, can: CAN };
        const content = { bindingTag: BINDING_TAG, publicKeys, secrets, trustPoint: null, files: FILES };
        await personaliseChip({ driver, journal, plan: planPersonalisation(content, driver.capabilities) });
      };
      let failures = 0;
      for (let done = false; !done;) {
        done = await attempt().then(
          () => true,
          () => false,
        );
        failures += done ? 0 : 1;
        expect(failures).toBeLessThanOrEqual(12);
      }
      expect(failures).toBeGreaterThan(3);
      expect(card.lifeCycle).toBe('locked');
      const digests = FILES.map(({ directory, fid, bytes }) => ({
        directory,
        fid,
        size: bytes.length,
        sha256: toHex(sha256(bytes)).toLowerCase(),
      }));
      expect(card.fileDigests()).toEqual(digests.toSorted((a, b) => key(a) - key(b)));
    },
  );
});

function key({ directory, fid }: { readonly directory: string; readonly fid: number }): number {
  return directory === 'MF' ? 0x10000 + fid : fid;
}
