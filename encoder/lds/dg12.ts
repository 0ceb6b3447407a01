import { type Codec, type Example, fromHex } from '#encoder/bytes';
import { decodeTagListTemplate, encodeTagListTemplate, type TemplateElement, type TemplateRows } from './tag-list-template.ts';

/** EF.DG12, additional document details (Doc 9303-10 §4.7.12): `6C { 5C tag list, data objects in its order }`. */
export interface Dg12 {
  /** Each at most once, in the order of the tag list. */
  readonly elements: readonly Dg12Element[];
}

export type Dg12Element = TemplateElement<typeof ROWS>;

/** Doc 9303-10 table 73. */
const ROWS = {
  issuingAuthority: { tag: 0x5f19, kind: 'text' },
  /** YYYYMMDD. */
  dateOfIssue: { tag: 0x5f26, kind: 'digits', count: 8 },
  otherPersons: { tag: 0x5f1a, kind: 'names' },
  endorsements: { tag: 0x5f1b, kind: 'text' },
  taxOrExitRequirements: { tag: 0x5f1c, kind: 'text' },
  imageOfFront: { tag: 0x5f1d, kind: 'image' },
  imageOfRear: { tag: 0x5f1e, kind: 'image' },
  /** YYYYMMDDhhmmss. */
  personalizationTime: { tag: 0x5f55, kind: 'digits', count: 14 },
  personalizationSystem: { tag: 0x5f56, kind: 'text' },
} as const satisfies TemplateRows;

export const dg12: Codec<Dg12> = {
  encode: ({ elements }) => encodeTagListTemplate(0x6c, ROWS, elements),
  decode: (bytes) => ({ elements: decodeTagListTemplate(bytes, 0x6c, 'DG12', ROWS) }),
};

export const dg12Examples: readonly Example<Dg12>[] = [
  {
    name: 'every element',
    source: 'synthetic, ICAO Doc 9303-10 table 73',
    value: {
      elements: [
        { name: 'issuingAuthority', kind: 'text', text: 'Hà Nội' },
        { name: 'dateOfIssue', kind: 'digits', digits: '20210510', coding: 'ascii' },
        { name: 'otherPersons', kind: 'names', form: 'group', names: ['A<<B'] },
        { name: 'endorsements', kind: 'text', text: 'E' },
        { name: 'taxOrExitRequirements', kind: 'text', text: '' },
        { name: 'imageOfFront', kind: 'image', data: fromHex('FFD8FFD9') },
        { name: 'imageOfRear', kind: 'image', data: fromHex('FFD8FFD9') },
        { name: 'personalizationTime', kind: 'digits', digits: '20210510083000', coding: 'ascii' },
        { name: 'personalizationSystem', kind: 'text', text: 'VN-1' },
      ],
    },
    hex: `6C64 5C12 5F19 5F26 5F1A 5F1B 5F1C 5F1D 5F1E 5F55 5F56 5F1909 48C3A0204EE1BB9969 5F2608 3230323130353130
          A00A 020101 5F1A04 413C3C42 5F1B01 45 5F1C00 5F1D04 FFD8FFD9 5F1E04 FFD8FFD9
          5F550E 3230323130353130303833303030 5F5604 564E2D31`,
  },
  {
    name: 'dates in BCD, in an order of their own',
    source: 'synthetic, ICAO Doc 9303-10 §4.7.12 (inspection systems support both codings)',
    value: {
      elements: [
        { name: 'personalizationTime', kind: 'digits', digits: '20161115013612', coding: 'bcd' },
        { name: 'dateOfIssue', kind: 'digits', digits: '20161115', coding: 'bcd' },
      ],
    },
    hex: '6C17 5C04 5F55 5F26 5F5507 20161115013612 5F2604 20161115',
  },
];
