import { ByteReader, type Codec, concat, type Example, fromHex } from '#encoder/bytes';
import { derInteger, enter, readSmallInteger, readTlv, tlv } from '#encoder/tlv';
import type { DataObject } from './elementary-file.ts';

/**
 * EF.ATR/INFO (Doc 9303-10 §3.11.1): what the chip can do, in a series of data objects with nothing around them and in an
 * order that is its own.
 */
export interface EfAtrInfo {
  readonly objects: readonly AtrInfoObject[];
}

/** Doc 9303-10 table 29; further data objects may be present. */
export type AtrInfoObject =
  /**
   * 47: three bytes of software functions. Byte 1: b8 selection by full name, b3 short file identifiers, b2 record numbers.
   * Byte 2: b4 to b1 the size of a data unit. Byte 3: b8 command chaining, b7 extended length, b6 its limits stand here.
   */
  | { readonly kind: 'cardCapabilities'; readonly softwareFunctions: Uint8Array }
  /** 7F66: most bytes of a command APDU and of a response APDU. */
  | { readonly kind: 'extendedLength'; readonly commandBytes: number; readonly responseBytes: number }
  | ({ readonly kind: 'other' } & DataObject);

const CARD_CAPABILITIES = 0x47;
const EXTENDED_LENGTH = 0x7f66;
const SOFTWARE_FUNCTIONS = 3;
/** The longest command APDU: header 4, Lc 3, data 65,535, Le 2 (ISO/IEC 7816-4 §5.1). A response is shorter. */
const APDU_BYTES_MAX = 65_544;
/** Far more than ISO/IEC 7816-4 has for this file, which is read before any authentication. */
const OBJECTS_MAX = 32;

export const efAtrInfo: Codec<EfAtrInfo> = {
  encode({ objects }) {
    if (objects.length === 0 || objects.length > OBJECTS_MAX) throw new RangeError(`1 to ${OBJECTS_MAX} data objects`);
    assertOnce(objects);
    return concat(...objects.map(encodeObject));
  },

  decode(bytes) {
    const reader = new ByteReader(bytes, 'EF.ATR/INFO');
    const objects: AtrInfoObject[] = [];
    while (reader.remaining > 0 || objects.length === 0) {
      if (objects.length >= OBJECTS_MAX) throw reader.error('BYTES_LIMIT', undefined, `more than ${OBJECTS_MAX} data objects`);
      const object = readObject(reader);
      if (object.kind !== 'other' && objects.some(({ kind }) => kind === object.kind)) {
        throw reader.error('BYTES_UNEXPECTED', object.kind, 'stands twice');
      }
      objects.push(object);
    }
    return { objects };
  },
};

function encodeObject(object: AtrInfoObject): Uint8Array {
  switch (object.kind) {
    case 'cardCapabilities':
      if (object.softwareFunctions.length !== SOFTWARE_FUNCTIONS) throw new RangeError('card capabilities are three bytes');
      return tlv(CARD_CAPABILITIES, object.softwareFunctions);
    case 'extendedLength':
      if (Math.max(object.commandBytes, object.responseBytes) > APDU_BYTES_MAX) throw new RangeError('longer than any APDU');
      return tlv(EXTENDED_LENGTH, derInteger(object.commandBytes), derInteger(object.responseBytes));
    case 'other':
      if (object.tag === CARD_CAPABILITIES || object.tag === EXTENDED_LENGTH) throw new RangeError('a data object that has its own kind');
      return tlv(object.tag, object.value);
  }
}

function readObject(reader: ByteReader): AtrInfoObject {
  if (reader.peek() === CARD_CAPABILITIES) {
    const softwareFunctions = enter(reader, CARD_CAPABILITIES);
    const value = softwareFunctions.take(SOFTWARE_FUNCTIONS, 'software functions');
    softwareFunctions.end();
    return { kind: 'cardCapabilities', softwareFunctions: value };
  }
  if (reader.peek() === EXTENDED_LENGTH >> 8 && reader.peek(1) === (EXTENDED_LENGTH & 0xff)) {
    const limits = enter(reader, EXTENDED_LENGTH);
    const commandBytes = readSmallInteger(limits, APDU_BYTES_MAX);
    const responseBytes = readSmallInteger(limits, APDU_BYTES_MAX);
    limits.end();
    return { kind: 'extendedLength', commandBytes, responseBytes };
  }
  const { tag, value } = readTlv(reader);
  return { kind: 'other', tag, value };
}

function assertOnce(objects: readonly AtrInfoObject[]): void {
  const named = objects.filter(({ kind }) => kind !== 'other').map(({ kind }) => kind);
  if (new Set(named).size !== named.length) throw new RangeError('a data object stands twice');
}

export const efAtrInfoExamples: readonly Example<EfAtrInfo>[] = [
  {
    name: 'what LDS2 asks for, 1000 bytes each way',
    source: 'synthetic, ICAO Doc 9303-10 table 29',
    value: {
      objects: [
        { kind: 'cardCapabilities', softwareFunctions: fromHex('8601E0') },
        { kind: 'extendedLength', commandBytes: 1000, responseBytes: 1000 },
      ],
    },
    hex: '4703 8601E0 7F6608 020203E8 020203E8',
  },
  {
    name: 'another data object between the two, in another order',
    source: 'synthetic, ICAO Doc 9303-10 table 29 note 1',
    value: {
      objects: [
        { kind: 'cardCapabilities', softwareFunctions: fromHex('8601E0') },
        { kind: 'other', tag: 0x46, value: fromHex('0102') },
        { kind: 'extendedLength', commandBytes: 65_544, responseBytes: 32_768 },
      ],
    },
    hex: '4703 8601E0 4602 0102 7F660A 0203010008 0203008000',
  },
];
