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
import { encodeFaceImageData, readFaceImageData, type FaceImageData } from './face-image/face-image-data.ts';
import { encodeFacialRecord, PLAIN_FACE, readFacialRecord, type FacialRecord } from './face-image/facial-record.ts';
import { firstGeneration, thirdGeneration, VERSION_2019 } from './iso-39794.ts';
import { readPortraitHeader, type PortraitHeader } from './face-image/portrait.ts';

/** EF.DG2 (Doc 9303-10 §4.7.2): `75 { 7F61 … }`, one template an encoding of the face. */
export interface Dg2 {
  readonly faces: readonly BiometricTemplate<FaceRecord>[];
}

/** A record of ISO/IEC 19794-5:2005, or of ISO/IEC 39794-5 where the header says so; both have `images` with their `data`. */
export type FaceRecord = FacialRecord | FaceImageData;

/** Doc 9303-10 tables 44 and 45: 1 to 9 encodings; §4.5.6: the tag of the block tells which standard it follows. */
const FACES: TemplateRules<FaceRecord> = {
  least: 1,
  most: 9,
  biometricType: 0x02,
  subtypeRequired: false,
  formats: new Map([
    [0x0008, { tag: 0x5f2e, encode: (record) => encodeFacialRecord(firstGeneration(record)), read: readFacialRecord }],
    [0x002a, { tag: 0x7f2e, encode: (record) => encodeFaceImageData(thirdGeneration(record)), read: readFaceImageData }],
  ]),
};

/**
 * The header A1 of Vietnamese cards: type `02` (face), no sub-type, owner `0101` (JTC 1/SC 37), format `0008`
 * (ISO/IEC 19794-5); no header version, no dates, no creator. With it and no feature points the picture starts at byte 84.
 */
export const FACE_HEADER: BiometricHeader = { type: Uint8Array.of(0x02), subtype: 0, formatOwner: JTC1_SC37, formatType: 0x0008 };

/** The same for ISO/IEC 39794-5, format `002A`. */
const FACE_HEADER_39794: BiometricHeader = { ...FACE_HEADER, formatType: 0x002a };

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

export type FaceStandard = 'ISO/IEC 19794-5' | 'ISO/IEC 39794-5';

/**
 * DG2 with one portrait, whose size is read from its headers. The picture goes in byte for byte.
 *
 * @param portrait a JPEG file, a JP2 file or a JPEG 2000 codestream; one that is cut or has no picture is a `DecodeError`
 * @param standard of the data block; from 2030 on issuers of passports must use ISO/IEC 39794-5 (Doc 9303-10 §4.5.6)
 */
export function dg2Of(portrait: Uint8Array, standard: FaceStandard = 'ISO/IEC 19794-5'): Dg2 {
  const header = readPortraitHeader(portrait);
  if (standard === 'ISO/IEC 39794-5') return { faces: [{ header: FACE_HEADER_39794, record: faceImageDataOf(portrait, header) }] };
  const { width, height } = header;
  const kind = { dataType: header.compression === 'JPEG' ? 0 : 1, colourSpace: header.grey ? 3 : 1 };
  return { faces: [{ header: FACE_HEADER, record: { images: [{ ...PLAIN_FACE, ...kind, width, height, data: portrait }] } }] };
}

function faceImageDataOf(data: Uint8Array, { compression, reversible, width, height, grey }: PortraitHeader): FaceImageData {
  const image = {
    representationId: 0,
    data,
    dataFormat: compression === 'JPEG' ? 2 : reversible ? 4 : 3,
    faceImageKind: 0,
    size: { width, height },
    colourSpace: grey ? 5 : 2,
    others: { information: [], image: [], representation: [] },
  };
  return { version: VERSION_2019, images: [image] };
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
  {
    name: 'ISO/IEC 39794-5, mandatory members only',
    source: 'synthetic, ICAO Doc 9303-10 §4.5.6 and ISO/IEC 39794-5:2019 in the ICAO application profile for eMRTDs',
    value: {
      faces: [
        {
          header: { formatOwner: JTC1_SC37, formatType: 0x002a },
          record: {
            version: VERSION_2019,
            images: [{ representationId: 0, data: PICTURE, dataFormat: 3, others: { information: [], image: [], representation: [] } }],
          },
        },
      ],
    },
    hex: `753D 7F613A 020101 7F6034 A108 87020101 8802002A 7F2E27
          A125 6523 A007 800103 810207E3 A118 3016 800100 A111 A00F A00D 8004 ${toHex(PICTURE)} A105 A003 800103`,
  },
  {
    name: 'ISO/IEC 39794-5, optional members of every block',
    source: 'synthetic, as above',
    value: {
      faces: [
        {
          header: FACE_HEADER_39794,
          record: {
            version: VERSION_2019,
            images: [
              {
                representationId: 200,
                data: PICTURE,
                dataFormat: 2,
                faceImageKind: 0,
                size: { width: 413, height: 531 },
                colourSpace: 2,
                others: {
                  information: [{ tag: 0x84, value: fromHex('05DC') }],
                  image: [{ tag: 0xa2, value: fromHex('A003800101') }],
                  representation: [
                    { tag: 0xa2, value: fromHex('800207E8 81010A') },
                    { tag: 0x85, value: fromHex('01') },
                  ],
                },
              },
            ],
          },
        },
      ],
    },
    hex: `756F 7F616C 020101 7F6066 A10E 810102 820100 87020101 8802002A 7F2E53
          A151 654F A007 800103 810207E3 A144 3042 800200C8 A130 A02E A02C 8004 ${toHex(PICTURE)}
          A11D A003 800102 A103 800100 840205DC A708 8002019D 81020213 A903 800102
          A205 A003800101
          A207 800207E8 81010A 850101`,
  },
];
