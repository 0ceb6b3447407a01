import { describe, expect, test } from 'vitest';
import { toHex } from '#encoder/bytes';
import { decodeTlvs } from '#encoder/tlv';
import { decodeTime, encodeTime } from './time.ts';

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
