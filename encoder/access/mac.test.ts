import { describe, expect, it } from 'vitest';
import { fromHex } from '#encoder/bytes';
import { loadVectors } from '#test-vectors';
import { pad2, unpad2 } from './cipher.ts';
import { aesCmac, retailMac } from './mac.ts';

const vectors = loadVectors('primitives');

describe('AES-CMAC: RFC 4493 §4 and NIST SP 800-38B Appendix D', () => {
  it.each(vectors.filter((v) => v.id.startsWith('cmac.')).map((v) => [v.id, v] as const))('%s', (_id, v) => {
    expect(aesCmac(v.bytes('key'), v.bytes('message'))).toEqual(v.bytes('mac'));
  });
});

describe('retail MAC: ISO/IEC 9797-1 Annex B.4, MAC algorithm 3', () => {
  it.each(vectors.filter((v) => v.id.startsWith('mac3.')).map((v) => [v.id, v] as const))('%s', (_id, v) => {
    expect(retailMac(v.bytes('key'), v.bytes('message'))).toEqual(v.bytes('mac'));
  });

  it('one block only, where nothing is chained', () => {
    expect(retailMac(fromHex('0123456789ABCDEFFEDCBA9876543210'), new Uint8Array(0))).toHaveLength(8);
  });
});

describe('ISO/IEC 9797-1 padding method 2', () => {
  it.each(['', '1234', '80', '00', '1234567890ABCDEF'])('%s comes back', (hex) => {
    const padded = pad2(fromHex(hex), 8);
    expect(padded.length % 8).toBe(0);
    expect(padded.length).toBeGreaterThan(hex.length / 2);
    expect(unpad2(padded)).toEqual(fromHex(hex));
  });

  it.each(['', '00', '0000', '1234', '800001'])('%s carries none', (hex) => {
    expect(unpad2(fromHex(hex))).toBeUndefined();
  });
});
