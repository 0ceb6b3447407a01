import { type Codec, type Example, fromHex, toHex } from '#encoder/bytes';
import { decodeOnly, tlv } from '#encoder/tlv';
import {
  encodeTemplates,
  JTC1_SC37,
  readTemplates,
  type BiometricHeader,
  type BiometricTemplate,
  type TemplateRules,
} from './biometric-template.ts';
import { encodeFacialRecord, PLAIN_FACE, readFacialRecord, type FacialRecord } from './face-image/facial-record.ts';
import { readJpegHeader } from './face-image/jpeg.ts';

/** EF.DG2 (Doc 9303-10 §4.7.2): `75 { 7F61 … }`, one template a facial record. */
export interface Dg2 {
  readonly faces: readonly BiometricTemplate<FacialRecord>[];
}

/** Doc 9303-10 tables 44 and 45: 1 to 9 encodings. */
const FACES: TemplateRules<FacialRecord> = {
  least: 1,
  most: 9,
  biometricType: 0x02,
  subtypeRequired: false,
  formats: new Map([[0x0008, { tag: 0x5f2e, encode: encodeFacialRecord, read: readFacialRecord }]]),
};

/**
 * The header A1 of Vietnamese cards: type `02` (face), no sub-type, owner `0101` (JTC 1/SC 37), format `0008`
 * (ISO/IEC 19794-5); no header version, no dates, no creator. With it and no feature points the picture starts at byte 84.
 */
export const FACE_HEADER: BiometricHeader = { type: Uint8Array.of(0x02), subtype: 0, formatOwner: JTC1_SC37, formatType: 0x0008 };

/** Where public readers of the Vietnamese card look for the first byte of the picture. */
export const PORTRAIT_OFFSET = 84;
/** The shortest picture for which all five lengths before it take their three-byte form, so that it starts at byte 84. */
export const PORTRAIT_BYTES_LEAST = 256 - 46;

export const dg2: Codec<Dg2> = {
  encode: ({ faces }) => tlv(0x75, encodeTemplates(faces, FACES)),

  decode(bytes) {
    const outer = decodeOnly(bytes, 0x75, 'DG2');
    const faces = readTemplates(outer, FACES);
    outer.end();
    return { faces };
  },
};

/**
 * DG2 with one portrait, whose size is read from its frame header. The picture goes in byte for byte.
 *
 * @param portrait a JPEG file; one that is cut or has no frame is a `DecodeError`
 */
export function dg2Of(portrait: Uint8Array): Dg2 {
  const { width, height, components } = readJpegHeader(portrait, 'portrait');
  const image = { ...PLAIN_FACE, colourSpace: components === 1 ? 3 : 1, width, height, data: portrait };
  return { faces: [{ header: FACE_HEADER, record: { images: [image] } }] };
}

/** A picture of one by one pixel would do for the codec; these bytes are only told apart from others. */
const PICTURE = fromHex('FFD8FFD9');

export const dg2Examples: readonly Example<Dg2>[] = [
  {
    name: 'the header of Vietnamese cards around a placeholder',
    source: 'synthetic, facts on the Vietnamese card §1.4',
    value: { faces: [{ header: FACE_HEADER, record: { images: [{ ...PLAIN_FACE, width: 413, height: 531, data: PICTURE }] } }] },
    hex: `754E 7F614B 020101 7F6045 A10E 810102 820100 87020101 88020008 5F2E32
          46414300 30313000 00000032 0001
          00000024 0000 00 00 00 000000 0000 000000 000000
          01 00 019D 0213 01 02 0000 0000 ${toHex(PICTURE)}`,
  },
  {
    name: 'every optional element of the header, one feature point',
    source: 'synthetic, header elements as printed in ICAO Doc 9303-10 A.3',
    value: {
      faces: [
        {
          header: {
            version: fromHex('0101'),
            type: fromHex('02'),
            subtype: 0,
            created: fromHex('20020315133000'),
            validity: fromHex('2002040120070331'),
            creator: fromHex('00010001'),
            formatOwner: 0x0101,
            formatType: 0x0008,
          },
          record: { images: [{ ...PLAIN_FACE, featurePoints: [fromHex('010C000100020000')], width: 2, height: 3, data: PICTURE }] },
        },
      ],
    },
    hex: `7573 7F6170 020101 7F606A A12B 80020101 810102 820100 830720020315133000 85082002040120070331 860400010001 87020101 88020008
          5F2E3A 46414300 30313000 0000003A 0001 0000002C 0001 00 00 00 000000 0000 000000 000000 010C000100020000
          01 00 0002 0003 01 02 0000 0000 ${toHex(PICTURE)}`,
  },
];
