import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, toHex } from '#encoder/bytes';
import { decodeOnly, enter, readTlv, tlv } from '#encoder/tlv';
import { EC_CURVES, type EcCurveName } from './curves.ts';
import { explicitSpki, namedSpki, pointOfKey, publicKeyOfPoint } from './public-key.ts';
import { derSignature, rawSignature } from './signature.ts';
import { verifyEcdsaRaw } from './verify.ts';

const NAMES = Object.keys(EC_CURVES) as EcCurveName[];

describe.each(NAMES)('%s', (name) => {
  const { opensslName } = EC_CURVES[name];
  const pair = (paramEncoding: 'named' | 'explicit') => generateKeyPairSync('ec', { namedCurve: opensslName, paramEncoding });

  test('RFC 3279 §2.3.5: explicit parameters as OpenSSL writes them (but for the optional seed of P-256)', () => {
    const openssl = new Uint8Array(pair('explicit').publicKey.export({ type: 'spki', format: 'der' }));
    expect(toHex(explicitSpki(name, pointOfKey(openssl)))).toBe(toHex(withoutSeed(openssl)));
  });

  test('named parameters as OpenSSL writes them', () => {
    const openssl = new Uint8Array(pair('named').publicKey.export({ type: 'spki', format: 'der' }));
    expect(toHex(namedSpki(name, pointOfKey(openssl)))).toBe(toHex(openssl));
  });

  test('node:crypto verifies with the explicit key and keeps it explicit', () => {
    const { privateKey, publicKey } = pair('named');
    const spki = explicitSpki(name, pointOfKey(new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))));
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    const signature = sign('sha256', Buffer.from('m'), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    expect(verifyEcdsaRaw('sha256', Buffer.from('m'), key, signature)).toBe(true);
    expect(verifyEcdsaRaw('sha256', Buffer.from('n'), key, signature)).toBe(false);
    expect(verifyEcdsaRaw('sha256', Buffer.from('m'), key, signature.subarray(1))).toBe(false);
    expect(new Uint8Array(key.export({ type: 'spki', format: 'der' }))).toEqual(spki);
  });

  test('a point off the curve, compressed or of another length is refused', () => {
    const point = pointOfKey(new Uint8Array(pair('named').publicKey.export({ type: 'spki', format: 'der' })));
    const off = Uint8Array.from(point);
    off[off.length - 1] = (off.at(-1) ?? 0) ^ 1;
    for (const bad of [
      off,
      point.subarray(1),
      concat(Uint8Array.of(2), point.subarray(1, (point.length + 1) / 2)),
      new Uint8Array(point.length),
    ]) {
      expect(() => publicKeyOfPoint(name, bad)).toThrow(/EC_POINT_INVALID/);
      expect(() => explicitSpki(name, bad)).toThrow(/EC_POINT_INVALID/);
    }
  });
});

test('RFC 3279 §2.2.3: r || s to ECDSA-Sig-Value and back, minimal and positive', () => {
  const half = fc.uint8Array({ minLength: 48, maxLength: 48 }).filter((bytes) => bytes.some((byte) => byte !== 0));
  fc.assert(
    fc.property(half, half, (r, s) => {
      expect(rawSignature(derSignature(concat(r, s)), 48)).toEqual(concat(r, s));
    }),
  );
  expect(toHex(derSignature(Uint8Array.of(0, 0x80, 0, 0x7f)))).toBe('30070202008002017F');
});

test.each([
  '3006020100020101',
  '30070202007F020101',
  '3006020180020101',
  '300502000201010',
  '30080202000102020001',
  '30060201010201010500',
])('an ECDSA-Sig-Value that is not DER or not positive is refused: %s', (hex) => {
  expect(() => rawSignature(Uint8Array.from(Buffer.from(hex, 'hex')), 32)).toThrow(/EC_SIGNATURE_FORM|BYTES_/);
});

test('r or s of zero, an odd length, nothing: no signature', () => {
  for (const raw of [new Uint8Array(64), new Uint8Array(63), new Uint8Array()])
    expect(() => derSignature(raw)).toThrow(/EC_SIGNATURE_FORM/);
});

/** OpenSSL adds the seed of the NIST curves to `Curve`; without it the structure is otherwise the same. */
function withoutSeed(spki: Uint8Array): Uint8Array {
  const outer = decodeOnly(spki, 0x30, 'spki');
  const algorithm = enter(outer, 0x30);
  const oid = readTlv(algorithm);
  const parameters = enter(algorithm, 0x30);
  const [version, field] = [readTlv(parameters), readTlv(parameters)];
  const curve = enter(parameters, 0x30);
  const [a, b] = [readTlv(curve), readTlv(curve)];
  const encoded = [version, field].map(({ tag, value }) => tlv(tag, value));
  const again = tlv(0x30, ...encoded, tlv(0x30, tlv(a.tag, a.value), tlv(b.tag, b.value)), parameters.rest());
  return tlv(0x30, tlv(0x30, tlv(oid.tag, oid.value), again), outer.rest());
}
