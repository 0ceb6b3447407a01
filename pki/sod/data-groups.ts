import { decodeOnly, enter } from '#encoder/tlv';
import { SodError } from './sod-error.ts';

/** The tag of each data group, by number (Doc 9303-10 §4.6.1 and §4.7). */
export const DATA_GROUP_TAGS: ReadonlyMap<number, number> = new Map([
  [1, 0x61],
  [2, 0x75],
  [3, 0x63],
  [4, 0x76],
  [5, 0x65],
  [6, 0x66],
  [7, 0x67],
  [8, 0x68],
  [9, 0x69],
  [10, 0x6a],
  [11, 0x6b],
  [12, 0x6c],
  [13, 0x6d],
  [14, 0x6e],
  [15, 0x6f],
  [16, 0x70],
]);

/** The numbers of the data groups that EF.COM lists (tag list 5C, Doc 9303-10 §4.6.1), ascending. */
export function readEfCom(efCom: Uint8Array): readonly number[] {
  try {
    const com = decodeOnly(efCom, 0x60, 'EF.COM');
    enter(com, 0x5f01);
    enter(com, 0x5f36);
    const tags = [...enter(com, 0x5c).rest()];
    com.end();
    const numbers = tags.map((tag) => [...DATA_GROUP_TAGS].find(([, known]) => known === tag)?.[0] ?? 0);
    if (numbers.includes(0) || new Set(numbers).size !== numbers.length) throw new SodError('SOD_EF_COM_INVALID', { where: 'EF.COM/5C' });
    return numbers.toSorted((a, b) => a - b);
  } catch (cause) {
    if (cause instanceof SodError) throw cause;
    throw new SodError('SOD_EF_COM_INVALID', { where: 'EF.COM', cause });
  }
}

/** The file is one data object with the tag of its number and nothing after it. */
export function assertDataGroup(number: number, file: Uint8Array): void {
  const tag = DATA_GROUP_TAGS.get(number);
  if (tag === undefined) throw new SodError('SOD_DATA_GROUP_INVALID', { where: `DG${number}` });
  try {
    decodeOnly(file, tag, `DG${number}`);
  } catch (cause) {
    throw new SodError('SOD_DATA_GROUP_INVALID', { where: `DG${number}`, cause });
  }
}

/** The document code of the MRZ in DG1: its first two characters, the filler taken off (Doc 9303-3 §4.2, Doc 9303-10 §4.7.1). */
export function documentTypeOf(dg1: Uint8Array): string {
  const mrz = enter(decodeOnly(dg1, 0x61, 'DG1'), 0x5f1f).rest();
  return Buffer.from(mrz.subarray(0, 2)).toString('latin1').replace(/<$/, '');
}
