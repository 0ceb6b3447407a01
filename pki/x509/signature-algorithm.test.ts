import { createHash, constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex, utf8 } from '#encoder/bytes';
import { rawSignature } from '#pki/ec';
import {
  encodeAlgorithm,
  readAlgorithm,
  signatureFromToken,
  verifySignature,
  verifySignatureOnPool,
  type HashName,
} from './signature-algorithm.ts';

const HASHES = ['sha224', 'sha256', 'sha384', 'sha512'] as const satisfies readonly HashName[];
const KEYS = ['ec', 'rsa', 'rsa-pss'] as const;
const ALL = KEYS.flatMap((key) => HASHES.map((hash) => ({ key, hash })));

describe('RFC 4055 and RFC 5758: AlgorithmIdentifier', () => {
  test.each(ALL)('$key with $hash is read as it was written', (algorithm) => {
    expect(readAlgorithm(encodeAlgorithm(algorithm))).toEqual(algorithm);
  });

  // As OpenSSL 3.0 writes them (`openssl req -x509 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1`).
  test.each([
    ['ec', '300A06082A8648CE3D040302'],
    ['rsa', '300D06092A864886F70D01010B0500'],
    [
      'rsa-pss',
      '304106092A864886F70D01010A3034A00F300D06096086480165030402010500A11C301A06092A864886F70D010108300D06096086480165030402010500A203020120',
    ],
  ] as const)('%s with sha256, byte by byte', (key, hex) => {
    expect(toHex(encodeAlgorithm({ key, hash: 'sha256' }))).toBe(hex);
  });

  const pss = (hash: string, mask: string, salt: string, more = '') => {
    const wrap = (tag: string, body: string) => tag + (body.length / 2).toString(16).padStart(2, '0') + body;
    const digest = (oid: string) => wrap('30', `0609${oid}`);
    const mgf = wrap('30', `06092a864886f70d010108${digest(mask)}`);
    return fromHex(wrap('30', `06092a864886f70d01010a${wrap('30', wrap('a0', digest(hash)) + wrap('a1', mgf) + `a203${salt}${more}`)}`));
  };
  const [SHA256, SHA384] = ['608648016503040201', '608648016503040202'];

  test('RFC 4055 §2.1, §3.1: a hash without parameters, a trailer spelled out', () => {
    expect(readAlgorithm(pss(SHA256, SHA256, '020120'))).toEqual({ key: 'rsa-pss', hash: 'sha256' });
    expect(readAlgorithm(pss(SHA256, SHA256, '020120', 'a303020101'))).toEqual({ key: 'rsa-pss', hash: 'sha256' });
  });

  test.each([
    ['SHA-1 with RSA', fromHex('300D06092A864886F70D0101050500')],
    ['ecdsa-with-SHA1', fromHex('300906072A8648CE3D0401')],
    ['ECDSA with parameters', fromHex('300C06082A8648CE3D0403020500')],
    ['PKCS #1 without NULL', fromHex('300B06092A864886F70D01010B')],
    ['PSS without parameters', fromHex('300B06092A864886F70D01010A')],
    ['PSS of defaults, which are SHA-1', fromHex('300D06092A864886F70D01010A3000')],
    ['PSS, the mask with another hash', pss(SHA256, SHA384, '020120')],
    ['PSS, a salt of 20', pss(SHA256, SHA256, '020114')],
    ['PSS, trailer 2', pss(SHA256, SHA256, '020120', 'a303020102')],
    ['PSS, a member more', pss(SHA256, SHA256, '020120', 'a403020101')],
    ['a byte more', fromHex('300A06082A8648CE3D04030200')],
    ['no DER', fromHex('3080')],
    ['nothing', new Uint8Array()],
  ])('%s is none of ours', (_, der) => {
    expect(readAlgorithm(der)).toBeUndefined();
  });
});

describe('signatures, made by OpenSSL', () => {
  const message = utf8('to be signed');
  const ec = generateKeyPairSync('ec', { namedCurve: 'secp521r1' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const made = (key: (typeof KEYS)[number], hash: HashName, privateKey: KeyObject, saltLength: number): Uint8Array => {
    if (key !== 'rsa-pss') return sign(hash, message, privateKey);
    return sign(hash, message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
  };

  test.each(ALL)('$key with $hash verifies, and with no other key, hash, padding or message', async ({ key, hash }) => {
    const { privateKey, publicKey } = key === 'ec' ? ec : rsa;
    const signature = made(key, hash, privateKey, createHash(hash).digest().length);
    expect(verifySignature({ key, hash }, message, publicKey, signature)).toBe(true);
    const accepted = ALL.filter((algorithm) => verifySignature(algorithm, message, publicKey, signature));
    expect(accepted).toEqual([{ key, hash }]);
    expect(verifySignature({ key, hash }, utf8('another'), publicKey, signature)).toBe(false);
    expect(verifySignature({ key, hash }, message, key === 'ec' ? rsa.publicKey : ec.publicKey, signature)).toBe(false);
    expect(verifySignature({ key, hash }, message, publicKey, signature.subarray(1))).toBe(false);
    const onPool = ALL.map((algorithm) => verifySignatureOnPool(algorithm, message, publicKey, signature));
    expect(await Promise.all(onPool)).toEqual(ALL.map((algorithm) => algorithm.key === key && algorithm.hash === hash));
    expect(await verifySignatureOnPool({ key, hash }, utf8('another'), publicKey, signature)).toBe(false);
    expect(await verifySignatureOnPool({ key, hash }, message, publicKey, signature.subarray(1))).toBe(false);
  });

  test.each(ALL)('$key with $hash: a thread of the pool says the same', async ({ key, hash }) => {
    const { privateKey, publicKey } = key === 'ec' ? ec : rsa;
    const signature = made(key, hash, privateKey, createHash(hash).digest().length);
    const verdicts = await Promise.all(ALL.map((algorithm) => verifySignatureOnPool(algorithm, message, publicKey, signature)));
    expect(ALL.filter((_, at) => verdicts[at] === true)).toEqual([{ key, hash }]);
    expect(await verifySignatureOnPool({ key, hash }, utf8('another'), publicKey, signature)).toBe(false);
    expect(await verifySignatureOnPool({ key, hash }, message, publicKey, new Uint8Array())).toBe(false);
  });

  test('PSS with a salt of another length does not verify', () => {
    const signature = made('rsa-pss', 'sha256', rsa.privateKey, 20);
    expect(verifySignature({ key: 'rsa-pss', hash: 'sha256' }, message, rsa.publicKey, signature)).toBe(false);
  });

  test('what a token returns: r || s becomes ECDSA-Sig-Value, RSA octets stay', () => {
    const der = Uint8Array.from(sign('sha256', message, ec.privateKey));
    const raw = rawSignature(der, 66);
    expect(raw).toHaveLength(132);
    expect(signatureFromToken({ key: 'ec', hash: 'sha256' }, raw)).toEqual(der);
    expect(signatureFromToken({ key: 'rsa-pss', hash: 'sha256' }, raw)).toEqual(raw);
  });
});
