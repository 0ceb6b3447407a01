import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, DecodeError, fromHex, toHex } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, encodeLength, encodeTag, enter, readTlv, tagName, tlv } from './index.ts';

describe('lengths, ISO/IEC 8825-1 §10.1', () => {
  test.each([
    [0, '00'],
    [0x7f, '7F'],
    [0x80, '8180'],
    [0xff, '81FF'],
    [0x100, '820100'],
    [0xffff, '82FFFF'],
    [0x10000, '83010000'],
  ])('%i', (length, hex) => expect(toHex(encodeLength(length))).toBe(hex));

  test.each([
    ['indefinite', '3080 0000', 'BYTES_UNEXPECTED'],
    ['81 where one byte does', '30817F', 'BYTES_UNEXPECTED'],
    ['82 where 81 does', '308200FF', 'BYTES_UNEXPECTED'],
    ['83 where 82 does', '3083 00FFFF', 'BYTES_UNEXPECTED'],
    ['of four bytes', '3084 00000001 00', 'BYTES_LIMIT'],
    ['of 127 bytes', '30FF', 'BYTES_LIMIT'],
    ['missing', '30', 'BYTES_TRUNCATED'],
    ['cut', '3082 01', 'BYTES_TRUNCATED'],
    ['longer than the data', '3005 01020304', 'BYTES_TRUNCATED'],
  ])('%s is refused', (_what, hex, code) => {
    expect(() => readTlv(new ByteReader(fromHex(hex), 'X'))).toThrow(expect.objectContaining({ code }) as Error);
  });
});

describe('tags', () => {
  test.each([0x30, 0x5f1f, 0x7f61, 0x7f4e, 0x5f8101])('%i, both ways', (tag) => {
    expect(readTlv(new ByteReader(tlv(tag, Uint8Array.of(1)), 'X'))).toMatchObject({ tag, value: Uint8Array.of(1) });
    expect(toHex(encodeTag(tag))).toBe(tagName(tag));
  });

  test('a tag that never ends is refused after three bytes', () => {
    expect(() => readTlv(new ByteReader(fromHex(`1F${'FF'.repeat(1000)}`), 'X'))).toThrow(
      expect.objectContaining({ code: 'BYTES_LIMIT' }) as Error,
    );
  });
});

describe('walking', () => {
  test('offsets count from the start of the file, at any depth', () => {
    const file = tlv(0x75, tlv(0x7f61, tlv(0x02, Uint8Array.of(1)), tlv(0x7f60, Uint8Array.of(9))));
    const group = enter(decodeOnly(file, 0x75, 'DG2'), 0x7f61);
    enter(group, 0x02);
    const inner = enter(group, 0x7f60);
    expect(file[inner.offset]).toBe(9);
    expect(inner.path).toBe('DG2/75/7F61/7F60');
    expect(() => inner.take(2)).toThrow(`DG2/75/7F61/7F60/bytes @${inner.offset}`);
  });

  test('a wrong tag is named with the one that was expected, at its own offset', () => {
    const reader = decodeOnly(tlv(0x61, tlv(0x5f1f)), 0x61, 'DG1');
    expect(() => enter(reader, 0x5f20)).toThrow(/DG1\/61\/5F20 @2.*tag 5F20 expected, 5F1F found/);
  });

  test('more data objects than any file has are refused', () => {
    expect(decodeTlvs(new Uint8Array(2 * 4096), 'X')).toHaveLength(4096);
    expect(() => decodeTlvs(new Uint8Array(2 * 4097), 'X')).toThrow(expect.objectContaining({ code: 'BYTES_LIMIT' }) as Error);
  });

  test('something behind the one data object is refused', () => {
    expect(() => decodeOnly(fromHex('300000'), 0x30, 'X')).toThrow(expect.objectContaining({ code: 'BYTES_TRAILING' }) as Error);
  });

  test('properties: what is written is read; any bytes give data objects or a DecodeError', () => {
    const tag = fc.constantFrom(0x02, 0x30, 0x5f1f, 0x7f61, 0x80);
    fc.assert(
      fc.property(fc.array(fc.tuple(tag, fc.uint8Array({ maxLength: 400 })), { maxLength: 8 }), (objects) => {
        const bytes = Uint8Array.from(Buffer.concat(objects.map(([tag, value]) => tlv(tag, value))));
        expect(decodeTlvs(bytes, 'X').map(({ tag, value }) => [tag, toHex(value)])).toEqual(
          objects.map(([tag, value]) => [tag, toHex(value)]),
        );
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          const again = decodeTlvs(bytes, 'X').map(({ tag, value }) => tlv(tag, value));
          expect(toHex(Uint8Array.from(Buffer.concat(again)))).toBe(toHex(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});
