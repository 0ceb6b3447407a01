import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommand } from '#encoder/apdu';
import { concat, fromHex, toHex } from '#encoder/bytes';
import { decodeDataGroupings, encodeDataGrouping, installForPersonalization, storeData } from './index.ts';

describe('GPC v2.3.1 §11.5, §11.11 and EMV CPS 1.1 §2.2', () => {
  it('INSTALL [for personalization]', () => {
    expect(toHex(encodeCommand(installForPersonalization(fromHex('A0000002471001'))))).toBe('80E620000D000007A000000247100100000000');
  });

  it('a DGI takes the short length up to 254 and FF with two bytes from 255 on', () => {
    expect(toHex(encodeDataGrouping({ dgi: 0x0062, data: fromHex('0102') }))).toBe('0062020102');
    expect(toHex(encodeDataGrouping({ dgi: 0x0101, data: new Uint8Array(254) }).slice(0, 3))).toBe('0101FE');
    expect(toHex(encodeDataGrouping({ dgi: 0x0101, data: new Uint8Array(255) }).slice(0, 5))).toBe('0101FF00FF');
  });

  it('STORE DATA numbers its blocks and marks the last', () => {
    const commands = storeData([{ dgi: 0x0101, data: new Uint8Array(500) }], { encrypted: true, blockMax: 200 });
    expect(commands.map((c) => [c.p1, c.p2, c.data?.length])).toEqual([
      [0x68, 0, 200],
      [0x68, 1, 200],
      [0xe8, 2, 105],
    ]);
    expect(() => storeData([{ dgi: 1, data: new Uint8Array(60_000) }], { blockMax: 200 })).toThrow(
      expect.objectContaining({ code: 'SCP_NOT_ASKED' }),
    );
  });

  it('what is stored in blocks comes out as the same groupings', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ dgi: fc.nat(0xffff), data: fc.uint8Array({ maxLength: 600 }) }), { maxLength: 6 }), (groupings) => {
        const blocks = storeData(groupings).map((c) => c.data ?? new Uint8Array(0));
        expect(decodeDataGroupings(concat(...blocks))).toEqual(groupings);
      }),
    );
  });

  it.each(['00', '0101', '01010500', '0101FF00'])('cut groupings %s are a coded error', (hex) => {
    expect(() => decodeDataGroupings(fromHex(hex))).toThrow(expect.objectContaining({ code: 'BYTES_TRUNCATED' }));
  });
});
