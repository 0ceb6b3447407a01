import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromHex } from '#encoder/bytes';
import { referenceDriver } from '#encoder/drivers';
import {
  confirmLocked,
  fileDigests,
  personalise,
  planPersonalisation,
  prepareChip,
  type FileDigest,
  type PersonalisationJournal,
} from '#encoder/personalisation';
import {
  blankImage,
  imageFolder,
  inApplication,
  inMasterFile,
  TEST_CARD_ACCESS,
  TEST_CHIP_KEYS,
  READER_PROGRAM,
  startTestPcscd,
  type TestPcscd,
  openAsPlant,
  testKeySets,
} from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { RsaKeyPool, VirtualCard, VirtualSlot } from '#encoder/virtual-card';
import { openChildReader } from './child-reader.ts';
import type { CardConnection, Reader } from './reader.ts';

/** One card being made: its chip, its data, and the seat that it was begun in. */
interface Job {
  readonly chipId: string;
  readonly tag: Uint8Array;
  readonly secrets: { readonly mrzInformation: string; readonly can: string };
  readonly files: Parameters<typeof planPersonalisation>[0]['files'];
}

function job(number: number): Job {
  const content = new Uint8Array(300).fill(number);
  return {
    chipId: `040000000000000${number}`,
    tag: new Uint8Array(32).fill(number),
    secrets: { mrzInformation: `00000000${number}7900101${number}3001019`, can: `12345${number}` },
    files: [
      { ...inMasterFile(0x011c), bytes: TEST_CARD_ACCESS },
      { ...inApplication(0x0101), bytes: tlv(0x61, content) },
      { ...inApplication(0x011d), bytes: tlv(0x77, content) },
    ],
  };
}

const JOBS = [job(1), job(2)] as const;
const folder = imageFolder();
const pool = new RsaKeyPool(2);
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
const slots: VirtualSlot[] = [];
const readers: Reader[] = [];
let pcscd: TestPcscd;

beforeAll(async () => {
  pcscd = await startTestPcscd(2);
  for (const { name, port } of pcscd.entries) {
    slots.push(new VirtualSlot({ port }));
    readers.push(await openChildReader(`${name} 00 00`, { program: READER_PROGRAM }));
  }
});
afterAll(async () => {
  for (const reader of readers) await reader.close();
  for (const slot of slots) await slot.remove();
  await pcscd.stop();
  pool.close();
  folder.remove();
});

/** The seat's whole work for one job, with the transport keys of whatever chip it finds: only the binding tag stands in the way. */
async function make(
  connection: CardConnection,
  { tag, secrets, files }: Job,
  intents: string[],
  stopAt?: number,
): Promise<readonly FileDigest[]> {
  const journal: PersonalisationJournal = {
    intend: ({ operation }) => Promise.resolve(void intents.push(operation)),
    outcome: () => Promise.resolve(),
  };
  const driver = referenceDriver(connection);
  const { chipId } = await driver.identify();
  await openAsPlant(driver, testKeySets(fromHex(chipId ?? '')));
  const publicKeys = await prepareChip({ driver, journal, bindingTag: tag, keys: TEST_CHIP_KEYS });
  const plan = planPersonalisation({ bindingTag: tag, publicKeys, secrets, trustPoint: null, files }, driver.capabilities);
  await personalise({
    driver,
    journal,
    plan,
    beforeEach: ({ sequence }) => {
      if (sequence === stopAt) throw new Error('the seat stops here');
    },
  });
  return fileDigests(plan);
}

/** Both seats at once, each with the job that was begun in it. */
async function runBoth(intents: readonly string[][], stopAt?: number): Promise<PromiseSettledResult<readonly FileDigest[]>[]> {
  return Promise.allSettled(
    readers.map(async (reader, index) => {
      const connection = await reader.connect();
      const own = JOBS[index] ?? JOBS[0];
      try {
        return await make(connection, own, intents[index] ?? [], stopAt);
      } finally {
        await connection.disconnect('unpower');
      }
    }),
  );
}

async function chipsSeen(): Promise<(string | null)[]> {
  return Promise.all(
    readers.map(async (reader) => {
      await reader.waitFor(true, 10_000);
      const connection = await reader.connect();
      const { chipId } = await referenceDriver(connection).identify();
      await connection.disconnect('unpower');
      return chipId;
    }),
  );
}

async function restart(entries: TestPcscd['entries']): Promise<void> {
  await pcscd.kill();
  pcscd.lay(entries);
  await pcscd.start();
  // The first call after an outage is told of it; the next one has a process that is new.
  for (const reader of readers) await reader.waitFor(true, 10_000).catch(() => undefined);
}

it('two readers exchange their names between two half-made cards: no byte goes to the wrong chip, and put back, both are finished (invariants C9, E8)', async () => {
  const [first, second] = JOBS;
  for (const [index, { chipId }] of JOBS.entries()) {
    const image = blankImage(folder.path(`${chipId}.image`), { chipId: fromHex(chipId) });
    await slots[index]?.insert(VirtualCard.open(image, { takeRsaKey: pool.take }));
  }
  const begun: string[][] = [[], []];
  for (const result of await runBoth(begun, 4)) expect(result).toMatchObject({ reason: { message: 'the seat stops here' } });
  expect(begun.map((operations) => operations.includes('writeBindingTag'))).toEqual([true, true]);
  expect(await chipsSeen()).toEqual([first.chipId, second.chipId]);

  const [a, b] = pcscd.entries;
  if (a === undefined || b === undefined) throw new Error('two entries are needed');
  await restart([
    { name: b.name, port: a.port },
    { name: a.name, port: b.port },
  ]);
  // What the plant's seat asks first: is it the chip that the delivery note and the books name?
  expect(await chipsSeen()).toEqual([second.chipId, first.chipId]);
  // And what holds when nobody asked: the tag on the chip.
  const swapped: string[][] = [[], []];
  for (const result of await runBoth(swapped)) expect(result).toMatchObject({ reason: { code: 'CHIP_BOUND_TO_ANOTHER' } });
  expect(swapped).toEqual([[], []]);

  await restart(pcscd.entries);
  const finished = await runBoth([[], []]);
  for (const [index, { secrets }] of JOBS.entries()) {
    const result = finished[index];
    if (result?.status !== 'fulfilled') throw new Error('not finished', { cause: result?.reason });
    const connection = await readers[index]?.connect();
    if (connection === undefined) throw new Error('no reader');
    await confirmLocked({ connection, secrets, files: result.value, random });
    await connection.disconnect('unpower');
  }
});
