import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkReaders } from './pcscd.ts';
import { askReaders } from './pcscd-protocol.ts';

/** What answers on the socket may be anything: each case is a server that is not the pcscd we hoped for. */
describe('asking a pcscd for its readers', () => {
  let folder: string;
  let server: Server | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cm-pcsc-'));
  });

  afterEach(async () => {
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    rmSync(folder, { recursive: true, force: true });
  });

  const serve = async (answer: (socket: Socket) => void): Promise<string> => {
    const path = join(folder, 's');
    server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      answer(socket);
    });
    await new Promise<void>((resolve) => server?.listen(path, resolve));
    return path;
  };

  it('gives up on one that says nothing', async () => {
    const path = await serve(() => undefined);
    await expect(askReaders(path, 50)).rejects.toThrow('does not answer');
  });

  it('refuses one that closes, and one that is not there', async () => {
    const path = await serve((socket) => socket.destroy());
    await expect(askReaders(path)).rejects.toThrow();
    await expect(askReaders(join(folder, 'nowhere'))).rejects.toThrow('ENOENT');
  });

  it('refuses another protocol', async () => {
    const path = await serve((socket) => socket.write(Buffer.alloc(12, 0xff)));
    await expect(askReaders(path)).rejects.toThrow('another protocol');
  });

  it('reads the names in any rows, byte by byte, and whether a card is there', async () => {
    const version = Buffer.alloc(12);
    version.writeInt32LE(4, 0);
    version.writeInt32LE(4, 4);
    const rows = Buffer.alloc(16 * 184);
    rows.write('Reader one', 0);
    rows.write('Reader two', 3 * 184);
    rows.writeUInt32LE(0x34, 3 * 184 + 132);
    const path = await serve((socket) => {
      for (const byte of Buffer.concat([version, rows])) socket.write(Uint8Array.of(byte));
    });
    expect(await askReaders(path)).toEqual([
      { name: 'Reader one', cardPresent: false },
      { name: 'Reader two', cardPresent: true },
    ]);
  });

  it('a seat whose reader is told from another one by its number alone is refused (READERS_ALIKE)', async () => {
    const version = Buffer.alloc(12);
    version.writeInt32LE(4, 0);
    const rows = Buffer.alloc(16 * 184);
    rows.write('ACS ACR39U 00 00', 0);
    rows.write('ACS ACR39U 01 00', 184);
    rows.write('Line A 02 00', 2 * 184);
    const path = await serve((socket) => socket.write(Buffer.concat([version, rows])));
    await checkReaders(path, [{ readerName: 'Line A 02 00' }]);
    const wanted = [{ readerName: 'Line A 02 00' }, { readerName: 'ACS ACR39U 00 00' }];
    await expect(checkReaders(path, wanted)).rejects.toMatchObject({ code: 'READERS_ALIKE', where: 'ACS ACR39U 00 00' });
  });
});
