import { type ByteReader, type Codec, type Example, fromHex, toHex } from '#encoder/bytes';
import { decodeAdditionalBiometrics, encodeAdditionalBiometrics } from './additional-biometrics.ts';
import { JTC1_SC37, type BiometricHeader, type BiometricTemplate, type TemplateRules } from './biometric-template.ts';
import { encodeIrisImageData, readIrisImageData, type IrisImageData } from './iris-image/iris-image-data.ts';
import { encodeIrisRecord, readIrisRecord, type IrisRecord } from './iris-image/iris-record.ts';
import { firstGeneration, thirdGeneration } from './iso-39794.ts';

/** EF.DG4 (Doc 9303-10 §4.7.4): `76 { 7F61 … }`, one template an eye; without an eye `76 { 7F61 { 02 00 }, 53 … }`. */
export interface Dg4 {
  readonly irises: readonly BiometricTemplate<IrisRecord | IrisImageData>[];
  /** 53, only where there are no irises: random bytes, so that the hash of an empty DG4 tells nobody that it is empty. */
  readonly issuerContent?: Uint8Array;
}

/** Doc 9303-10 tables 54 and 55: up to 9 encodings; §4.5.6: the tag of the block tells which standard it follows. */
const IRISES: TemplateRules<IrisRecord | IrisImageData> = {
  least: 0,
  most: 9,
  biometricType: 0x10,
  subtypeRequired: true,
  formats: new Map([
    [
      0x0009,
      {
        tag: 0x5f2e,
        encode: (record) => encodeIrisRecord(firstGeneration(record)),
        read: (block, header) => agreeing(block, header, readIrisRecord(block)),
      },
    ],
    [
      0x002c,
      {
        tag: 0x7f2e,
        encode: (record) => encodeIrisImageData(thirdGeneration(record)),
        read: (block, header) => agreeing(block, header, readIrisImageData(block)),
      },
    ],
  ]),
};

export const dg4: Codec<Dg4> = {
  encode: ({ irises, ...others }) => encodeAdditionalBiometrics(0x76, { templates: irises, ...others }, IRISES),

  decode(bytes) {
    const { templates, ...others } = decodeAdditionalBiometrics(bytes, 0x76, 'DG4', IRISES);
    return { irises: templates, ...others };
  },
};

/** Header and record may each be silent about which eye it is, but not disagree: table 56 and the records count alike. */
function agreeing<T extends { readonly eye: number }>(block: ByteReader, { subtype = 0 }: BiometricHeader, record: T): T {
  if (subtype !== 0 && record.eye !== 0 && subtype !== record.eye) {
    throw block.error('BYTES_UNEXPECTED', 'eye', 'another eye than in the header');
  }
  return record;
}

/** The picture of a record is opaque to the codec; these bytes are only told apart from others. */
const PICTURE = fromHex('FFD8FFD9');

const irisHeader = (subtype: number): BiometricHeader => ({
  version: fromHex('0101'),
  type: fromHex('10'),
  subtype,
  formatOwner: JTC1_SC37,
  formatType: 0x0009,
});

const EXAMPLE_EYE: IrisRecord = {
  captureDevice: 0,
  imageProperties: 0,
  diameter: 150,
  imageFormat: 16,
  width: 163,
  height: 149,
  intensityDepth: 24,
  transformation: 0,
  deviceId: new Uint8Array(16),
  eye: 1,
  images: [{ quality: 80, rotation: 0xffff, rotationUncertainty: 0xffff, data: PICTURE }],
};

export const dg4Examples: readonly Example<Dg4>[] = [
  {
    name: 'both eyes around placeholders, the second with two images',
    source: 'synthetic, ICAO Doc 9303-10 table 54 and ISO/IEC 19794-6:2005',
    value: {
      irises: [
        { header: irisHeader(1), record: EXAMPLE_EYE },
        {
          header: irisHeader(2),
          record: {
            ...EXAMPLE_EYE,
            eye: 2,
            images: [...EXAMPLE_EYE.images, { quality: 254, rotation: 1, rotationUncertainty: 2, data: PICTURE }],
          },
        },
      ],
    },
    hex: `7681C8 7F6181C4 020102
          7F6056 A112 80020101 810110 820101 87020101 88020009 5F2E3F
          49495200 30313000 0000003F 0000 01 002D 0000 0096 0010 00A3 0095 18 00 ${'00'.repeat(16)}
          01 0001 0001 50 FFFF FFFF 00000004 ${toHex(PICTURE)}
          7F6065 A112 80020101 810110 820102 87020101 88020009 5F2E4E
          49495200 30313000 0000004E 0000 01 002D 0000 0096 0010 00A3 0095 18 00 ${'00'.repeat(16)}
          02 0002 0001 50 FFFF FFFF 00000004 ${toHex(PICTURE)} 0002 FE 0001 0002 00000004 ${toHex(PICTURE)}`,
  },
  {
    name: 'no eye, with random bytes of the issuer',
    source: 'synthetic, ICAO Doc 9303-10 table 57',
    value: { irises: [], issuerContent: fromHex('0011223344556677') },
    hex: '7610 7F6103 020100 5308 0011223344556677',
  },
  {
    name: 'ISO/IEC 39794-6, with a range among the optional members',
    source: 'synthetic, ICAO Doc 9303-10 §4.5.6 and ISO/IEC 39794-6:2021',
    value: {
      irises: [
        {
          header: { ...irisHeader(2), formatType: 0x002c },
          record: {
            version: { generation: 3, year: 2021 },
            eye: 2,
            imageKind: 3,
            bitDepth: 8,
            dataFormat: 2,
            horizontalOrientation: 1,
            verticalOrientation: 1,
            compressionHistory: 1,
            captureDateTime: fromHex('800207E8'),
            data: PICTURE,
            others: [{ tag: 0xa9, value: fromHex('800164') }],
          },
        },
      ],
    },
    hex: `765B 7F6158 020101 7F6052 A112 80020101 810110 820102 87020101 8802002C 7F2E3B
          A139 6637 A007 800103 810207E5 A12C 302A 800102 A103 800103 820108 A303 800102 840101 850101 860101
          A704 800207E8 8804 ${toHex(PICTURE)} A903 800164`,
  },
];
