import { createHash, createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { LyingHsm, SoftwareHsm } from '#hsm-mocks';
import { namedSpki } from '#pki/ec';
import type { EcKey } from '#pki/hsm';
import { signJws, verifyJws } from './jws.ts';

const TYP = 'cardmint-birth-certificate+json';
const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let key: EcKey;
let publicKey: Uint8Array;
let jws: string;
beforeAll(async () => {
  await hsm.open(pin);
  key = await hsm.generateEcKey({ label: 'birth', curve: 'P-256', purpose: 'sign' });
  publicKey = namedSpki('P-256', key.point);
  jws = await signJws(utf8('{"card":"c1"}'), { typ: TYP, kid: 'k1' }, { publicKey, sign: (digest) => hsm.sign(key, digest) });
});

/** RFC 7515 Appendix A.3: ES256, key, header and signature as printed. */
const RFC_7515_A3 = {
  jwk: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  },
  jws:
    'eyJhbGciOiJFUzI1NiJ9' +
    '.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ' +
    '.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
};

describe('RFC 7515', () => {
  test('Appendix A.3: the signature form is the one we verify; its header, without type, is one that we refuse', () => {
    const spki = createPublicKey({ key: RFC_7515_A3.jwk, format: 'jwk' });
    const [header, payload, signature = ''] = RFC_7515_A3.jws.split('.');
    const input = Buffer.from(`${header}.${payload}`);
    expect(verify('sha256', input, { key: spki, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))).toBe(true);
    const der = new Uint8Array(spki.export({ type: 'spki', format: 'der' }));
    expect(() => verifyJws(RFC_7515_A3.jws, { publicKey: der, typ: TYP })).toThrow(/JWS_HEADER_REFUSED/);
  });

  test('Appendix A.3 key: what another library signed in our form is accepted', async () => {
    const privateKey = createPrivateKey({ key: RFC_7515_A3.jwk, format: 'jwk' });
    const der = new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
    const header = Buffer.from(JSON.stringify({ typ: TYP, kid: 'x', alg: 'ES256' })).toString('base64url');
    const input = `${header}.${Buffer.from('payload').toString('base64url')}`;
    const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    expect(verifyJws(`${input}.${signature}`, { publicKey: der, typ: TYP })).toEqual({ payload: utf8('payload'), kid: 'x' });
  });
});

test('signs with a token key and verifies', () => {
  expect(verifyJws(jws, { publicKey, typ: TYP })).toEqual({ payload: utf8('{"card":"c1"}'), kid: 'k1' });
});

describe('bad-input §5.2: what a header may not say', () => {
  const withHeader = async (header: unknown, signature?: (input: string) => Uint8Array) => {
    const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${jws.split('.')[1]}`;
    const value = signature?.(input) ?? (await hsm.sign(key, createHash('sha256').update(input).digest()));
    return `${input}.${Buffer.from(value).toString('base64url')}`;
  };
  const good = { alg: 'ES256', typ: TYP, kid: 'k1' };

  test.each([
    ['alg none', { ...good, alg: 'none' }],
    ['alg None', { ...good, alg: 'None' }],
    ['no alg', { typ: TYP, kid: 'k1' }],
    ['another type', { ...good, typ: 'JWT' }],
    ['no type', { alg: 'ES256', kid: 'k1' }],
    ['jku', { ...good, jku: 'https://evil.invalid' }],
    ['jwk', { ...good, jwk: {} }],
    ['crit', { ...good, crit: ['b64'] }],
    ['kid not a text', { ...good, kid: 7 }],
  ])('%s, rightly signed, is refused', async (_name, header) => {
    const forged = await withHeader(header);
    expect(() => verifyJws(forged, { publicKey, typ: TYP })).toThrow(/JWS_HEADER_REFUSED/);
  });

  test('HS256 keyed with the public key', async () => {
    const forged = await withHeader({ ...good, alg: 'HS256' }, (input) => createHmac('sha256', publicKey).update(input).digest());
    expect(() => verifyJws(forged, { publicKey, typ: TYP })).toThrow(/JWS_HEADER_REFUSED/);
  });

  test.each([['[]'], ['null'], ['7'], ['{'], ['\u00ff']])('a header that is %s', async (text) => {
    const forged = `${Buffer.from(text, 'latin1').toString('base64url')}.${jws.split('.').slice(1).join('.')}`;
    expect(() => verifyJws(forged, { publicKey, typ: TYP })).toThrow(/JWS_MALFORMED/);
  });
});

test('every character of a JWS changed: refused with a code', () => {
  for (let at = 0; at < jws.length; at += 1) {
    const other = jws[at] === 'A' ? 'B' : 'A';
    expect(() => verifyJws(jws.slice(0, at) + other + jws.slice(at + 1), { publicKey, typ: TYP })).toThrow(/^JWS_/);
  }
});

test.each([
  ['', ''],
  ['two parts', 'a.b'],
  ['padding', '='],
  ['white space', ' '],
  ['too long', 'A'.repeat(70_000)],
])('%s is malformed', (_name, text) => {
  expect(() => verifyJws(text === '=' || text === ' ' ? jws + text : text, { publicKey, typ: TYP })).toThrow(/JWS_MALFORMED/);
});

test('P5: a lying token: no JWS comes out', async () => {
  for (const lie of ['wrong-signature', 'other-message', 'short-signature'] as const) {
    const liar = new LyingHsm(hsm, [lie]);
    const signing = signJws(utf8('x'), { typ: TYP, kid: 'k1' }, { publicKey, sign: (digest) => liar.sign(key, digest) });
    await expect(signing).rejects.toMatchObject({ code: 'JWS_SIGNATURE_REJECTED' });
  }
});
