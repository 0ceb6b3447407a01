import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, fromHex } from '#encoder/bytes';
import { derInteger, derOctetString, derSequence, derSet, tlv } from '#encoder/tlv';
import { nonDer } from './der-form.ts';

describe('ISO/IEC 8825-1 §10 and §11: what is not DER', () => {
  test.each([
    ['indefinite length', '3080 020101 0000', /indefinite length at 0/],
    ['a length in more bytes than it needs', '308103 020101', /shortest form at 0/],
    ['a length in two bytes that fits one', '0482 0001 00', /shortest form at 0/],
    ['a length of four bytes', '0484 00000001 00', /not read at 0/],
    ['an OCTET STRING in pieces', '2405 0403 010203', /in pieces at 0/],
    ['a UTF8String in pieces, inside', '3006 2C04 0C02 4142', /in pieces at 2/],
    ['BOOLEAN 01', '3003 010101', /BOOLEAN other than 00 and FF at 2/],
    ['INTEGER with a zero in front', '02020001', /INTEGER not in its shortest form at 0/],
    ['INTEGER with FF in front', '0202FF80', /INTEGER not in its shortest form at 0/],
    ['INTEGER of nothing', '0200', /INTEGER/],
    ['NULL with content', '050100', /NULL with content at 0/],
    ['BIT STRING with unused bits that are set', '0302 0407', /unused bits/],
    ['BIT STRING of nothing', '0300', /unused bits/],
    ['a length past the end', '3003 0201', /past the end/],
    ['a member longer than what it stands in', '3003 020201', /past the end at 2/],
    ['a tag without a length', '30', /truncated at 0/],
    ['a tag of several bytes', '1F8101 00', /several bytes at 0/],
  ])('%s', (_what, hex, reason) => {
    expect(nonDer(fromHex(hex))).toMatch(reason);
  });

  test.each(['0500', '010100', '0101FF', '020100', '02020080', '0201FF', '030100', '03020780', '3000', 'A003 020101', '8103 800000'])(
    '%s is DER',
    (hex) => {
      expect(nonDer(fromHex(hex))).toBeUndefined();
    },
  );

  test('threat: deep nesting and a million empty objects end at once', () => {
    const nested = Array.from({ length: 40 }).reduce<Uint8Array>((inner) => derSequence(inner), new Uint8Array());
    expect(nonDer(nested)).toMatch(/more than is read/);
    expect(nonDer(new Uint8Array(65_536))).toMatch(/more than is read/);
    expect(nonDer(concat(...Array.from({ length: 10_000 }, () => derInteger(1))))).toMatch(/more than is read/);
  });

  test('what is opaque is not entered', () => {
    const bad = fromHex('020200FF');
    const good = derSequence(derInteger(1), tlv(0xa0, fromHex('02020001')), derInteger(2));
    expect(nonDer(good)).toMatch(/INTEGER/);
    expect(nonDer(good, (tag, depth) => tag === 0xa0 && depth === 1)).toBeUndefined();
    expect(nonDer(derSequence(good, tlv(0xa0, bad)), (tag, depth) => tag === 0xa0 && depth === 2)).toBeUndefined();
  });

  test('what our encoders write is DER; no bytes make it throw', () => {
    const tree = fc.letrec<{ leaf: Uint8Array; node: Uint8Array; any: Uint8Array }>((tie) => ({
      leaf: fc.oneof(fc.nat().map(derInteger), fc.uint8Array({ maxLength: 300 }).map(derOctetString)),
      node: fc
        .tuple(fc.boolean(), fc.array(tie('any'), { maxLength: 4 }))
        .map(([set, members]) => (set ? derSet : derSequence)(...members)),
      any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('node')),
    })).any;
    fc.assert(fc.property(tree, (der) => nonDer(der) === undefined));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => ['string', 'undefined'].includes(typeof nonDer(bytes))));
  });
});
