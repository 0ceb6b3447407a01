import { describe, expect, it } from 'vitest';
import { Secret, toHex } from '#encoder/bytes';
import { loadVectors } from '#test-vectors';
import { diversificationInputs, diversify, keyCheckValue } from './index.ts';

describe('NIST SP 800-108 in counter mode: transport keys', () => {
  it.each(
    loadVectors('key-diversification')
      .filter((v) => v.has('chipId'))
      .map((v) => [v.id, v] as const),
  )('%s', (_id, v) => {
    const inputs = diversificationInputs(v.bytes('chipId'));
    expect(inputs).toEqual({ enc: v.bytes('inputEnc'), mac: v.bytes('inputMac'), dek: v.bytes('inputDek') });
    const keys = diversify(new Secret(v.bytes('master')), v.bytes('chipId'));
    expect(keys.enc.reveal()).toEqual(v.bytes('enc'));
    expect(keys.mac.reveal()).toEqual(v.bytes('mac'));
    expect(keys.dek.reveal()).toEqual(v.bytes('dek'));
    expect([keys.enc, keys.mac, keys.dek].map((key) => toHex(keyCheckValue(key)))).toEqual([
      v.text('kcvEnc'),
      v.text('kcvMac'),
      v.text('kcvDek'),
    ]);
  });

  it('no two chips and no two uses share an input', () => {
    const chips = Array.from({ length: 50 }, (_, i) => Uint8Array.of(1, 2, 3, 4, 5, 6, 7, i));
    const inputs = chips.flatMap((chip) => Object.values(diversificationInputs(chip) as unknown as Record<string, Uint8Array>).map(toHex));
    expect(new Set(inputs).size).toBe(150);
  });

  it.each([0, 3, 33])('a chip id of %i bytes is refused', (length) => {
    expect(() => diversificationInputs(new Uint8Array(length))).toThrow(expect.objectContaining({ code: 'SCP_NOT_ASKED' }));
  });
});
