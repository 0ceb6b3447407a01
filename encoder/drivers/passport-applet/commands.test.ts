import { createECDH, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EC_DOMAINS } from '#encoder/access';
import { encodeCommand } from '#encoder/apdu';
import { fromHex, Secret, toHex } from '#encoder/bytes';
import { decodeTlvs } from '#encoder/tlv';
import { mrzFields } from '../access-secrets.ts';
import { makeKeyPair, privateNumbers } from '../key-pair.ts';
import { createFile, LOCK, PERSONALISED, putBacSecrets, putCan, putPrivateKey, readBinary, selectFile, updateBinary } from './commands.ts';

const bytes = (command: Parameters<typeof encodeCommand>[0]): string => toHex(encodeCommand(command));

describe('the command table of the passport applet (facts/applets.md §2), byte by byte', () => {
  it('the secrets of BAC: the fields as in the MRZ, without check digits', () => {
    // Doc 9303-11 App. D.2: document number L898902C<, birth 690806, expiry 940623.
    const command = putBacSecrets(mrzFields('L898902C<369080619406236', 'test'));
    expect(bytes(command)).toBe('00DA006220621E5F1F094C383938393032433C5F18063639303830365F1906393430363233');
  });

  it('the PACE secret', () => {
    expect(bytes(putCan('123456'))).toBe('00DA00650B6509660702313233343536');
  });

  it('files', () => {
    expect(bytes(createFile(0x0101, 300))).toBe('00E00000066304012C0101');
    expect(bytes(selectFile(0x011d))).toBe('00A4020C02011D');
    expect(bytes(updateBinary(0x1234, fromHex('AABB')))).toBe('00D6123402AABB');
    expect(bytes(readBinary(0x7f00, 223))).toBe('00B07F00DF');
  });

  it('the lock, and what the variant with PACE wants before it', () => {
    expect(bytes(PERSONALISED)).toBe('00DADEAF');
    expect(bytes(LOCK)).toBe('00DADEAD');
  });

  it('a key of Active Authentication: modulus and private exponent of 128 bytes, padded in front', () => {
    const modulus = new Uint8Array(128).fill(0xc3);
    const commands = putPrivateKey({ kind: 'rsa', modulus, privateExponent: new Uint8Array(127).fill(0x11) });
    expect(commands.map(bytes)).toEqual([`00DA0060856000048180${'C3'.repeat(128)}`, `00DA006185610004818000${'11'.repeat(127)}`]);
    expect(() => putPrivateKey({ kind: 'rsa', modulus: new Uint8Array(256), privateExponent: modulus })).toThrow(
      expect.objectContaining({ code: 'DRIVER_CANNOT' }),
    );
  });

  it('a key of Chip Authentication: prime, a, b, G, order, private value, cofactor of brainpoolP256r1 (RFC 5639 §3.4)', () => {
    const privateValue = new Uint8Array(32).fill(7);
    const [command] = putPrivateKey({ kind: 'ec', curve: 'brainpoolP256r1', privateValue });
    const data = command?.data ?? new Uint8Array(0);
    const objects = decodeTlvs(data, 'PUT DATA 63');
    expect(command).toMatchObject({ ins: 0xda, p1: 0, p2: 0x63 });
    expect(data.length).toBeLessThan(256);
    expect(objects.map(({ tag, value }) => [tag, value.length])).toEqual([
      [0x81, 32],
      [0x82, 32],
      [0x83, 32],
      [0x84, 65],
      [0x85, 32],
      [0x86, 32],
      [0x87, 1],
    ]);
    expect(toHex(objects[0]?.value ?? data)).toBe('A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377');
    expect(toHex(objects[1]?.value ?? data)).toBe('7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9');
    expect(toHex(objects[2]?.value ?? data)).toBe('26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6');
    expect(toHex(objects[4]?.value ?? data)).toBe('A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7');
    expect(objects[5]?.value).toEqual(privateValue);
    expect(() => putPrivateKey({ kind: 'ec', curve: 'P-521', privateValue })).toThrow(expect.objectContaining({ code: 'DRIVER_CANNOT' }));
  });
});

describe('secrets that the applet reckons its own check digits for', () => {
  it.each([
    ['a number of ten characters', 'L898902C3X1690806194062361'],
    ['a check digit that is not true', 'L898902C<469080619406236'],
    ['nothing', ''],
  ])('%s is refused before anything is sent', (_name, information) => {
    expect(() => mrzFields(information, 'test')).toThrow(expect.objectContaining({ code: 'DRIVER_CANNOT' }));
  });
});

describe('key pairs made off the chip', () => {
  it.each(['RSA-1024', 'EC-P-256', 'EC-brainpoolP256r1', 'EC-brainpoolP512r1'] as const)(
    '%s: the numbers are those of the public half',
    (algorithm) => {
      const pair = makeKeyPair(algorithm);
      const numbers = privateNumbers(pair);
      const key = createPublicKey({ key: Buffer.from(pair.publicKey), format: 'der', type: 'spki' });
      if (numbers.kind === 'rsa') {
        expect(toHex(pair.publicKey)).toContain(toHex(numbers.modulus));
        expect(key.asymmetricKeyDetails?.modulusLength).toBe(numbers.modulus.length * 8);
        // (m^e)^d = m, with the exponent that came out.
        const [n, d] = [numbers.modulus, numbers.privateExponent].map((number) => BigInt(`0x${toHex(number)}`));
        expect(power(power(42n, 65_537n, n ?? 1n), d ?? 1n, n ?? 1n)).toBe(42n);
      } else {
        expect(algorithm).toBe(`EC-${numbers.curve}`);
        const agreement = createECDH(EC_DOMAINS[numbers.curve].opensslName);
        agreement.setPrivateKey(Buffer.from(numbers.privateValue));
        expect(toHex(pair.publicKey)).toContain(toHex(agreement.getPublicKey()));
      }
    },
  );

  it('the numbers are views into the secret: they are gone with it', () => {
    const pair = makeKeyPair('EC-P-256');
    const numbers = privateNumbers(pair);
    pair.privateKey.destroy();
    expect(numbers.kind === 'ec' && numbers.privateValue.every((byte) => byte === 0)).toBe(true);
  });

  it('refuses what is no algorithm, and a secret that is no private key', () => {
    expect(() => makeKeyPair('DH-MODP-1024-160')).toThrow(expect.objectContaining({ code: 'DRIVER_CANNOT' }));
    expect(() => makeKeyPair('EC-secp256k1')).toThrow(expect.objectContaining({ code: 'DRIVER_CANNOT' }));
    const broken = { ...makeKeyPair('EC-P-256'), privateKey: new Secret(fromHex('3003020100')) };
    expect(() => privateNumbers(broken)).toThrow(expect.objectContaining({ name: 'DecodeError' }));
  });
});

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
