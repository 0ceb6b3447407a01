import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import type { Fault } from './faults.ts';
import { makeBlanks } from './maker.ts';
import { CardRack } from './rack.ts';
import { imageFolder, TEST_MASTER } from '#encoder/testing';

/** The reader's end of vpcd's protocol: frames of a two-byte length and a payload. */
class Vpcd {
  readonly server: Server;
  readonly #cards: Socket[] = [];
  readonly #port: number;

  private constructor(server: Server) {
    this.server = server;
    this.#port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#cards.push(socket));
  }

  static async listen(port = 0): Promise<Vpcd> {
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new Vpcd(server);
  }

  get port(): number {
    return this.#port;
  }

  async card(): Promise<Socket> {
    for (let tries = 0; tries < 200; tries += 1) {
      const card = this.#cards.findLast((socket) => !socket.destroyed);
      if (card !== undefined) return card;
      await sleep(10);
    }
    throw new Error('no card came');
  }

  async close(): Promise<void> {
    for (const socket of this.#cards) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

function frame(hex: string): Buffer {
  const payload = fromHex(hex);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(payload.length);
  return Buffer.concat([length, payload]);
}

async function reply(socket: Socket): Promise<string> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < 2 || bytes.length < 2 + bytes.readUInt16BE(0)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  return toHex(bytes.subarray(2));
}

async function ask(socket: Socket, hex: string): Promise<string> {
  const answer = reply(socket);
  socket.write(frame(hex));
  return answer;
}

const folder = imageFolder();
afterAll(folder.remove);
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function bench(
  name: string,
  faults: readonly Fault[] = [],
): Promise<{ vpcd: Vpcd; rack: CardRack; serials: readonly string[]; chipIds: readonly string[] }> {
  let next = 0;
  const path = folder.path(name);
  const note = makeBlanks({
    folder: path,
    masterKey: TEST_MASTER,
    count: 3,
    deliveryNote: 'DN-2',
    lot: '26B',
    random: (length) => Uint8Array.from({ length }, () => (next += 1)),
    defects: { 2: { kind: 'dead' } },
  });
  const vpcd = await Vpcd.listen();
  const rack = new CardRack({ folder: path, places: { 'encode:1': { port: vpcd.port } }, faults: () => faults });
  cleanups.push(
    () => rack.close(),
    () => vpcd.close(),
  );
  return { vpcd, rack, serials: note.blanks.map(({ serial }) => serial), chipIds: note.blanks.map(({ chipId }) => chipId) };
}

describe('a virtual card in a slot of vpcd', () => {
  it('answers ATR, power and commands, whatever packets the frames come in', async () => {
    const { vpcd, rack, serials, chipIds } = await bench('frames');
    await rack.insert(serials[0] ?? '', 'encode:1');
    const socket = await vpcd.card();
    expect(await ask(socket, '04')).toMatch(/^3B898001/);
    socket.write(frame('01'));
    const answer = reply(socket);
    for (const byte of frame('00CADF2000')) {
      socket.write(Buffer.of(byte));
      await sleep(1);
    }
    expect(await answer).toBe(`DF200A0101${chipIds[0]}9000`);
    const both = reply(socket);
    socket.write(Buffer.concat([frame('02'), frame('00B2000000')]));
    expect(await both).toBe('6D00');
  });

  it('a card without power gives no answer: the reader must look again', async () => {
    const { vpcd, rack, serials } = await bench('unpowered');
    await rack.insert(serials[0] ?? '', 'encode:1');
    const socket = await vpcd.card();
    socket.write(frame('00CADF2000'));
    await once(socket, 'close');
    expect(await ask(await vpcd.card(), '04')).toMatch(/^3B898001/);
  });

  it('a card that loses power leaves its reader and is back in it, alive', async () => {
    const { vpcd, rack, serials, chipIds } = await bench('faults', [{ at: 2, effect: { kind: 'after' } }]);
    await rack.insert(serials[0] ?? '', 'encode:1');
    const socket = await vpcd.card();
    socket.write(frame('01'));
    expect(await ask(socket, '00CADF2000')).toBe(`DF200A0101${chipIds[0]}9000`);
    socket.write(frame('00CADF2000'));
    await once(socket, 'close');
    const again = await vpcd.card();
    again.write(frame('01'));
    expect(await ask(again, '00CADF2000')).toBe(`DF200A0101${chipIds[0]}9000`);
  });

  it('a mute card is there and gives an ATR that no reader can take', async () => {
    const { vpcd, rack, serials } = await bench('mute');
    await rack.insert(serials[2] ?? '', 'encode:1');
    expect((await ask(await vpcd.card(), '04')).length / 2).toBeGreaterThan(33);
  });

  it('is plugged in again when vpcd comes back, until it is taken out', async () => {
    const { vpcd, rack, serials } = await bench('restart');
    await rack.insert(serials[0] ?? '', 'encode:1');
    await vpcd.card();
    await vpcd.close();
    cleanups.pop();
    const again = await Vpcd.listen(vpcd.port);
    cleanups.push(() => again.close());
    const socket = await again.card();
    const closed = once(socket, 'close');
    socket.resume();
    await rack.remove('encode:1');
    await closed;
  });

  it('one place holds one card: the next insert takes the first one out', async () => {
    const { vpcd, rack, serials, chipIds } = await bench('swap');
    await rack.insert(serials[0] ?? '', 'encode:1');
    const first = await vpcd.card();
    first.resume();
    await rack.insert(serials[1] ?? '', 'encode:1');
    if (!first.destroyed) await once(first, 'close');
    const second = await vpcd.card();
    second.write(frame('01'));
    expect(await ask(second, '00CADF2000')).toBe(`DF200A0101${chipIds[1]}9000`);
    await expect(rack.insert('VN26B00000099', 'encode:1')).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
    await expect(rack.insert(serials[0] ?? '', 'buffer')).rejects.toThrow(RangeError);
  });
});
