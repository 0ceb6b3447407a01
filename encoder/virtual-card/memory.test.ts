import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { blankImage, imageFolder } from '#encoder/testing';
import { ChipMemory, FILE_MEMORY_BYTES } from './memory.ts';

const folder = imageFolder();
afterAll(folder.remove);

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at + 1) & 0xff);
let made = 0;
const blank = (): string => blankImage(folder.path(`${(made += 1)}.image`));

describe('several changes in one record', () => {
  it('are all there or none, whatever byte of the record the power went at', () => {
    const path = blank();
    const before = readFileSync(path).length;
    const memory = ChipMemory.open(path, { durable: false });
    memory.together(() => {
      memory.writeBindingTag(bytes(16));
      memory.createFile(0x0101, 20);
      memory.update(0x0101, 0, bytes(20));
      memory.setItem(7, bytes(3));
    });
    expect(memory.file(0x0101)?.content).toEqual(bytes(20));
    memory.close();
    const whole = readFileSync(path);
    const cut = folder.path('cut.image');
    for (let end = before; end <= whole.length; end += 1) {
      writeFileSync(cut, whole.subarray(0, end));
      const found = ChipMemory.open(cut, { durable: false });
      const there = [found.bindingTag !== null, found.file(0x0101)?.written === 20, found.item(7) !== undefined];
      expect(new Set(there), `cut at ${end}`).toEqual(new Set([end === whole.length]));
      found.close();
    }
  });

  it('a change that throws leaves nothing, and the next one is of its own', () => {
    const path = blank();
    const memory = ChipMemory.open(path, { durable: false });
    const failing = () => {
      memory.together(() => {
        memory.createFile(0x0101, 20);
        throw new RangeError('no');
      });
    };
    expect(failing).toThrow(RangeError);
    memory.together(() => {});
    memory.createFile(0x0102, 4);
    memory.close();
    expect(ChipMemory.open(path, { durable: false }).files()).toMatchObject([{ fid: 0x0102 }]);
  });
});

describe('the size of a file', () => {
  it('moves within its first, takes no memory with it, and keeps what lies within', () => {
    const path = blank();
    const memory = ChipMemory.open(path, { durable: false });
    memory.createFile(0x0101, 20);
    memory.update(0x0101, 0, bytes(20));
    memory.resizeFile(0x0101, 5);
    expect(memory.file(0x0101)).toMatchObject({ content: bytes(5), written: 5, capacity: 20 });
    expect(memory.freeBytes).toBe(FILE_MEMORY_BYTES - 20);
    memory.resizeFile(0x0101, 20);
    memory.close();
    expect(ChipMemory.open(path, { durable: false }).file(0x0101)).toMatchObject({ content: bytes(20), written: 5, capacity: 20 });
  });
});
