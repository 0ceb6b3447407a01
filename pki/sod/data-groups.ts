import { DATA_GROUP_TAGS, efCom, type EfCom } from '#encoder/lds';
import { decodeOnly, enter } from '#encoder/tlv';
import { SodError } from './sod-error.ts';

/** EF.COM with the numbers of the data groups that it lists (tag list 5C, Doc 9303-10 §4.6.1) in ascending order. */
export function readEfCom(file: Uint8Array): EfCom {
  try {
    const com = efCom.decode(file);
    return { ...com, dataGroups: com.dataGroups.toSorted((a, b) => a - b) };
  } catch (cause) {
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
