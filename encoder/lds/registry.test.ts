import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import { DATA_GROUP_TAGS, ELEMENTARY_FILES, fileById, fileByName, fileOfDataGroup } from './index.ts';
import { ldsSecurityObject, ldsSecurityObjectExamples } from './lds-security-object.ts';

const rows = ELEMENTARY_FILES.flatMap(({ name, codec, examples }) =>
  examples.map((example) => ({ title: `${name}: ${example.name}`, codec, example })),
);
const structures = ldsSecurityObjectExamples.map((example) => ({
  title: `LDSSecurityObject: ${example.name}`,
  codec: ldsSecurityObject,
  example,
}));

describe('every file of the registry', () => {
  test.each([...rows, ...structures])('$title, both ways', ({ codec, example }) => {
    expect(toHex(codec.encode(example.value as never))).toBe(toHex(fromHex(example.hex)));
    expect(codec.decode(fromHex(example.hex))).toEqual(example.value);
  });

  test('has at least one example', () => {
    expect(ELEMENTARY_FILES.length).toBeGreaterThan(0);
    expect(ELEMENTARY_FILES.filter(({ examples }) => examples.length === 0)).toEqual([]);
  });

  test('has its own tag, file identifier and short file identifier (Doc 9303-10 table 34)', () => {
    for (const key of ['tag', 'fileId', 'shortFileId'] as const) {
      expect(new Set(ELEMENTARY_FILES.map((file) => file[key])).size).toBe(ELEMENTARY_FILES.length);
    }
    for (const { fileId, shortFileId, dataGroup, tag } of ELEMENTARY_FILES) {
      expect(fileId & 0xff).toBe(shortFileId);
      if (dataGroup !== undefined) expect([fileId, tag]).toEqual([0x0100 + dataGroup, DATA_GROUP_TAGS.get(dataGroup)]);
    }
  });

  test('is found by its name, its data group and its identifier', () => {
    for (const file of ELEMENTARY_FILES) {
      expect(fileByName(file.name)).toBe(file);
      expect(fileById(file.fileId)).toBe(file);
      if (file.dataGroup !== undefined) expect(fileOfDataGroup(file.dataGroup)).toBe(file);
    }
    expect(fileOfDataGroup(8)).toBeUndefined();
  });

  test('begins with its tag', () => {
    for (const { tag, examples } of ELEMENTARY_FILES) {
      for (const { hex } of examples) expect(fromHex(hex)[0]).toBe(tag);
    }
  });
});
