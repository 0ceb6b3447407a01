import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ascii,
  ByteReader,
  concat,
  CodedError,
  decodeUtf8,
  DecodeError,
  equalBytes,
  equalConstantTime,
  fromHex,
  isCodedError,
  Secret,
  toHex,
  uintBE,
  utf8,
  xor,
} from './index.ts';

describe('ByteReader', () => {
  test('knows where it is, through readers inside readers', () => {
    const reader = new ByteReader(fromHex('0001020304050607'), 'file');
    reader.take(2);
    const inner = reader.sub(4, 'part');
    inner.take(1);
    const innermost = inner.sub(2, 'item');
    expect([reader.offset, inner.offset, innermost.offset]).toEqual([6, 5, 3]);
    expect(innermost.path).toBe('file/part/item');
    expect(toHex(innermost.rest())).toBe('0304');
  });

  test('what is missing is an error with path, offset and lengths, and nothing is consumed', () => {
    const reader = new ByteReader(fromHex('0102'), 'file');
    expect(() => reader.take(3, 'field')).toThrow(
      expect.objectContaining({ code: 'BYTES_TRUNCATED', path: 'file/field', offset: 0, detail: '3 bytes needed, 2 left' }) as Error,
    );
    expect(reader.uint(2)).toBe(0x0102);
    expect(() => reader.uint(1)).toThrow(DecodeError);
    expect(reader.peek()).toBeUndefined();
  });

  test('peek looks ahead and does not move', () => {
    const reader = new ByteReader(fromHex('0102'), 'file');
    expect([reader.peek(), reader.peek(1), reader.peek(2), reader.offset]).toEqual([1, 2, undefined, 0]);
  });

  test('end refuses what is left over', () => {
    expect(() => new ByteReader(fromHex('01'), 'file').end()).toThrow(expect.objectContaining({ code: 'BYTES_TRAILING' }) as Error);
    expect(() => new ByteReader(fromHex(''), 'file').end()).not.toThrow();
  });
});

describe('integers and comparisons', () => {
  test('uintBE takes what fits and nothing else', () => {
    expect(toHex(uintBE(0x0102, 3))).toBe('000102');
    for (const [value, size] of [
      [256, 1],
      [-1, 2],
      [1.5, 2],
      [2 ** 53, 8],
      [NaN, 4],
    ] as const)
      expect(() => uintBE(value, size)).toThrow(RangeError);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (value) => {
        expect(new ByteReader(uintBE(value, 6), 'x').uint(6)).toBe(value);
      }),
    );
  });

  test('equality of bytes, in both flavours', () => {
    for (const equal of [equalConstantTime, equalBytes]) {
      expect(equal(fromHex('0102'), fromHex('0102'))).toBe(true);
      expect(equal(fromHex('0102'), fromHex('0103'))).toBe(false);
      expect(equal(fromHex('0102'), fromHex('010200'))).toBe(false);
      expect(equal(new Uint8Array(), new Uint8Array())).toBe(true);
    }
  });

  test('xor needs one length', () => {
    expect(toHex(xor(fromHex('FF00'), fromHex('0F0F')))).toBe('F00F');
    expect(() => xor(fromHex('FF'), fromHex('0F0F'))).toThrow(RangeError);
  });

  test('concat copies', () => {
    const part = fromHex('01');
    const whole = concat(part, part);
    part[0] = 9;
    expect(toHex(whole)).toBe('0101');
  });
});

describe('texts', () => {
  test('hex takes white space and both cases, and an even number of digits', () => {
    expect(toHex(fromHex(' aB\n0c '))).toBe('AB0C');
    for (const text of ['0', 'zz', '0x01', '०१'])
      expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: 'HEX_INVALID' }) as Error);
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
  });

  test('hex of a view is hex of the view alone', () => {
    expect(toHex(fromHex('00010203').subarray(1, 3))).toBe('0102');
  });

  test.each([
    ['an overlong form', 'C0AF'],
    ['a surrogate', 'EDA080'],
    ['a cut sequence', 'E1BB'],
    ['a lone continuation', '80'],
    ['beyond Unicode', 'F4908080'],
  ])('UTF-8: %s is refused', (_what, hex) => {
    expect(() => decodeUtf8(fromHex(hex))).toThrow(expect.objectContaining({ code: 'TEXT_NOT_UTF8' }) as Error);
  });

  test('UTF-8: a byte order mark stays, Vietnamese comes back', () => {
    expect(decodeUtf8(utf8('\ufeffĐặng'))).toBe('\ufeffĐặng');
    expect(() => ascii('Đ')).toThrow(RangeError);
  });
});

describe('secrets', () => {
  test('no textual form shows a byte', () => {
    const secret = new Secret(fromHex('DEADBEEF'));
    for (const text of [String(secret), JSON.stringify({ secret }), inspect(secret), inspect({ deep: [secret] })]) {
      expect(text).toContain('[secret, 4 bytes]');
      expect(text).not.toMatch(/DEADBEEF|222|173/i);
    }
    expect(Object.keys(secret)).toEqual([]);
  });

  test('it holds a copy; taken over, the source is wiped; destroyed, it is unusable', () => {
    const source = fromHex('0102');
    const secret = new Secret(source);
    source[0] = 9;
    expect(toHex(secret.reveal())).toBe('0102');
    const taken = Secret.takeOver(source);
    expect(toHex(source)).toBe('0000');
    const held = taken.reveal();
    taken.destroy();
    expect(toHex(held)).toBe('0000');
    expect(() => taken.reveal()).toThrow(/destroyed/);
  });
});

describe('coded errors', () => {
  test('a code, both languages, a place; JSON without a stack', () => {
    const error = new DecodeError('BYTES_LIMIT', { path: 'DG2/7F61', offset: 4 }, { detail: 'too many' });
    expect(isCodedError(error)).toBe(true);
    expect(error).toBeInstanceOf(CodedError);
    expect(error.message).toBe('BYTES_LIMIT: the data exceeds a limit (DG2/7F61 @4): too many');
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'BYTES_LIMIT',
      what: { vi: 'Dữ liệu vượt giới hạn cho phép', en: 'the data exceeds a limit' },
      todo: { vi: 'Từ chối dữ liệu này', en: 'refuse this data' },
      where: 'DG2/7F61 @4',
      detail: 'too many',
    });
    expect(isCodedError(new Error('x'))).toBe(false);
  });
});
