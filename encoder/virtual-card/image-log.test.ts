import { appendFileSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createImageLog, openImageLog } from './image-log.ts';
import { imageFolder } from '#encoder/testing';

const folder = imageFolder();
afterAll(folder.remove);
const record = (type: number, length: number) => ({ type, payload: Uint8Array.from({ length }, (_, i) => (i + type) & 0xff) });

function imageWith(name: string, ...records: ReturnType<typeof record>[]): string {
  const path = folder.path(name);
  createImageLog(path, record(1, 10));
  const log = openImageLog(path);
  for (const next of records) log.append(next);
  log.close();
  return path;
}

describe('threat: the process of a chip is killed while it writes', () => {
  it('cut at any byte of the last write, the memory holds it whole or not at all, and goes on from there', () => {
    const whole = imageWith('whole.image', record(2, 5), record(3, 40));
    const size = readFileSync(whole).length;
    const before = size - (8 + 1 + 40);
    for (let length = before; length <= size; length += 1) {
      const path = folder.path('cut.image');
      copyFileSync(whole, path);
      truncateSync(path, length);
      const log = openImageLog(path);
      const expected = length === size ? [1, 2, 3] : [1, 2];
      expect(
        log.records.map(({ type }) => type),
        `cut at ${length}`,
      ).toEqual(expected);
      log.append(record(4, 3));
      log.close();
      const again = openImageLog(path);
      expect(again.records.map(({ type }) => type)).toEqual([...expected, 4]);
      again.close();
    }
  });

  it('a last record whose bytes were only partly written counts as not written', () => {
    const path = imageWith('partly.image', record(2, 30));
    const bytes = readFileSync(path);
    bytes.fill(0, bytes.length - 10);
    writeFileSync(path, bytes);
    expect(openImageLog(path).records).toHaveLength(1);
  });
});

describe('threat: somebody else has the image', () => {
  it('two processes on one image: the second write of either is refused', () => {
    const path = imageWith('twice.image');
    const [first, second] = [openImageLog(path), openImageLog(path)];
    first.append(record(2, 3));
    expect(() => second.append(record(2, 3))).toThrow(expect.objectContaining({ code: 'IMAGE_IN_USE' }));
  });

  it('a byte changed in the middle, a foreign file, a length beyond reason, nothing at all', () => {
    const path = imageWith('changed.image', record(2, 30), record(3, 30));
    const bytes = readFileSync(path);
    const changed = Uint8Array.from(bytes);
    changed[40] = (changed[40] ?? 0) ^ 1;
    const huge = Buffer.concat([bytes, Buffer.from('7FFFFFFF0000000000', 'hex')]);
    for (const content of [changed, huge, Buffer.from('something else altogether'), Buffer.alloc(0)]) {
      writeFileSync(path, content);
      expect(() => openImageLog(path)).toThrow(expect.objectContaining({ code: 'IMAGE_CORRUPT' }));
    }
    expect(() => openImageLog(folder.path('none.image'))).toThrow(expect.objectContaining({ code: 'IMAGE_MISSING' }));
    appendFileSync(folder.path('there.image'), 'x');
    expect(() => createImageLog(folder.path('there.image'), record(1, 1))).toThrow(expect.objectContaining({ code: 'IMAGE_EXISTS' }));
  });
});
