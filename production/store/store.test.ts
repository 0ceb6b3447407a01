import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, newId, type IdSource } from './index.ts';

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

describe('ids', () => {
  const fixed = (ms: number, byte: number): IdSource => ({
    now: () => new Date(ms),
    random: (length) => new Uint8Array(length).fill(byte),
  });

  it('are a ULID in Crockford’s letters: 48 bits of time, 80 of randomness', () => {
    expect(newId('crd', fixed(0, 0))).toBe('crd-00000000000000000000000000');
    expect(newId('ord', fixed(2 ** 48 - 1, 255))).toBe('ord-7zzzzzzzzzzzzzzzzzzzzzzzzz');
    // The example of the ULID specification.
    expect(newId('bat', fixed(1_469_922_850_259, 0)).slice(4, 14)).toBe('01arz3ndek');
  });

  it('sort as their times do', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 47), fc.nat(2 ** 40), fc.nat(255), (at, later, byte) => {
        const [a, b] = [newId('crd', fixed(at, 255)), newId('crd', fixed(at + later + 1, byte))];
        expect(a < b).toBe(true);
        expect(a).toMatch(/^crd-[0-9a-hjkmnp-tv-z]{26}$/);
      }),
      { seed },
    );
  });
});

describe('canonical JSON (RFC 8785, integers only)', () => {
  it('sorts keys by code unit, drops white space and absent fields', () => {
    expect(canonicalJson({ b: [1, 'é', null], a: { y: true, x: undefined }, 'A"': '\u2028\n' })).toBe(
      '{"A\\"":"\u2028\\n","a":{"y":true},"b":[1,"é",null]}',
    );
  });

  it('is the same for the same value in any order of keys, and reads back', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.string({ unit: 'grapheme' }), tie('any'), { maxKeys: 3, noNullPrototype: true }),
      ),
    })).any;
    fc.assert(
      fc.property(
        value.filter((one) => !Object.is(one, -0)),
        (one) => {
          const text = canonicalJson(one);
          expect(canonicalJson(JSON.parse(text))).toBe(text);
          expect(canonicalJson(reversed(one))).toBe(text);
        },
      ),
      { seed },
    );
  });

  it.each([[1.5], [Number.NaN], [2 ** 53], [-0], ['\ud800'], [() => 1], [10n]])('refuses %s', (value) => {
    expect(() => canonicalJson({ a: [value] })).toThrow(expect.objectContaining({ code: 'CANONICAL_JSON_VALUE', where: '/a/0' }));
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}
