import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, toHex, utf8 } from '#encoder/bytes';
import { ZONES } from '#encoder/mrz';
import { tlv } from '#encoder/tlv';
import { dg1 } from './index.ts';

const character = fc.constantFrom(...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<'));

describe.each(Object.entries(ZONES))('DG1 of %s', (_name, { lines, width }) => {
  const zone = fc.array(fc.string({ unit: character, minLength: width, maxLength: width }), { minLength: lines, maxLength: lines });

  test('Doc 9303-10 §4.7.1: the lines follow one another, and their length tells where each ends', () => {
    fc.assert(
      fc.property(zone, (value) => {
        const file = dg1.encode({ lines: value });
        expect(toHex(file)).toBe(toHex(tlv(0x61, tlv(0x5f1f, utf8(value.join(''))))));
        expect(dg1.decode(file)).toEqual({ lines: value });
      }),
    );
  });

  test('one character less or more is the zone of no document', () => {
    for (const length of [lines * width - 1, lines * width + 1]) {
      expect(() => dg1.decode(tlv(0x61, tlv(0x5f1f, utf8('A'.repeat(length)))))).toThrow(DecodeError);
    }
  });

  test('lines of other widths that add up to its length are not written', () => {
    const text = 'A'.repeat(lines * width);
    expect(() => dg1.encode({ lines: [text] })).toThrow(RangeError);
    expect(() => dg1.encode({ lines: [text.slice(0, width - 1), text.slice(width - 1)] })).toThrow(RangeError);
  });
});
