import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import { VirtualSlot, type SlotCard } from '#encoder/virtual-card';
import { openChildReader } from './child-reader.ts';
import { ReaderError } from './reader-error.ts';
import type { Reader } from './reader.ts';
import { READER_PROGRAM, startTestPcscd, type TestPcscd } from '#encoder/testing';

/** pcscd 1.9.9 has no more (ecosystem.md §0.4a). */
const SEATS = 16;
const COMMANDS = 40;
/** How long a seat may be away after the service is back. */
const BACK_MS = 10_000;

/** A card that says in every answer which seat it was laid into, and what it was asked. */
class SeatCard implements SlotCard {
  readonly mute = false;
  readonly answerToReset = fromHex('3B80800101');
  readonly #seat: number;

  constructor(seat: number) {
    this.#seat = seat;
  }

  powerOn(): Uint8Array {
    return this.answerToReset;
  }

  powerOff(): void {}

  process(command: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(answerOf(this.#seat, command));
  }
}

function answerOf(seat: number, command: Uint8Array): Uint8Array {
  return Uint8Array.of(seat, ...command, 0x90, 0x00);
}

let pcscd: TestPcscd;
const slots: VirtualSlot[] = [];
const readers: Reader[] = [];

beforeAll(async () => {
  pcscd = await startTestPcscd(SEATS / 2);
  for (const [seat, { port }] of pcscd.slots.entries()) {
    const slot = new VirtualSlot({ port });
    slots.push(slot);
    await slot.insert(new SeatCard(seat));
  }
  readers.push(...(await Promise.all(pcscd.slots.map(({ name }) => openChildReader(name, { program: READER_PROGRAM })))));
});
afterAll(async () => {
  await Promise.all(readers.map((reader) => reader.close()));
  for (const slot of slots) await slot.remove();
  await pcscd.stop();
});

/** Connects, again and again while the service is away, as a seat does; sends `count` commands, and says which seats' cards answered. */
async function talk(reader: Reader, count: number, untilMs = performance.now()): Promise<Set<number>> {
  for (;;) {
    try {
      const connection = await reader.connect();
      const heard = new Set<number>();
      for (let index = 0; index < count; index += 1) {
        const command = Uint8Array.from({ length: 5 + ((index * 37) % 300) }, (_, at) => (at * 13 + index) & 0xff);
        const answer = await connection.transmit(command);
        const seat = answer[0] ?? -1;
        heard.add(seat);
        expect(toHex(answer)).toBe(toHex(answerOf(seat, command)));
      }
      await connection.disconnect('unpower');
      return heard;
    } catch (error) {
      if (!(error instanceof ReaderError) || performance.now() > untilMs) throw error;
    }
  }
}

const OWN = Array.from({ length: SEATS }, (_, seat) => new Set([seat]));

describe('a full rack: sixteen seats on one host', () => {
  it('all talk at once, and each hears its own card and nothing else', async () => {
    expect(readers).toHaveLength(SEATS);
    const began = performance.now();
    expect(await Promise.all(readers.map((reader) => talk(reader, COMMANDS)))).toEqual(OWN);
    process.stdout.write(`${SEATS} seats × ${COMMANDS} commands in ${Math.round(performance.now() - began)} ms\n`);
  });

  it('a card that is held is nobody else’s: another program is told so', async () => {
    const [reader] = readers;
    if (reader === undefined) throw new Error('no reader');
    const connection = await reader.connect();
    const other = await openChildReader(reader.name, { program: READER_PROGRAM, connectDeadlineMs: 300 });
    await expect(other.connect()).rejects.toMatchObject({ code: 'CARD_IN_USE' });
    await connection.disconnect('unpower');
    expect(await talk(other, 1, performance.now() + BACK_MS)).toEqual(new Set([0]));
    await other.close();
  });

  it('the service is killed in the middle and started again: every seat is back within ten seconds, with its own card', async () => {
    const underWay = readers.map((reader) => talk(reader, 1000).catch((error: unknown) => error));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await pcscd.kill();
    for (const error of await Promise.all(underWay)) expect(error).toMatchObject({ name: 'ReaderError' });
    await pcscd.start();
    const began = performance.now();
    const backAfterMs: number[] = [];
    const heard = readers.map(async (reader) => {
      const own = await talk(reader, 1, began + BACK_MS);
      backAfterMs.push(performance.now() - began);
      return own;
    });
    expect(await Promise.all(heard)).toEqual(OWN);
    process.stdout.write(`seats were back after ${Math.round(Math.min(...backAfterMs))} to ${Math.round(Math.max(...backAfterMs))} ms\n`);
  });

  it('the service comes back with its readers in another order: a seat is a name at a port, and no number', async () => {
    await pcscd.kill();
    pcscd.lay(pcscd.entries.toReversed());
    await pcscd.start();
    const until = performance.now() + BACK_MS;
    expect(await Promise.all(readers.map((reader) => talk(reader, 3, until)))).toEqual(OWN);
  });
});
