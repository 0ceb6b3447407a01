import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, DecodeError, fromHex, toHex } from '#encoder/bytes';
import {
  derBitString,
  derInteger,
  derOctetString,
  derOid,
  derPrintableString,
  derSetOf,
  derUtf8String,
  oidBytes,
  readBitString,
  readInteger,
  readNull,
  readOctetString,
  readOid,
  readOidContent,
  readPrintableString,
  readRaw,
  readSmallInteger,
  readUtf8String,
} from './index.ts';

const reader = (hex: string) => new ByteReader(fromHex(hex), 'X');

describe('INTEGER, ISO/IEC 8825-1 §8.3', () => {
  test.each([
    [0n, '020100'],
    [127n, '02017F'],
    [128n, '02020080'],
    [256n, '02020100'],
    [0xffffffffn, '020500FFFFFFFF'],
  ])('%s', (value, hex) => {
    expect(toHex(derInteger(value))).toBe(hex);
    expect(readInteger(reader(hex))).toBe(value);
  });

  test.each(['0200', '020180', '0202007F', '02820402', '0301FF'])('%s is refused', (hex) =>
    expect(() => readInteger(reader(hex))).toThrow(DecodeError),
  );

  test('a small one is bounded; a negative one is not written', () => {
    expect(readSmallInteger(reader('02017F'), 127)).toBe(127);
    expect(() => readSmallInteger(reader('02020080'), 127)).toThrow(expect.objectContaining({ code: 'BYTES_LIMIT' }) as Error);
    expect(() => derInteger(-1)).toThrow(RangeError);
  });

  test('an INTEGER beyond every key is refused', () => {
    expect(() => readInteger(new ByteReader(Uint8Array.of(0x02, 0x82, 0x04, 0x02, ...new Uint8Array(0x402).fill(1)), 'X'))).toThrow(
      expect.objectContaining({ code: 'BYTES_LIMIT' }) as Error,
    );
  });
});

describe('OBJECT IDENTIFIER, §8.19', () => {
  test.each([
    ['1.2.840.113549', '06062A864886F70D'],
    ['2.23.136.1.1.1', '0606678108010101'],
    ['0.4.0.127.0.7.2.2.4.2.2', '060A04007F00070202040202'],
    ['1.0.10646.1.0.8', '060628D316010008'],
    ['2.999.3', '0603883703'],
    ['2.23.136.1.1.6.2', '060767810801010602'],
    ['1.2.840.113549.1.7.2', '06092A864886F70D010702'],
    ['2.5.29.14', '0603551D0E'],
    ['1.3.36.3.3.2.8.1.1.11', '06092B240303020801010B'],
  ])('%s', (dotted, hex) => {
    expect(toHex(derOid(dotted))).toBe(hex);
    expect(readOid(reader(hex))).toBe(dotted);
    expect(toHex(oidBytes(dotted))).toBe(hex.slice(4));
    expect(readOidContent(new ByteReader(oidBytes(dotted), 'X'))).toBe(dotted);
  });

  test.each([
    '0600',
    '06028001',
    '060181',
    '06025580',
    '0603558001',
    '060755FFFFFFFFFF7F',
    `0607${'FF'.repeat(6)}7F`,
    `0628${'01'.repeat(40)}`,
  ])('%s is refused', (hex) => expect(() => readOid(reader(hex))).toThrow(DecodeError));

  test.each(['', '1', '3.1', '1.40', '1.x', '1.-1', '1..2'])('%j is not written', (dotted) =>
    expect(() => derOid(dotted)).toThrow(RangeError),
  );

  test('any arcs, both ways', () => {
    const arcs = fc.tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 39 }),
      fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 10 }),
    );
    fc.assert(
      fc.property(arcs, ([first, second, others]) => {
        const dotted = [first, second, ...others].join('.');
        expect(readOid(new ByteReader(derOid(dotted), 'X'))).toBe(dotted);
      }),
    );
  });
});

describe('strings', () => {
  test('PrintableString has its own alphabet', () => {
    expect(readPrintableString(new ByteReader(derPrintableString("A1 '()+,-./:=?"), 'X'))).toBe("A1 '()+,-./:=?");
    expect(() => derPrintableString('Đ')).toThrow(RangeError);
    expect(() => derPrintableString('a@b')).toThrow(RangeError);
    expect(() => readPrintableString(reader('130140'))).toThrow(DecodeError);
  });

  test('UTF8String is strict', () => {
    expect(readUtf8String(new ByteReader(derUtf8String('Đào'), 'X'))).toBe('Đào');
    for (const hex of ['0C01C4', '0C02C080', '0C03EDA080', '0C01FF']) expect(() => readUtf8String(reader(hex))).toThrow(DecodeError);
  });

  test('octet and bit strings', () => {
    expect(toHex(readOctetString(new ByteReader(derOctetString(fromHex('0102')), 'X')))).toBe('0102');
    expect(toHex(readBitString(new ByteReader(derBitString(fromHex('0102')), 'X')).rest())).toBe('0102');
    expect(() => readBitString(reader('030201F0'))).toThrow(/not of whole bytes/);
    expect(() => readBitString(reader('0300'))).toThrow(DecodeError);
    expect(() => readNull(reader('050100'))).toThrow(DecodeError);
  });
});

test('SET OF is sorted by the encodings of its members (§11.6)', () => {
  expect(toHex(derSetOf(['020102', '0200', '0101FF', '020101'].map(fromHex)))).toBe('310B0101FF0200020101020102');
});

test('a raw data object comes back with its tag and length', () => {
  const source = reader('7F6102AABB0500');
  expect(toHex(readRaw(source))).toBe('7F6102AABB');
  expect(source.remaining).toBe(2);
});
