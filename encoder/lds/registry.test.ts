import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import { DATA_GROUP_TAGS, directoryOf, ELEMENTARY_FILES, fileById, fileByName, fileOfDataGroup } from './index.ts';
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

  test('is there: every file of an LDS1 application and of its master file, but DG6 and DG8 to DG10, which nobody has defined', () => {
    const dataGroups = [1, 2, 3, 4, 5, 7, 11, 12, 13, 14, 15, 16].map((number) => `EF.DG${number}`);
    const others = ['EF.ATR/INFO', 'EF.COM', 'EF.CVCA', 'EF.CardAccess', 'EF.CardSecurity', 'EF.DIR', 'EF.SOD'];
    expect(ELEMENTARY_FILES.map(({ name }) => name).toSorted()).toEqual([...dataGroups, ...others].toSorted());
  });

  test('has at least one example', () => {
    expect(ELEMENTARY_FILES.length).toBeGreaterThan(0);
    expect(ELEMENTARY_FILES.filter(({ examples }) => examples.length === 0)).toEqual([]);
  });

  test.each(['MF', 'eMRTD'] as const)(
    'has its own tag, file identifier and short file identifier in %s (Doc 9303-10 table 34)',
    (directory) => {
      const files = ELEMENTARY_FILES.filter((file) => directoryOf(file) === directory);
      for (const key of ['tag', 'fileId', 'shortFileId'] as const) {
        expect(new Set(files.map((file) => file[key])).size).toBe(files.length);
      }
      for (const { name, fileId, shortFileId, dataGroup, tag } of files) {
        // Table 30: EF.DIR alone has a short identifier that its file identifier does not end with.
        if (name !== 'EF.DIR') expect(fileId & 0xff).toBe(shortFileId);
        if (dataGroup !== undefined) expect([fileId, tag]).toEqual([0x0100 + dataGroup, DATA_GROUP_TAGS.get(dataGroup)]);
      }
    },
  );

  test('is found by its name, its data group and its identifier', () => {
    for (const file of ELEMENTARY_FILES) {
      expect(fileByName(file.name)).toBe(file);
      expect(fileById(file.fileId, directoryOf(file))).toBe(file);
      if (file.dataGroup !== undefined) expect(fileOfDataGroup(file.dataGroup)).toBe(file);
    }
    expect(fileOfDataGroup(8)).toBeUndefined();
    expect(fileById(0x0101, 'MF')).toBeUndefined();
    expect(fileById(0x2f00, 'eMRTD')).toBeUndefined();
  });

  test('begins with its tag', () => {
    for (const { tag, examples } of ELEMENTARY_FILES) {
      for (const { hex } of examples) expect(fromHex(hex)[0]).toBe(tag);
    }
  });
});
