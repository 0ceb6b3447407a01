import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeError, fromHex, toHex, type Codec } from '#encoder/bytes';
import { loadVectors } from '#test-vectors';
import { dg11, dg12, type Dg11Element, type Dg12Element } from './index.ts';

describe('published files, Doc 9303-10', () => {
  const published = loadVectors('lds').filter(({ id }) => /^lds\.dg1[12]\./.test(id));
  test('are there', () => expect(published.map(({ id }) => id)).toEqual(['lds.dg11.a5']));

  test.each(published.map((entry) => [`${entry.id} ${entry.section}`, entry] as const))('%s', (_name, entry) => {
    const bytes = entry.bytes('file');
    const codec: Codec<unknown> = bytes[0] === 0x6b ? dg11 : dg12;
    expect(toHex(codec.encode(codec.decode(bytes)))).toBe(toHex(bytes));
  });

  test('the same file as it is printed, with wrong lengths, is refused', () => {
    const printed = loadVectors('lds')
      .find(({ id }) => id === 'lds.dg11.a5')
      ?.bytes('printed');
    expect(() => dg11.decode(printed ?? new Uint8Array())).toThrow(DecodeError);
  });
});

const text = fc.string({ unit: fc.constantFrom(...Array.from('aĂặđ <,1Ỵ😀')), maxLength: 200 });
const digits = (count: number) => fc.stringMatching(new RegExp(`^[0-9]{${count}}$`));
const coding = fc.constantFrom('ascii' as const, 'bcd' as const);
const image = fc.uint8Array({ maxLength: 300 });
const names = fc.oneof(
  fc.record({
    form: fc.constantFrom('group' as const, 'group-listed-as-a0' as const),
    names: fc.array(text, { maxLength: 5 }),
  }),
  text.map((name) => ({ form: 'bare' as const, names: [name] })),
);

describe('round trips, any elements in any order', () => {
  test('DG11', () => {
    const element = fc.oneof<fc.Arbitrary<Dg11Element>[]>(
      fc.record({
        name: fc.constantFrom(
          'fullName',
          'personalNumber',
          'placeOfBirth',
          'permanentAddress',
          'telephone',
          'profession',
          'title',
          'custody',
        ),
        kind: fc.constant('text'),
        text,
      }),
      fc.record({ digits: digits(8), coding }).map((value) => ({ name: 'dateOfBirth', kind: 'digits', ...value })),
      image.map((data) => ({ name: 'proofOfCitizenship', kind: 'image', data })),
      names.map((value) => ({ name: 'otherNames', kind: 'names', ...value })),
    );
    fc.assert(
      fc.property(fc.uniqueArray(element, { selector: ({ name }) => name }), (elements) => {
        expect(dg11.decode(dg11.encode({ elements }))).toEqual({ elements });
      }),
    );
  });

  test('DG12', () => {
    const element = fc.oneof<fc.Arbitrary<Dg12Element>[]>(
      fc.record({ name: fc.constantFrom('issuingAuthority', 'endorsements', 'personalizationSystem'), kind: fc.constant('text'), text }),
      fc.record({ digits: digits(8), coding }).map((value) => ({ name: 'dateOfIssue', kind: 'digits', ...value })),
      fc.record({ digits: digits(14), coding }).map((value) => ({ name: 'personalizationTime', kind: 'digits', ...value })),
      fc.record({ name: fc.constantFrom('imageOfFront', 'imageOfRear'), kind: fc.constant('image'), data: image }),
      names.map((value) => ({ name: 'otherPersons', kind: 'names', ...value })),
    );
    fc.assert(
      fc.property(fc.uniqueArray(element, { selector: ({ name }) => name }), (elements) => {
        expect(dg12.decode(dg12.encode({ elements }))).toEqual({ elements });
      }),
    );
  });
});

describe('bytes from outside', () => {
  test.each([
    ['an element that is listed twice', dg11, '6B0C 5C04 5F0E5F0E 5F0E00 5F0E00', 'DG11/6B/5C/fullName', 'BYTES_UNEXPECTED'],
    ['an element of another data group', dg11, '6B07 5C02 5F19 5F1900', 'DG11/6B/5C/tag', 'BYTES_UNEXPECTED'],
    ['half a tag in the list', dg12, '6C03 5C01 5F', 'DG12/6C/5C', 'BYTES_TRUNCATED'],
    ['an element that is listed and missing', dg11, '6B04 5C02 5F0E', 'DG11/6B', 'BYTES_TRUNCATED'],
    ['an element that is there and not listed', dg11, '6B05 5C00 5F0E00', 'DG11/6B', 'BYTES_TRAILING'],
    ['elements in another order than listed', dg11, '6B0C 5C04 5F0E5F10 5F1000 5F0E00', 'DG11/6B/5F0E', 'BYTES_UNEXPECTED'],
    ['a date of seven digits', dg11, '6B0E 5C02 5F2B 5F2B07 31393930303231', 'DG11/6B/5F2B', 'BYTES_UNEXPECTED'],
    ['a date in BCD with a letter', dg12, '6C0B 5C02 5F26 5F2604 2016111A', 'DG12/6C/5F26', 'BYTES_UNEXPECTED'],
    ['fewer names than counted', dg11, '6B0D 5C02 5F0F A007 020102 5F0F01 43', 'DG11/6B/A0', 'BYTES_TRUNCATED'],
    ['more names than counted', dg11, '6B0C 5C02 5F0F A006 020100 5F0F00', 'DG11/6B/A0', 'BYTES_TRAILING'],
    ['more names than a count can say', dg11, '6B09 5C02 5F0F A003 020180', 'DG11/6B/A0/02/count', 'BYTES_LIMIT'],
  ])('%s', (_what, codec: Codec<unknown>, hex, path, code) => {
    expect(() => codec.decode(fromHex(hex))).toThrow(
      expect.objectContaining({ code, path: expect.stringContaining(path) as string }) as Error,
    );
  });

  test('a text that is not UTF-8 is refused at its offset', () => {
    expect(() => dg11.decode(fromHex('6B08 5C02 5F0E 5F0E01 FF'))).toThrow(
      expect.objectContaining({ code: 'TEXT_NOT_UTF8', offset: 9 }) as Error,
    );
  });

  test('a text of 999 bytes is read, a longer one is not, and none longer is written', () => {
    const file = (length: number) => dg11.encode({ elements: [{ name: 'custody', kind: 'text', text: 'x'.repeat(length) }] });
    expect(dg11.decode(file(999)).elements).toHaveLength(1);
    expect(() => file(1000)).toThrow(RangeError);
    const longer = fromHex(`6B8203F1 5C02 5F18 5F188203E8 ${'78'.repeat(1000)}`);
    expect(() => dg11.decode(longer)).toThrow(expect.objectContaining({ code: 'BYTES_LIMIT' }) as Error);
  });
});

describe('values that no file can hold are refused', () => {
  test.each<[string, Dg11Element[]]>([
    [
      'an element twice',
      [
        { name: 'title', kind: 'text', text: '' },
        { name: 'title', kind: 'text', text: '' },
      ],
    ],
    ['two names without a group', [{ name: 'otherNames', kind: 'names', form: 'bare', names: ['A', 'B'] }]],
    [
      'more names than a count can say',
      [{ name: 'otherNames', kind: 'names', form: 'group', names: Array.from({ length: 128 }, () => 'A') }],
    ],
    ['a date of seven digits', [{ name: 'dateOfBirth', kind: 'digits', digits: '1990021', coding: 'bcd' }]],
    ['a date of letters', [{ name: 'dateOfBirth', kind: 'digits', digits: '199O0215', coding: 'ascii' }]],
    ['half a character', [{ name: 'fullName', kind: 'text', text: '\ud83d' }]],
  ])('%s', (_what, elements) => expect(() => dg11.encode({ elements })).toThrow(RangeError));
});
