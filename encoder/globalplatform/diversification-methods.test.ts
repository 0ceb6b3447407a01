import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, Secret, toHex } from '#encoder/bytes';
import { loadVectors } from '#test-vectors';
import { DIVERSIFICATION_METHODS, diversify, diversifyBy, type DiversificationMethodName, keyCheckValue } from './index.ts';

const NAMES = Object.keys(DIVERSIFICATION_METHODS) as readonly DiversificationMethodName[];

function methodOf(text: string): DiversificationMethodName {
  const name = NAMES.find((known) => known === text);
  if (name === undefined) throw new RangeError(text);
  return name;
}

describe('diversification methods of chip makers', () => {
  const vectors = loadVectors('key-diversification').filter((v) => v.has('methodText'));
  it.each(vectors.map((v) => [v.id, v] as const))('%s', (_id, v) => {
    const name = methodOf(v.text('methodText'));
    const keys = diversifyBy(name, new Secret(v.bytes('master')), v.bytes('data'));
    const uses = [keys.enc, keys.mac, keys.dek];
    expect(uses.map((key) => key.reveal())).toEqual([v.bytes('enc'), v.bytes('mac'), v.bytes('dek')]);
    expect(uses.map((key) => toHex(keyCheckValue(key, DIVERSIFICATION_METHODS[name].kind)))).toEqual([
      v.text('kcvEnc'),
      v.text('kcvMac'),
      v.text('kcvDek'),
    ]);
  });

  it("the table's sp800-108 is the plant's own", () => {
    const [master, chipId] = [new Secret(new Uint8Array(16)), fromHex('0123456789ABCDEF')];
    expect(diversifyBy('sp800-108', master, chipId).dek.reveal()).toEqual(diversify(master, chipId).dek.reveal());
  });

  it.each(NAMES)('%s: three keys, none alike, and another chip has others', (name) => {
    const { masterBytes, dataBytes } = DIVERSIFICATION_METHODS[name];
    for (const length of masterBytes) {
      const master = new Secret(new Uint8Array(length).map((_, i) => i));
      const data = new Uint8Array(dataBytes.min).fill(7);
      // Each method leaves out bytes of its data; the last but two is in all of them.
      const keys = [data, data.with(data.length - 3, 8)].flatMap((chip) => {
        const { enc, mac, dek } = diversifyBy(name, master, chip);
        return [enc, mac, dek].map((key) => toHex(key.reveal()));
      });
      expect(new Set(keys).size).toBe(6);
    }
  });

  it('another length of master or data is a coded error, never a key', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.nat(40), fc.nat(40), (name, masterLength, dataLength) => {
        const { masterBytes, dataBytes } = DIVERSIFICATION_METHODS[name];
        const right =
          (masterBytes as readonly number[]).includes(masterLength) && dataLength >= dataBytes.min && dataLength <= dataBytes.max;
        const derive = (): unknown => diversifyBy(name, new Secret(new Uint8Array(masterLength)), new Uint8Array(dataLength));
        if (right) expect(derive).not.toThrow();
        else expect(derive).toThrow(expect.objectContaining({ code: 'SCP_NOT_ASKED' }));
      }),
    );
  });
});

describe('key check values (GPC v2.3.1 §B.6, Amendment D v1.2 §4.1.4)', () => {
  it('of the well-known test key', () => {
    const key = new Secret(fromHex('404142434445464748494A4B4C4D4E4F'));
    expect(toHex(keyCheckValue(key, '3DES'))).toBe('8BAF47');
    expect(toHex(keyCheckValue(key, 'AES'))).toBe('504A77');
  });
});
