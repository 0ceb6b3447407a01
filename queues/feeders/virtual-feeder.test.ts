import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectFeeder, serveFeeder } from './feeder-socket.ts';
import { FeederError } from './feeder-error.ts';
import type { Feeder, Place } from './feeder.ts';
import { VirtualFeeder, type ContactPlates } from './virtual-feeder.ts';

/** Contact plates that remember what touches them. */
function plates(): ContactPlates & { readonly touching: Map<Place, string>; readonly log: string[] } {
  const touching = new Map<Place, string>();
  const log: string[] = [];
  return {
    touching,
    log,
    insert: (serial, seat) => {
      touching.set(seat, serial);
      log.push(`insert ${serial} ${seat}`);
      return Promise.resolve();
    },
    remove: (seat) => {
      touching.delete(seat);
      log.push(`remove ${seat}`);
      return Promise.resolve();
    },
  };
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardmint-feeder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The port's suite: the machine itself, and the machine behind its socket. */
const KINDS: Readonly<Record<string, (machine: VirtualFeeder) => Promise<{ feeder: Feeder; close: () => Promise<void> }>>> = {
  'the machine': (machine) => Promise.resolve({ feeder: machine, close: () => Promise.resolve() }),
  'its socket': async (machine) => {
    const path = join(folder, 'feeder.sock');
    const server = await serveFeeder(path, machine);
    return { feeder: connectFeeder(path), close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
  },
};

for (const [kind, connect] of Object.entries(KINDS)) {
  describe(`a feeder: ${kind}`, () => {
    it('gives blanks in the order of the stack, and a seat that holds a piece keeps it', async () => {
      const machine = await VirtualFeeder.open(folder, plates());
      await machine.load(['A', 'B', 'C']);
      const { feeder, close } = await connect(machine);
      expect(await feeder.presentBlank('encode:1')).toEqual({ serial: 'A', fresh: true });
      expect(await feeder.presentBlank('encode:2')).toEqual({ serial: 'B', fresh: true });
      expect(await feeder.presentBlank('encode:1')).toEqual({ serial: 'A', fresh: false });
      await feeder.carry('A', 'buffer');
      expect(await feeder.presentBlank('encode:1')).toEqual({ serial: 'C', fresh: true });
      await feeder.carry('B', 'good');
      expect(await feeder.presentBlank('encode:2')).toBeNull();
      await close();
    });

    it('refuses an unknown piece and an occupied place, and moves nothing then', async () => {
      const machine = await VirtualFeeder.open(folder, plates());
      await machine.load(['A', 'B']);
      const { feeder, close } = await connect(machine);
      await feeder.carry('A', 'printer');
      await expect(feeder.carry('B', 'printer')).rejects.toMatchObject({ code: 'FEEDER_PLACE_OCCUPIED' });
      await expect(feeder.carry('Z', 'buffer')).rejects.toMatchObject({ code: 'FEEDER_PIECE_UNKNOWN' });
      await expect(feeder.reseat('encode:4')).rejects.toBeInstanceOf(FeederError);
      expect(await feeder.find('B')).toBe('stack');
      expect(await feeder.at('printer')).toBe('A');
      await close();
    });

    it('photographs what was printed, and nothing where nothing was', async () => {
      const machine = await VirtualFeeder.open(folder, plates());
      await machine.load(['A']);
      const { feeder, close } = await connect(machine);
      await feeder.carry('A', 'printer');
      expect(await feeder.photograph('printer')).toEqual({ front: null, back: null });
      await machine.impress('A', { front: Uint8Array.of(1, 2), back: Uint8Array.of(3) });
      await feeder.carry('A', 'inspect:1');
      expect(await feeder.photograph('inspect:1')).toEqual({ front: Uint8Array.of(1, 2), back: Uint8Array.of(3) });
      await close();
    });
  });
}

describe('the virtual machine', () => {
  it('never prints over a print, whole or torn', async () => {
    const machine = await VirtualFeeder.open(folder, plates());
    await machine.load(['A']);
    await machine.carry('A', 'printer');
    const faces = { front: Uint8Array.of(1), back: Uint8Array.of(2) };
    await machine.impress('A', faces);
    await expect(machine.impress('A', { front: Uint8Array.of(9), back: Uint8Array.of(9) })).rejects.toMatchObject({
      code: 'FEEDER_FACE_PRINTED',
    });
    expect(await machine.photograph('printer')).toEqual(faces);
    await rm(join(folder, 'faces', 'A-back.png'));
    await expect(machine.impress('A', faces)).rejects.toMatchObject({ code: 'FEEDER_FACE_PRINTED' });
  });

  it('has every piece where it lay after its own death, and back on its contacts', async () => {
    const before = await VirtualFeeder.open(folder, plates());
    await before.load(['A', 'B']);
    await before.presentBlank('encode:3');
    const contacts = plates();
    const after = await VirtualFeeder.open(folder, contacts);
    expect(await after.at('encode:3')).toBe('A');
    expect(contacts.touching.get('encode:3')).toBe('A');
    await after.load(['A', 'B', 'C']);
    expect(await after.find('A')).toBe('encode:3');
    expect(await after.find('C')).toBe('stack');
  });

  it('lifts a piece off its contacts before it is anywhere else, and once only', async () => {
    const contacts = plates();
    const machine = await VirtualFeeder.open(folder, contacts);
    await machine.load(['A']);
    await machine.presentBlank('encode:1');
    await machine.carry('A', 'buffer');
    await machine.carry('A', 'buffer');
    await machine.carry('A', 'inspect:2');
    await machine.reseat('inspect:2');
    expect(contacts.log).toEqual(['insert A encode:1', 'remove encode:1', 'insert A inspect:2', 'remove inspect:2', 'insert A inspect:2']);
  });
});
