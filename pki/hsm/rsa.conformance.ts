import { constants, createHash, publicEncrypt, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fromHex, Secret, toHex } from '#encoder/bytes';
import type { Hsm, RsaKey, RsaScheme } from './hsm.ts';
import { checkValueOf, keyIdOfPublicKey } from './key-id.ts';
import { publicKeyOfRsa, wrapForToken } from './rsa.ts';

const SCHEMES = (['pkcs1', 'pss'] as const).flatMap((padding) =>
  (['sha256', 'sha384', 'sha512'] as const).map((hash): RsaScheme => ({ padding, hash })),
);

/** RFC 4493 §4 (SP 800-38B D.1), examples 2 and 3, and SP 800-38B D.3, example 10: key, its bits, message, CMAC. */
const CMAC_VECTORS = [
  ['2b7e151628aed2a6abf7158809cf4f3c', 128, '6bc1bee22e409f96e93d7e117393172a', '070a16b46b4d4144f79bdd9dd04a287c'],
  [
    '2b7e151628aed2a6abf7158809cf4f3c',
    128,
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411',
    'dfa66747de9ae63030ca32611497c827',
  ],
  [
    '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    256,
    '6bc1bee22e409f96e93d7e117393172a',
    '28a7023f452e8f82bd4bf28d8c37c35c',
  ],
] as const;

/** RSA part of `hsmConformance`: signing keys, and the unwrapping key by which AES keys come into the token. */
export function rsaConformance(hsm: () => Hsm): void {
  const digestOf = (message: Uint8Array, { hash }: RsaScheme) => Uint8Array.from(createHash(hash).update(message).digest());
  const nodeVerifies = (key: RsaKey, message: Uint8Array, signature: Uint8Array, { padding, hash }: RsaScheme) =>
    verify(
      hash,
      message,
      padding === 'pss'
        ? { key: publicKeyOfRsa(key.publicKey), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
        : publicKeyOfRsa(key.publicKey),
      signature,
    );

  describe.each([2048, 3072, 4096] as const)('RSA-%d', (bits) => {
    test('signs by PKCS#1 v1.5 and PSS with each hash, found by identifier and public key, verified by node:crypto', async () => {
      const made = await hsm().generateRsaKey({ label: `conformance RSA-${bits}`, bits, purpose: 'sign' });
      expect(made).toMatchObject({ kind: 'rsa', bits, purpose: 'sign' });
      expect(made.keyId).toEqual(keyIdOfPublicKey(made.publicKey));
      expect(publicKeyOfRsa(made.publicKey).asymmetricKeyDetails).toEqual({ modulusLength: bits, publicExponent: 65_537n });
      const key = await hsm().findRsaKey(made);
      expect(key).toEqual(made);
      const message = Buffer.from('what is signed');
      for (const scheme of SCHEMES) {
        const signature = await hsm().sign(key, digestOf(message, scheme), scheme);
        expect(signature).toHaveLength(bits / 8);
        expect(nodeVerifies(key, message, signature, scheme), JSON.stringify(scheme)).toBe(true);
        expect(nodeVerifies(key, Buffer.from('what is sigmed'), signature, scheme)).toBe(false);
        expect(await hsm().verify(key, digestOf(message, scheme), signature, scheme)).toBe(true);
      }
    }, 60_000);
  });

  test('RSA: another digest, scheme or length does not verify in the token', async () => {
    const key = await hsm().generateRsaKey({ label: 'conformance RSA verify', bits: 2048, purpose: 'sign' });
    const [pss, pkcs1] = [{ padding: 'pss', hash: 'sha256' } as const, { padding: 'pkcs1', hash: 'sha256' } as const];
    const digest = digestOf(Buffer.from('one'), pss);
    const signature = await hsm().sign(key, digest, pss);
    expect(await hsm().verify(key, digest, signature, pss)).toBe(true);
    expect(await hsm().verify(key, digestOf(Buffer.from('two'), pss), signature, pss)).toBe(false);
    expect(await hsm().verify(key, digest, signature, pkcs1)).toBe(false);
    expect(await hsm().verify(key, digest, signature.subarray(1), pss)).toBe(false);
    expect(await hsm().verify(key, digest, Uint8Array.from(signature).fill(0xff), pss)).toBe(false);
  });

  test('RSA: no scheme, a digest of another hash, an EC key with a scheme: HSM_INPUT_INVALID', async () => {
    const rsa = await hsm().generateRsaKey({ label: 'conformance RSA input', bits: 2048, purpose: 'sign' });
    const ec = await hsm().generateEcKey({ label: 'conformance EC input', curve: 'P-256', purpose: 'sign' });
    const scheme = { padding: 'pss', hash: 'sha384' } as const;
    const refusal = { code: 'HSM_INPUT_INVALID' };
    await expect(hsm().sign(rsa, new Uint8Array(32))).rejects.toMatchObject(refusal);
    await expect(hsm().sign(rsa, new Uint8Array(32), scheme)).rejects.toMatchObject(refusal);
    await expect(hsm().sign(ec, new Uint8Array(48), scheme)).rejects.toMatchObject(refusal);
    await expect(hsm().sign(ec, new Uint8Array(19))).rejects.toMatchObject(refusal);
  });

  describe('AES keys under an RSA key of the token', () => {
    const unwrapping = async () => hsm().generateRsaKey({ label: 'conformance unwrapping', bits: 2048, purpose: 'unwrap' });

    test.each(CMAC_VECTORS)('SP 800-38B: AES-CMAC with an unwrapped key, vector %$', async (keyHex, bits, message, mac) => {
      const under = await hsm().findRsaKey(await unwrapping());
      expect(under.purpose).toBe('unwrap');
      const value = new Secret(fromHex(keyHex));
      const key = await hsm().unwrapAesKey({ label: 'conformance unwrapped' }, under, wrapForToken(under.publicKey, value));
      expect(key).toMatchObject({ kind: 'aes', bits, checkValue: checkValueOf(value), label: 'conformance unwrapped' });
      expect(await hsm().findAesKey(key)).toEqual(key);
      expect(await hsm().cmac(key, fromHex(message))).toEqual(fromHex(mac));
      // P7: it may not leave the token, and the token says that it was not made in it.
      const inventory = await hsm().list();
      expect(inventory.filter((object) => toHex(object.keyId) === toHex(key.keyId))).toMatchObject([
        { kind: 'secret-key', sensitive: true, extractable: false, neverExtractable: false, local: false },
      ]);
      expect(await hsm().destroy(key.keyId)).toBe(1);
    });

    test('the same value has the same identifier under any wrapping key, and is not kept twice', async () => {
      const value = new Secret(new Uint8Array(16).fill(0x42));
      const [one, two] = [await unwrapping(), await unwrapping()];
      const first = await hsm().unwrapAesKey({ label: 'conformance same' }, one, wrapForToken(one.publicKey, value));
      const second = await hsm().unwrapAesKey({ label: 'conformance same' }, two, wrapForToken(two.publicKey, value));
      expect(second).toEqual(first);
      expect(await hsm().destroy(first.keyId)).toBe(1);
    });

    test('for another key, changed, too short, or no AES-128 or AES-256: HSM_INPUT_INVALID, and nothing stays', async () => {
      const [under, other] = [await unwrapping(), await unwrapping()];
      const before = (await hsm().list()).length;
      const good = wrapForToken(under.publicKey, new Secret(new Uint8Array(16).fill(9)));
      const refused = async (wrapped: Uint8Array) => {
        await expect(hsm().unwrapAesKey({ label: 'conformance refused' }, under, wrapped)).rejects.toMatchObject({
          code: 'HSM_INPUT_INVALID',
        });
      };
      await refused(wrapForToken(other.publicKey, new Secret(new Uint8Array(16))));
      await refused(good.map((byte, index) => (index === 100 ? byte ^ 1 : byte)));
      await refused(good.subarray(1));
      await refused(new Uint8Array());
      for (const length of [0, 15, 17, 24, 33]) await refused(oaep(under, length));
      expect((await hsm().list()).length).toBe(before);
    });

    test('a key signs or unwraps, never both', async () => {
      const under = await unwrapping();
      const signing = await hsm().generateRsaKey({ label: 'conformance RSA signing', bits: 2048, purpose: 'sign' });
      const refusal = { code: 'HSM_KEY_PROTECTED' };
      await expect(hsm().sign(under, new Uint8Array(32), { padding: 'pkcs1', hash: 'sha256' })).rejects.toMatchObject(refusal);
      const wrapped = wrapForToken(signing.publicKey, new Secret(new Uint8Array(16)));
      await expect(hsm().unwrapAesKey({ label: 'conformance' }, signing, wrapped)).rejects.toMatchObject(refusal);
    });
  });
}

/** What `wrapForToken` refuses to make. */
function oaep(under: RsaKey, length: number): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return publicEncrypt({ key: publicKeyOfRsa(under.publicKey), padding, oaepHash: 'sha1' }, new Uint8Array(length));
}
