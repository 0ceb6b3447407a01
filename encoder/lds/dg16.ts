import { type Codec, type Example, uintBE } from '#encoder/bytes';
import { decodeOnly, enter, tlv } from '#encoder/tlv';
import { digitBytes, readDigits, readText, textBytes } from './tag-list-template.ts';

/** EF.DG16, persons to notify (Doc 9303-10 §4.7.16): `70 { 02 count, A1 { … }, A2 { … } … }`. */
export interface Dg16 {
  readonly persons: readonly PersonToNotify[];
}

/** Doc 9303-10 table 81: all four are there. */
export interface PersonToNotify {
  /** YYYYMMDD. */
  readonly dateRecorded: string;
  /** As in an MRZ, without fillers at its end. */
  readonly name: string;
  readonly telephone: string;
  readonly address: string;
}

/** The tag of a person is `Ax`, and `x` is one hexadecimal digit that counts from 1. */
const PERSONS_MAX = 15;

export const dg16: Codec<Dg16> = {
  encode({ persons }) {
    if (persons.length === 0 || persons.length > PERSONS_MAX) throw new RangeError(`DG16 names 1 to ${PERSONS_MAX} persons`);
    const templates = persons.map(({ dateRecorded, name, telephone, address }, at) =>
      tlv(
        0xa1 + at,
        tlv(0x5f50, digitBytes(dateRecorded, 8)),
        tlv(0x5f51, textBytes(name)),
        tlv(0x5f52, textBytes(telephone)),
        tlv(0x5f53, textBytes(address)),
      ),
    );
    return tlv(0x70, tlv(0x02, uintBE(persons.length, 1)), ...templates);
  },

  decode(bytes) {
    const outer = decodeOnly(bytes, 0x70, 'DG16');
    const counter = enter(outer, 0x02);
    const count = counter.uint(1, 'count');
    counter.end();
    if (count === 0 || count > PERSONS_MAX) throw counter.error('BYTES_LIMIT', 'count', `${count} persons`);
    const persons = Array.from({ length: count }, (_, at) => {
      const person = enter(outer, 0xa1 + at);
      const dateRecorded = readDigits(enter(person, 0x5f50), 8);
      const [name, telephone, address] = [0x5f51, 0x5f52, 0x5f53].map((tag) => readText(enter(person, tag))) as [string, string, string];
      person.end();
      return { dateRecorded, name, telephone, address };
    });
    outer.end();
    return { persons };
  },
};

export const dg16Examples: readonly Example<Dg16>[] = [
  {
    name: 'two persons',
    source: 'ICAO Doc 9303-10 A.6',
    value: {
      persons: [
        { dateRecorded: '20020101', name: 'SMITH<<CHARLES<R', telephone: '19525551212', address: '123 MAPLE RD<ANYTOWN<MN<55100' },
        { dateRecorded: '20020315', name: 'BROWN<<MARY<J', telephone: '14155551212', address: '49 REDWOOD LN<OCEAN BREEZE<CA<94000' },
      ],
    },
    hex: `7081A2 020102 A14C 5F5008 3230303230313031 5F5110 534D4954483C3C434841524C45533C52 5F520B 3139353235353531323132
          5F531D 313233204D41504C452052443C414E59544F574E3C4D4E3C3535313030 A24F 5F5008 3230303230333135
          5F510D 42524F574E3C3C4D4152593C4A 5F520B 3134313535353531323132
          5F5323 343920524544574F4F44204C4E3C4F4345414E20425245455A453C43413C3934303030`,
  },
];
