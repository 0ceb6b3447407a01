import { ascii, type ByteReader, type Codec, type Example } from '#encoder/bytes';
import { decodeOnly, enter, tlv } from '#encoder/tlv';

/** EF.COM (Doc 9303-10 §4.6.1): `60 { 5F01 version, 5F36 Unicode version, 5C tag list }`. */
export interface EfCom {
  /** Four digits: `0107`. */
  readonly ldsVersion: string;
  /** Six digits: `040000`. */
  readonly unicodeVersion: string;
  /** Data group numbers in the order of their tags in the file, which need not be ascending. */
  readonly dataGroups: readonly number[];
}

/** Tags of DG1 to DG16 (Doc 9303-10 table 34), by data group number. */
export const DATA_GROUP_TAGS: ReadonlyMap<number, number> = new Map(
  [0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70].map((tag, at) => [at + 1, tag]),
);

const DATA_GROUP_OF_TAG: ReadonlyMap<number, number> = new Map(Array.from(DATA_GROUP_TAGS, ([dataGroup, tag]) => [tag, dataGroup]));

export const efCom: Codec<EfCom> = {
  encode({ ldsVersion, unicodeVersion, dataGroups }) {
    if (!/^\d{4}$/.test(ldsVersion) || !/^\d{6}$/.test(unicodeVersion)) throw new RangeError('versions are four and six digits');
    if (new Set(dataGroups).size !== dataGroups.length) throw new RangeError('a data group is listed twice');
    const tags = dataGroups.map((dataGroup) => {
      const tag = DATA_GROUP_TAGS.get(dataGroup);
      if (tag === undefined) throw new RangeError(`there is no DG${dataGroup}`);
      return tag;
    });
    return tlv(0x60, tlv(0x5f01, ascii(ldsVersion)), tlv(0x5f36, ascii(unicodeVersion)), tlv(0x5c, Uint8Array.from(tags)));
  },

  decode(bytes) {
    const com = decodeOnly(bytes, 0x60, 'EF.COM');
    const ldsVersion = digits(enter(com, 0x5f01), 4);
    const unicodeVersion = digits(enter(com, 0x5f36), 6);
    const tags = enter(com, 0x5c);
    com.end();
    const dataGroups: number[] = [];
    while (tags.remaining > 0) {
      const dataGroup = DATA_GROUP_OF_TAG.get(tags.uint(1, 'tag'));
      if (dataGroup === undefined) throw tags.error('BYTES_UNEXPECTED', 'tag', 'not the tag of a data group');
      if (dataGroups.includes(dataGroup)) throw tags.error('BYTES_UNEXPECTED', 'tag', `DG${dataGroup} is listed twice`);
      dataGroups.push(dataGroup);
    }
    return { ldsVersion, unicodeVersion, dataGroups };
  },
};

function digits(reader: ByteReader, count: number): string {
  const text = Buffer.from(reader.take(count, 'version')).toString('latin1');
  reader.end();
  if (!/^\d+$/.test(text)) throw reader.error('BYTES_UNEXPECTED', 'version', 'not digits');
  return text;
}

export const efComExamples: readonly Example<EfCom>[] = [
  {
    name: 'version 1.7 with DG1, DG2, DG4 and DG12',
    source: 'ICAO Doc 9303-10 A.1',
    value: { ldsVersion: '0107', unicodeVersion: '040000', dataGroups: [1, 2, 4, 12] },
    hex: '6016 5F0104 30313037 5F3606 303430303030 5C04 6175766C',
  },
  {
    name: 'the Vietnamese order, DG3 included',
    source: 'synthetic, facts on the Vietnamese card §1.1',
    value: { ldsVersion: '0107', unicodeVersion: '040000', dataGroups: [1, 2, 3, 13, 15, 14] },
    hex: '6018 5F0104 30313037 5F3606 303430303030 5C06 6175636D6F6E',
  },
];
