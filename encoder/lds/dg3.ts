import { type ByteReader, type Codec, type Example, fromHex, toHex } from '#encoder/bytes';
import { decodeAdditionalBiometrics, encodeAdditionalBiometrics } from './additional-biometrics.ts';
import { JTC1_SC37, type BiometricHeader, type BiometricTemplate, type TemplateRules } from './biometric-template.ts';
import { encodeFingerRecord, FINGER_POSITION_MAX, readFingerRecord, type FingerRecord } from './finger-image/finger-record.ts';
import { encodeFingerImageData, readFingerImageData, type FingerImageData } from './finger-image/finger-image-data.ts';
import { fingerRecordOf } from './finger-image/png-finger.ts';
import { firstGeneration, thirdGeneration, VERSION_2019 } from './iso-39794.ts';

/** EF.DG3 (Doc 9303-10 §4.7.3): `63 { 7F61 … }`, one template a finger; without a finger `63 { 7F61 { 02 00 }, 53 … }`. */
export interface Dg3 {
  readonly fingers: readonly BiometricTemplate<FingerRecord | FingerImageData>[];
  /** 53, only where there are no fingers: random bytes, so that the hash of an empty DG3 tells nobody that it is empty. */
  readonly issuerContent?: Uint8Array;
}

/** Doc 9303-10 table 47; §4.5.6: the tag of the block tells which standard it follows. */
const FINGERS: TemplateRules<FingerRecord | FingerImageData> = {
  least: 0,
  most: FINGER_POSITION_MAX,
  biometricType: 0x08,
  subtypeRequired: true,
  formats: new Map([
    [
      0x0007,
      {
        tag: 0x5f2e,
        encode: (record) => encodeFingerRecord(firstGeneration(record)),
        read: (block, header) => agreeing(block, header, readFingerRecord(block)),
      },
    ],
    [
      0x0028,
      {
        tag: 0x7f2e,
        encode: (record) => encodeFingerImageData(thirdGeneration(record)),
        read: (block, header) => agreeing(block, header, readFingerImageData(block)),
      },
    ],
  ]),
};

export const dg3: Codec<Dg3> = {
  encode: ({ fingers, ...others }) => encodeAdditionalBiometrics(0x63, { templates: fingers, ...others }, FINGERS),

  decode(bytes) {
    const { templates, ...others } = decodeAdditionalBiometrics(bytes, 0x63, 'DG3', FINGERS);
    return { fingers: templates, ...others };
  },
};

/** Positions of ISO/IEC 19794-4 table 5. */
const RIGHT_INDEX = 2;
const LEFT_INDEX = 7;

/**
 * DG3 with both index fingers, right before left. The pictures go in byte for byte, as PNG; their size and depth are read
 * from their headers. A holder without one of the two has `{ fingers: [fingerOf(…)] }`, without both `{ fingers: [], issuerContent }`.
 *
 * @param images grey PNG files at 500 pixels an inch; one that is cut, coloured or too large for the record is a `DecodeError`
 */
export function dg3Of(images: { readonly rightIndexFinger: Uint8Array; readonly leftIndexFinger: Uint8Array }): Dg3 {
  return {
    fingers: [
      fingerOf(RIGHT_INDEX, images.rightIndexFinger, 'rightIndexFinger'),
      fingerOf(LEFT_INDEX, images.leftIndexFinger, 'leftIndexFinger'),
    ],
  };
}

/** One finger of DG3; `position` is 1 to 5 for the right hand from thumb to little finger, 6 to 10 for the left. */
export function fingerOf(position: number, png: Uint8Array, path = 'finger'): BiometricTemplate<FingerRecord> {
  return { header: fingerHeader(position), record: fingerRecordOf(position, png, path) };
}

/** The header A1 of Doc 9303-10 tables 51 and 52: type `08`, sub-type, owner `0101` (JTC 1/SC 37), format `0007` (ISO/IEC 19794-4). */
function fingerHeader(position: number): BiometricHeader {
  return { type: Uint8Array.of(0x08), subtype: fingerSubtype(position), formatOwner: JTC1_SC37, formatType: 0x0007 };
}

/** Doc 9303-10 table 49: bits 2 and 1 say right (01) or left (10), bits 5 to 3 count from the thumb; 0 is no information. */
function fingerSubtype(position: number): number {
  if (!Number.isInteger(position) || position < 0 || position > FINGER_POSITION_MAX)
    throw new RangeError('not the position of a single finger');
  if (position === 0) return 0;
  return (((position - 1) % 5) + 1) * 4 + (position <= 5 ? 1 : 2);
}

/** Header and record may each be silent about which finger it is, but not disagree. */
function agreeing<T extends { readonly position: number }>(block: ByteReader, { subtype = 0 }: BiometricHeader, record: T): T {
  const stated = fingerSubtype(record.position);
  if (subtype !== 0 && stated !== 0 && subtype !== stated)
    throw block.error('BYTES_UNEXPECTED', 'position', 'another finger than in the header');
  return record;
}

/** The picture of a record is opaque to the codec; these bytes are only told apart from others. */
const PICTURE = fromHex('89504E47');

const EXAMPLE_FINGER: FingerRecord = {
  captureDevice: 0,
  acquisitionLevel: 31,
  scaleUnits: 1,
  scanResolution: { horizontal: 500, vertical: 500 },
  imageResolution: { horizontal: 500, vertical: 500 },
  pixelDepth: 8,
  compression: 'PNG',
  position: RIGHT_INDEX,
  quality: 254,
  impressionType: 0,
  width: 300,
  height: 400,
  data: PICTURE,
};

export const dg3Examples: readonly Example<Dg3>[] = [
  {
    name: 'both index fingers around placeholders',
    source: 'synthetic, headers as in ICAO Doc 9303-10 table 52 and ISO/IEC 19794-4:2005 §7',
    value: {
      fingers: [
        { header: fingerHeader(RIGHT_INDEX), record: EXAMPLE_FINGER },
        { header: fingerHeader(LEFT_INDEX), record: { ...EXAMPLE_FINGER, position: LEFT_INDEX, compression: 'WSQ' } },
      ],
    },
    hex: `6381 97 7F618193 020102
          7F6045 A10E 810108 820109 87020101 88020007 5F2E32
          46495200 30313000 000000000032 0000 001F 01 01 01F4 01F4 01F4 01F4 08 05 0000
          00000012 02 01 01 FE 00 012C 0190 00 ${toHex(PICTURE)}
          7F6045 A10E 810108 82010A 87020101 88020007 5F2E32
          46495200 30313000 000000000032 0000 001F 01 01 01F4 01F4 01F4 01F4 08 02 0000
          00000012 07 01 01 FE 00 012C 0190 00 ${toHex(PICTURE)}`,
  },
  {
    name: 'no finger, nothing of the issuer',
    source: 'ICAO Doc 9303-10 table 50 without its recommended element 53',
    value: { fingers: [] },
    hex: '6306 7F6103 020100',
  },
  {
    name: 'no finger, with random bytes of the issuer',
    source: 'synthetic, ICAO Doc 9303-10 table 50',
    value: { fingers: [], issuerContent: fromHex('00112233445566778899AABBCCDDEEFF') },
    hex: '6318 7F6103 020100 5310 00112233445566778899AABBCCDDEEFF',
  },
  {
    name: 'ISO/IEC 39794-4, with a rate of sampling among the optional members',
    source: 'synthetic, ICAO Doc 9303-10 §4.5.6 and ISO/IEC 39794-4:2019',
    value: {
      fingers: [
        {
          header: { ...fingerHeader(RIGHT_INDEX), formatType: 0x0028 },
          record: {
            version: VERSION_2019,
            position: RIGHT_INDEX,
            impression: 1,
            dataFormat: 4,
            data: PICTURE,
            others: [{ tag: 0xa7, value: fromHex('800201F4 810101') }],
          },
        },
      ],
    },
    hex: `634B 7F6148 020101 7F6042 A10E 810108 820109 87020101 88020028 7F2E2F
          A12D 642B A007 800103 810207E3 A120 301E A003 800102 A103 800101 A203 800104 8304 ${toHex(PICTURE)} A707 800201F4 810101`,
  },
];
