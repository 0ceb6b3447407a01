import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '#encoder/bytes';
import { decodeOnly, decodeTlvs } from '#encoder/tlv';
import { decodeOid, encodeOid } from './oid.ts';
import { decodeTime, encodeTime } from './time.ts';

describe('X.690 §8.19: object identifiers', () => {
  test.each([
    ['2.23.136.1.1.1', '0606678108010101'],
    ['2.23.136.1.1.6.2', '060767810801010602'],
    ['1.2.840.113549.1.7.2', '06092A864886F70D010702'],
    ['2.5.29.14', '0603551D0E'],
    ['1.3.36.3.3.2.8.1.1.11', '06092B240303020801010B'],
    ['2.999.3', '0603883703'],
  ])('%s', (dotted, hex) => {
    expect(toHex(encodeOid(dotted))).toBe(hex);
    expect(decodeOid(decodeOnly(encodeOid(dotted), 0x06, 'oid').rest())).toBe(dotted);
  });

  test('there and back', () => {
    const arcs = fc.tuple(fc.nat(1), fc.nat(39), fc.array(fc.nat(0xffff_ffff), { maxLength: 8 }));
    fc.assert(
      fc.property(arcs, ([root, second, rest]) => {
        const dotted = [root, second, ...rest].join('.');
        expect(decodeOid(decodeOnly(encodeOid(dotted), 0x06, 'oid').rest())).toBe(dotted);
      }),
    );
  });

  test.each([[[]], [[0x55, 0x80]], [[0x55, 0x80, 0x01]], [[0x55, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]]])('%j is refused', (bytes) => {
    expect(() => decodeOid(Uint8Array.from(bytes))).toThrow(/CERTIFICATE_MALFORMED/);
  });
});

describe('RFC 5280 §4.1.2.5: times', () => {
  test.each([
    ['2026-11-21T08:00:05.999Z', '170D' + Buffer.from('261121080005Z').toString('hex')],
    ['2049-12-31T23:59:59Z', '170D' + Buffer.from('491231235959Z').toString('hex')],
    ['2050-01-01T00:00:00Z', '180F' + Buffer.from('20500101000000Z').toString('hex')],
  ])('%s', (iso, hex) => {
    const der = encodeTime(new Date(iso));
    expect(toHex(der)).toBe(hex.toUpperCase());
    const [time] = decodeTlvs(der, 'time');
    expect(time && decodeTime(time, 'time').toISOString()).toBe(`${iso.slice(0, 19)}.000Z`);
  });

  test('a two-digit year from 50 on is of the twentieth century', () => {
    expect(decodeTime({ tag: 0x17, value: Buffer.from('500101000000Z') }, 'time').getUTCFullYear()).toBe(1950);
  });

  test.each([
    [0x17, '260230000000Z'],
    [0x17, '261301000000Z'],
    [0x17, '261121240000Z'],
    [0x17, '261121086000Z'],
    [0x17, '2611210800Z'],
    [0x17, '261121080000+0700'],
    [0x17, '20261121080000Z'],
    [0x18, '20261121080000.5Z'],
    [0x18, '261121080000Z'],
    [0x16, '261121080000Z'],
    [0x17, ''],
  ])('tag %i with %s is refused', (tag, text) => {
    expect(() => decodeTime({ tag, value: Buffer.from(text) }, 'time')).toThrow(/CERTIFICATE_MALFORMED/);
  });
});
