import { type Codec, type Example, fromHex } from '#encoder/bytes';
import { decodeTagListTemplate, encodeTagListTemplate, type TemplateElement, type TemplateRows } from './tag-list-template.ts';

/** EF.DG11, additional personal details (Doc 9303-10 §4.7.11): `6B { 5C tag list, data objects in its order }`. */
export interface Dg11 {
  /** Each at most once, in the order of the tag list. */
  readonly elements: readonly Dg11Element[];
}

export type Dg11Element = TemplateElement<typeof ROWS>;

/** Doc 9303-10 table 71. */
const ROWS = {
  fullName: { tag: 0x5f0e, kind: 'text' },
  otherNames: { tag: 0x5f0f, kind: 'names' },
  personalNumber: { tag: 0x5f10, kind: 'text' },
  /** YYYYMMDD; zeros for what is unknown. */
  dateOfBirth: { tag: 0x5f2b, kind: 'digits', count: 8 },
  placeOfBirth: { tag: 0x5f11, kind: 'text' },
  permanentAddress: { tag: 0x5f42, kind: 'text' },
  telephone: { tag: 0x5f12, kind: 'text' },
  profession: { tag: 0x5f13, kind: 'text' },
  title: { tag: 0x5f14, kind: 'text' },
  personalSummary: { tag: 0x5f15, kind: 'text' },
  proofOfCitizenship: { tag: 0x5f16, kind: 'image' },
  otherTravelDocuments: { tag: 0x5f17, kind: 'text' },
  custody: { tag: 0x5f18, kind: 'text' },
} as const satisfies TemplateRows;

export const dg11: Codec<Dg11> = {
  encode: ({ elements }) => encodeTagListTemplate(0x6b, ROWS, elements),
  decode: (bytes) => ({ elements: decodeTagListTemplate(bytes, 0x6b, 'DG11', ROWS) }),
};

export const dg11Examples: readonly Example<Dg11>[] = [
  {
    name: 'John J. Smith of Anytown',
    source: 'ICAO Doc 9303-10 A.5, the lengths of 6B and 5F12 corrected',
    value: {
      elements: [
        { name: 'fullName', kind: 'text', text: 'SMITH<<JOHN<J' },
        { name: 'placeOfBirth', kind: 'text', text: 'ANYTOWN<MN' },
        { name: 'permanentAddress', kind: 'text', text: '123 MAPLE RD<ANYTOWN<MN' },
        { name: 'telephone', kind: 'text', text: '16125551212' },
        { name: 'profession', kind: 'text', text: 'TRAVEL<AGENT' },
      ],
    },
    hex: `6B60 5C0A 5F0E 5F11 5F42 5F12 5F13 5F0E0D 534D4954483C3C4A4F484E3C4A 5F110A 414E59544F574E3C4D4E
          5F4217 313233204D41504C452052443C414E59544F574E3C4D4E 5F120B 3136313235353531323132 5F130C 54524156454C3C4147454E54`,
  },
  {
    name: 'two other names in their group, a date with an unknown day, a picture',
    source: 'synthetic, ICAO Doc 9303-10 table 71',
    value: {
      elements: [
        { name: 'fullName', kind: 'text', text: 'Đào' },
        { name: 'otherNames', kind: 'names', form: 'group', names: ['A<<B', 'C'] },
        { name: 'dateOfBirth', kind: 'digits', digits: '19900200', coding: 'ascii' },
        { name: 'proofOfCitizenship', kind: 'image', data: fromHex('FFD8FFD9') },
      ],
    },
    hex: `6B34 5C08 5F0E 5F0F 5F2B 5F16 5F0E05 C490C3A06F A00E 020102 5F0F04 413C3C42 5F0F01 43
          5F2B08 3139393030323030 5F1604 FFD8FFD9`,
  },
  {
    name: 'one other name without a group, a date in BCD',
    source: 'synthetic, forms found on issued documents',
    value: {
      elements: [
        { name: 'otherNames', kind: 'names', form: 'bare', names: ['C'] },
        { name: 'dateOfBirth', kind: 'digits', digits: '19900215', coding: 'bcd' },
      ],
    },
    hex: '6B11 5C04 5F0F 5F2B 5F0F01 43 5F2B04 19900215',
  },
  {
    name: 'the group of other names listed by its own tag, empty',
    source: 'synthetic, ICAO Doc 9303-10 table 71',
    value: { elements: [{ name: 'otherNames', kind: 'names', form: 'group-listed-as-a0', names: [] }] },
    hex: '6B08 5C01 A0 A003 020100',
  },
];
