import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { JsonError, parseStrictJson } from './strict-json.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function refusal(input: Uint8Array): string {
  try {
    parseStrictJson(input);
  } catch (error) {
    if (error instanceof JsonError) return `${error.code} ${error.where ?? ''}`;
    throw error;
  }
  return 'accepted';
}

describe('bad-input §5.1: JSON that JSON.parse would repair or misread', () => {
  test.each<[string, Uint8Array, string]>([
    ['empty', bytes(''), 'JSON_SYNTAX @0'],
    ['truncated', bytes('{"a":1'), 'JSON_SYNTAX @6'],
    ['trailing garbage', bytes('{} x'), 'JSON_SYNTAX @3'],
    ['NaN', bytes('{"a":NaN}'), 'JSON_SYNTAX a @5'],
    ['Infinity', bytes('[-Infinity]'), 'JSON_SYNTAX [0] @1'],
    ['comment', bytes('{/* */}'), 'JSON_SYNTAX @1'],
    ['single quotes', bytes("{'a':1}"), 'JSON_SYNTAX @1'],
    ['trailing comma', bytes('[1,]'), 'JSON_SYNTAX [1] @3'],
    ['leading zero', bytes('[012]'), 'JSON_SYNTAX @2'],
    ['plus sign', bytes('[+1]'), 'JSON_SYNTAX [0] @1'],
    ['raw newline in a string', bytes('["a\nb"]'), 'JSON_SYNTAX [0] @3'],
    ['unknown escape', bytes(String.raw`["\x41"]`), 'JSON_SYNTAX [0] @2'],
    ['no-break space between tokens', bytes('[\u00a01]'), 'JSON_SYNTAX [0] @1'],
    ['duplicate key', bytes('{"a":{"b":1,"b":2}}'), 'JSON_DUPLICATE_KEY a.b @12'],
    ['duplicate key by escape', bytes(String.raw`{"a":1,"\u0061":2}`), 'JSON_DUPLICATE_KEY a @7'],
    ['__proto__', bytes('{"__proto__":{"role":"operator"}}'), 'JSON_FORBIDDEN_KEY ‹key of 9› @1'],
    ['__proto__ by escape', bytes(String.raw`{"__pr\u006fto__":1}`), 'JSON_FORBIDDEN_KEY ‹key of 9› @1'],
    ['constructor', bytes('{"a":[{"constructor":{"prototype":{}}}]}'), 'JSON_FORBIDDEN_KEY a[0].constructor @7'],
    ['UTF-8 BOM', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), 'JSON_NOT_UTF8 @0'],
    ['UTF-16 LE', new Uint8Array(Buffer.from('{"a":1}', 'utf16le')), 'JSON_NOT_UTF8 @0'],
    ['UTF-16 BE with BOM', Uint8Array.of(0xfe, 0xff, 0, 0x7b, 0, 0x7d), 'JSON_NOT_UTF8 @0'],
    ['stray continuation byte', Uint8Array.of(0x5b, 0x22, 0x61, 0x80, 0x22, 0x5d), 'JSON_NOT_UTF8 @3'],
    ['overlong slash', Uint8Array.of(0x5b, 0x22, 0xc0, 0xaf, 0x22, 0x5d), 'JSON_NOT_UTF8 @2'],
    ['surrogate in UTF-8', Uint8Array.of(0x5b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x5d), 'JSON_NOT_UTF8 @2'],
    ['sequence cut by the end', Uint8Array.of(0x5b, 0x22, 0xe1, 0xbb), 'JSON_NOT_UTF8 @2'],
    ['lone surrogate by escape', bytes(String.raw`["\ud800"]`), 'CHAR_NOT_ALLOWED [0] @2'],
    ['NUL by escape', bytes(String.raw`["a\u0000"]`), 'CHAR_NOT_ALLOWED [0] @2'],
    ['1e400', bytes('[1e400]'), 'NUMBER_NOT_EXACT [0] @1'],
    ['1e-400', bytes('[1e-400]'), 'NUMBER_NOT_EXACT [0] @1'],
    ['1.0000000000000001', bytes('[1.0000000000000001]'), 'NUMBER_NOT_EXACT [0] @1'],
    ['-0', bytes('[-0]'), 'NUMBER_NOT_EXACT [0] @1'],
    ['-0.0e3', bytes('[-0.0e3]'), 'NUMBER_NOT_EXACT [0] @1'],
    ['2^53', bytes('[9007199254740992]'), 'NUMBER_NOT_EXACT [0] @1'],
    ['depth 21', bytes('['.repeat(21)), 'JSON_TOO_COMPLEX [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0] @20'],
    [
      'depth without end',
      bytes('['.repeat(1_000_000)),
      'JSON_TOO_COMPLEX [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0] @20',
    ],
    ['too long a string', bytes(`["${'x'.repeat(65_537)}"]`), 'JSON_TOO_COMPLEX [0] @2'],
    ['an offset counts bytes, not characters', bytes('["ễ",]'), 'JSON_SYNTAX [1] @7'],
  ])('%s', (_name, input, expected) => {
    expect(refusal(input)).toBe(expected);
    expect(refusal(input)).toBe(expected);
  });

  test('2,001 keys are one too many', () => {
    const object = (count: number): Uint8Array =>
      bytes(JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))));
    expect(refusal(object(2000))).toBe('accepted');
    expect(refusal(object(2001))).toMatch(/^JSON_TOO_COMPLEX k2000/u);
  });

  test('depth 20 is allowed, in width as often as wanted', () => {
    const deep = `${'['.repeat(19)}${']'.repeat(19)}`;
    expect(refusal(bytes(`[${Array.from({ length: 50 }, () => deep).join(',')}]`))).toBe('accepted');
    expect(refusal(bytes(`[${Array.from({ length: 50 }, () => '{}').join(',')}]`))).toBe('accepted');
  });

  test('a key that is no field name is not repeated: somebody’s name may stand there', () => {
    expect(refusal(bytes('{"Nguyễn Thị Canary":1,"Nguyễn Thị Canary":2}'))).toBe('JSON_DUPLICATE_KEY ‹key of 17› @27');
    expect(refusal(bytes('{"001099012345":x}'))).toBe('JSON_SYNTAX ‹key of 12› @16');
  });
});

describe('RFC 8259: what is accepted is what JSON.parse gives', () => {
  test('every JSON value of ours', () => {
    const value = fc
      .jsonValue({ maxDepth: 5 })
      .filter((v) => !/__proto__|constructor|prototype|\\u0000|\\ud[89a-f]/u.test(JSON.stringify(v)));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (v, indent) => {
        const text = JSON.stringify(v, null, indent);
        let strict: unknown;
        try {
          strict = parseStrictJson(bytes(text));
        } catch (error) {
          if (error instanceof JsonError && error.code === 'NUMBER_NOT_EXACT') return;
          throw error;
        }
        expect(strict).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test('whatever the bytes are: a value or a coded error, and never more lenient than JSON.parse', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: fc.constantFrom(...'{}[]",:\\ue0123456789-+.atrufalsn \n'.split('')), maxLength: 40 }).map(bytes),
    );
    fc.assert(
      fc.property(hostile, (input) => {
        let value: unknown;
        try {
          value = parseStrictJson(input);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
          return;
        }
        expect(value).toEqual(JSON.parse(new TextDecoder().decode(input)));
      }),
      { numRuns: 2000 },
    );
  });
});
