import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeCommand, parseCommand } from '#encoder/apdu';
import { bytesToInteger, fromHex, toHex } from '#encoder/bytes';
import { derBitString, derInteger, derNull, derOid, derSequence } from '#encoder/tlv';
import { vector } from '#test-vectors';
import { scripted, scriptedChannel, seeded, testChip } from './testing.ts';
import {
  answerInternalAuthenticate,
  authenticateActively,
  BacCardSession,
  messageRepresentative,
  openBac,
  rawRsa,
  verifyActiveAuthentication,
  type ActiveAuthenticationKey,
} from './index.ts';

const MRZ = 'L898902C<369080619406236';
const CHALLENGE = fromHex('F173589974BF40C6');

function rsaPair(bits: number): { spki: Uint8Array; privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  return { spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })), privateKey };
}

const pairs = { 1024: rsaPair(1024), 2048: rsaPair(2048) };

describe('Doc 9303-11 Appendix F: the message representative', () => {
  const v = vector('active-authentication', 'aa.rsa1024.F');

  it('the chip builds F from M1 and the challenge', () => {
    const f = messageRepresentative({ modulusBits: v.int('modulusBitsInt'), hash: 'sha1' }, v.bytes('challenge'), scripted(v.bytes('m1')));
    expect(f).toEqual(v.bytes('representative'));
  });

  it('the terminal sends the command of the example and accepts a signature over F', async () => {
    const { spki, privateKey } = pairs[1024];
    const signature = rawRsa(privateKey)(v.bytes('representative'));
    const { channel, asked } = scriptedChannel(`${toHex(signature)}9000`);
    expect(await authenticateActively(channel, { publicKey: spki, challenge: v.bytes('challenge') })).toBe(true);
    expect(asked).toEqual([v.text('command')]);
    expect(verifyActiveAuthentication({ publicKey: spki, challenge: CHALLENGE.with(0, 0) }, signature)).toBe(false);
  });
});

describe('Active Authentication with RSA, terminal against card', () => {
  const key = (bits: 1024 | 2048, hash: 'sha1' | 'sha256'): ActiveAuthenticationKey => ({
    modulusBits: bits,
    hash,
    rawRsa: rawRsa(pairs[bits].privateKey),
  });

  it.each([
    [1024, 'sha1'],
    [1024, 'sha256'],
    [2048, 'sha1'],
    [2048, 'sha256'],
  ] as const)('RSA-%i with %s', (bits, hash) => {
    const command = parseCommand(encodeCommand({ cla: 0, ins: 0x88, p1: 0, p2: 0, data: CHALLENGE, le: 256 }));
    const { response } = answerInternalAuthenticate(key(bits, hash), command, seeded(5));
    const request = { publicKey: pairs[bits].spki, challenge: CHALLENGE };
    expect(verifyActiveAuthentication(request, response.data)).toBe(true);
    expect(verifyActiveAuthentication({ ...request, challenge: CHALLENGE.with(7, 0) }, response.data)).toBe(false);
    expect(verifyActiveAuthentication({ ...request, publicKey: rsaPair(bits).spki }, response.data)).toBe(false);
    expect(verifyActiveAuthentication(request, response.data.slice(1))).toBe(false);
    for (const at of [0, 40, bits / 8 - 1]) {
      expect(verifyActiveAuthentication(request, response.data.with(at, (response.data[at] ?? 0) ^ 4))).toBe(false);
    }
  });

  it('accepts the smaller of s and n - s (ISO/IEC 9796-2 Annex B)', () => {
    const { spki, privateKey } = pairs[1024];
    const f = messageRepresentative({ modulusBits: 1024, hash: 'sha256' }, CHALLENGE, seeded(8));
    const s = bytesToInteger(rawRsa(privateKey)(f));
    const n = bytesToInteger(Uint8Array.from(Buffer.from(String(privateKey.export({ format: 'jwk' })['n']), 'base64url')));
    const other = fromHex((n - s).toString(16).padStart(256, '0'));
    expect(verifyActiveAuthentication({ publicKey: spki, challenge: CHALLENGE }, other)).toBe(true);
  });

  it('refuses F with a wrong header, a trailer of no known hash, and a signature not below the modulus', () => {
    const { spki, privateKey } = pairs[1024];
    const request = { publicKey: spki, challenge: CHALLENGE };
    const f = messageRepresentative({ modulusBits: 1024, hash: 'sha256' }, CHALLENGE, seeded(8));
    for (const bad of [f.with(0, 0x4a), f.with(126, 0x39), f.with(127, 0xbc)]) {
      expect(verifyActiveAuthentication(request, rawRsa(privateKey)(bad))).toBe(false);
    }
    expect(verifyActiveAuthentication(request, new Uint8Array(128).fill(0xff))).toBe(false);
  });

  it('RSA-2048 comes through 3DES secure messaging with extended length', async () => {
    const chip = testChip({ bac: new BacCardSession(MRZ, seeded(1)), aa: { key: key(2048, 'sha256'), random: seeded(6) } });
    const sm = await openBac(chip.channel, { mrzInformation: MRZ, random: seeded(2) });
    expect(await authenticateActively(sm, { publicKey: pairs[2048].spki, challenge: CHALLENGE })).toBe(true);
    expect(chip.plain.at(-1)).toMatchObject({ ins: 0x88, data: CHALLENGE, le: 65_536 });
  });

  it('the card refuses a challenge of another length', () => {
    const command = parseCommand(fromHex('008800000701020304050607'));
    expect(answerInternalAuthenticate(key(1024, 'sha1'), command, seeded(1)).response.sw).toBe(0x6700);
  });
});

describe('threat: a key in DG15 under which anybody signs', () => {
  const odd = (1n << 1023n) + 1n;
  it.each([
    ['the exponent 1', odd, 1n],
    ['an even exponent', odd, 65_536n],
    ['an even modulus', odd + 1n, 65_537n],
    ['512 bits', (1n << 511n) + 1n, 65_537n],
  ])('%s: refused, whatever is answered', (_what, modulus, exponent) => {
    const key = derSequence(derInteger(modulus), derInteger(exponent));
    const publicKey = derSequence(derSequence(derOid('1.2.840.113549.1.1.1'), derNull()), derBitString(key));
    const challenge = fromHex('F173589974BF40C6');
    const bits = modulus.toString(2).length;
    const answers = [messageRepresentative({ modulusBits: bits, hash: 'sha1' }, challenge, seeded(1)), new Uint8Array(bits / 8)];
    for (const answer of answers) {
      expect(() => verifyActiveAuthentication({ publicKey, challenge }, answer)).toThrow(/ACCESS_UNSUPPORTED/);
    }
  });
});

describe('Active Authentication with ECDSA (algorithm from ActiveAuthenticationInfo)', () => {
  it.each([
    ['sha256', '0.4.0.127.0.7.1.1.4.1.3', 'brainpoolP256r1'],
    ['sha384', '0.4.0.127.0.7.1.1.4.1.4', 'P-384'],
  ])('%s, %s, %s', (hash, signatureAlgorithm, namedCurve) => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    const signature = new Uint8Array(createSign(hash).update(CHALLENGE).sign({ key: privateKey, dsaEncoding: 'ieee-p1363' }));
    const request = { publicKey: spki, challenge: CHALLENGE, signatureAlgorithm };
    expect(verifyActiveAuthentication(request, signature)).toBe(true);
    expect(verifyActiveAuthentication(request, signature.with(3, (signature[3] ?? 0) ^ 1))).toBe(false);
    expect(verifyActiveAuthentication(request, new Uint8Array(5))).toBe(false);
  });

  it('an EC key without its algorithm, and a key that is none, are not supported', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    const unsupported: unknown = expect.objectContaining({ code: 'ACCESS_UNSUPPORTED' });
    expect(() => verifyActiveAuthentication({ publicKey: spki, challenge: CHALLENGE }, new Uint8Array(64))).toThrow(unsupported);
    expect(() => verifyActiveAuthentication({ publicKey: fromHex('3003020100'), challenge: CHALLENGE }, new Uint8Array(64))).toThrow(
      unsupported,
    );
  });
});
