import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceDriver } from '#encoder/drivers';
import {
  confirmLocked,
  fileDigests,
  personalise,
  planPersonalisation,
  prepareChip,
  type PersonalisationJournal,
} from '#encoder/personalisation';
import { tlv } from '#encoder/tlv';
import { RsaKeyPool, VirtualCard, VirtualSlot } from '#encoder/virtual-card';
import { fromHex } from '#encoder/bytes';
import {
  blankImage,
  imageFolder,
  inApplication,
  inMasterFile,
  TEST_CARD_ACCESS,
  TEST_CHIP_KEYS,
  startTestPcscd,
  type TestPcscd,
  openAsPlant,
} from '#encoder/testing';
import { openPcscReader } from './pcsc.ts';
import { EchoCard, readerConformance } from './reader.conformance.ts';

let pcscd: TestPcscd;
beforeAll(async () => {
  pcscd = await startTestPcscd(2);
});
afterAll(() => pcscd.stop());

function place(index: number): { readonly name: string; readonly port: number } {
  const slot = pcscd.slots[index];
  if (slot === undefined) throw new Error('no such slot');
  return slot;
}

readerConformance('pcscd with vpcd', async () => {
  const { name, port } = place(0);
  const slot = new VirtualSlot({ port });
  const reader = await openPcscReader(name, { connectDeadlineMs: 1500 });
  return {
    reader,
    insert: (card) => slot.insert(card),
    remove: () => slot.remove(),
    dispose: async () => {
      await slot.remove();
      await reader.close();
    },
  };
});

describe('a card that never answers', () => {
  it('ends in DEADLINE, and the connection with it', async () => {
    const { name, port } = place(1);
    const slot = new VirtualSlot({ port });
    const reader = await openPcscReader(name, { commandDeadlineMs: 200 });
    const card = new EchoCard();
    card.hold = sleep(1000);
    await slot.insert(card);
    const connection = await reader.connect();
    await expect(connection.transmit(Uint8Array.of(0, 0, 0, 0))).rejects.toMatchObject({ code: 'DEADLINE', remedy: 'exit' });
    await expect(connection.transmit(Uint8Array.of(0, 0, 0, 0))).rejects.toMatchObject({ code: 'DEADLINE' });
    await card.hold;
    await slot.remove();
    await reader.close();
  });
});

describe('a whole card through the real pcscd', () => {
  const folder = imageFolder();
  const pool = new RsaKeyPool(1);
  const slots = new Map<number, VirtualSlot>();
  afterAll(async () => {
    for (const slot of slots.values()) await slot.remove();
    pool.close();
    folder.remove();
  });
  const slotAt = (index: number): VirtualSlot => {
    const slot = slots.get(index) ?? new VirtualSlot({ port: place(index).port });
    slots.set(index, slot);
    return slot;
  };
  const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
  const TAG = new Uint8Array(32).fill(9);
  const FILES = [0x011c, 0x0101, 0x0102, 0x011d].map((fid, i) => ({
    ...(i === 0 ? inMasterFile(fid) : inApplication(fid)),
    bytes: i === 0 ? TEST_CARD_ACCESS : tlv(0x60 + i, new Uint8Array(500 * 4 ** i).fill(i)),
  }));
  const journal: PersonalisationJournal = { intend: () => Promise.resolve(), outcome: () => Promise.resolve() };

  it('torn out in the middle, put into another reader, resumed, locked, and read back as its holder would', async () => {
    const card = VirtualCard.open(blankImage(folder.path('whole.image')), { takeRsaKey: pool.take });
    const runSeat = async (index: number, tearAt?: number): Promise<number> => {
      const reader = await openPcscReader(place(index).name);
      await slotAt(index).insert(card);
      try {
        const connection = await reader.connect();
        const driver = referenceDriver(connection);
        expect(await driver.identify()).toMatchObject({ chipId: '0400112233445566' });
        await openAsPlant(driver);
        const publicKeys = await prepareChip({ driver, journal, bindingTag: TAG, keys: TEST_CHIP_KEYS });
        const plan = planPersonalisation(
          { bindingTag: TAG, publicKeys, secrets: SECRETS, trustPoint: null, files: FILES },
          driver.capabilities,
        );
        const tear = async ({ sequence }: { sequence: number }): Promise<void> => {
          if (sequence === tearAt) await slotAt(index).remove();
        };
        const { stepsDone } = await personalise({ driver, journal, plan, beforeEach: tear });
        await connection.disconnect('unpower');
        const files = fileDigests(plan);
        const read = await reader.connect();
        await confirmLocked({ connection: read, secrets: SECRETS, files, random: (length) => Uint8Array.from(randomBytes(length)) });
        await read.disconnect('unpower');
        return stepsDone;
      } finally {
        await slotAt(index).remove();
        await reader.close();
      }
    };
    await expect(runSeat(2, 6)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    const left = await runSeat(3);
    expect(left).toBeLessThan(11);
    expect(card.lifeCycle).toBe('locked');
  });

  it('two cards in the two slots of one reader, swapped quickly: each answers for itself', async () => {
    const [first, second] = ['0400000000000001', '0400000000000002'].map((id) =>
      VirtualCard.open(blankImage(folder.path(`${id}.image`), { chipId: fromHex(id) }), { takeRsaKey: pool.take }),
    );
    if (first === undefined || second === undefined) throw new Error('no cards');
    const readers = await Promise.all([openPcscReader(place(2).name), openPcscReader(place(3).name)]);
    const chipAt = async (index: number): Promise<string | null> => {
      const connection = await (readers[index - 2] ?? readers[0]).connect();
      const { chipId } = await referenceDriver(connection).identify();
      await connection.disconnect('unpower');
      return chipId;
    };
    await Promise.all([slotAt(2).insert(first), slotAt(3).insert(second)]);
    expect(await Promise.all([chipAt(2), chipAt(3)])).toEqual(['0400000000000001', '0400000000000002']);
    await Promise.all([slotAt(2).remove(), slotAt(3).remove()]);
    await Promise.all([slotAt(2).insert(second), slotAt(3).insert(first)]);
    expect(await Promise.all([chipAt(2), chipAt(3)])).toEqual(['0400000000000002', '0400000000000001']);
    for (const reader of readers) await reader.close();
  });

  it('torn for good at an update: the reader is empty, and when it is put back it is mute', async () => {
    const path = blankImage(folder.path('torn.image'), { defect: { kind: 'tornAtUpdate', update: 2 } });
    const card = VirtualCard.open(path, { takeRsaKey: pool.take });
    const reader = await openPcscReader(place(2).name);
    await slotAt(2).insert(card);
    const driver = referenceDriver(await reader.connect());
    await openAsPlant(driver);
    const publicKeys = await prepareChip({ driver, journal, bindingTag: TAG, keys: TEST_CHIP_KEYS });
    const plan = planPersonalisation(
      { bindingTag: TAG, publicKeys, secrets: SECRETS, trustPoint: null, files: FILES },
      driver.capabilities,
    );
    await expect(personalise({ driver, journal, plan })).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    await reader.waitFor(false, 5000);
    await slotAt(2).insert(card);
    await reader.waitFor(true, 5000);
    await expect(reader.connect()).rejects.toMatchObject({ code: 'CARD_MUTE' });
    await reader.close();
  });
});

describe('the service', () => {
  it('killed and started again: the old reader says so, a new one finds the card where it lay', async () => {
    const { name, port } = place(0);
    const slot = new VirtualSlot({ port });
    await slot.insert(new EchoCard());
    const reader = await openPcscReader(name);
    const connection = await reader.connect();
    await pcscd.kill();
    await expect(connection.transmit(Uint8Array.of(0, 0, 0, 0))).rejects.toMatchObject({ name: 'ReaderError' });
    await expect(reader.connect()).rejects.toMatchObject({ code: 'SERVICE_GONE', remedy: 'reopen' });
    await reader.close();
    await expect(openPcscReader(name, { openDeadlineMs: 300 })).rejects.toMatchObject({ code: 'SERVICE_GONE' });
    await pcscd.start();
    const again = await openPcscReader(name);
    await again.waitFor(true, 10_000);
    const next = await again.connect();
    expect((await next.transmit(Uint8Array.of(0, 0, 0, 0, 0))).length).toBe(5);
    await slot.remove();
    await again.close();
  });

  it('has no reader of that name', async () => {
    await expect(openPcscReader('No Such Reader 00 00', { openDeadlineMs: 300 })).rejects.toMatchObject({ code: 'READER_GONE' });
  });
});
