import { createECDH, createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { derSignature, EC_CURVES, publicKeyOfPoint, verifyEcdsaRaw, type EcCurveName } from '#pki/ec';
import type { Hsm } from './hsm.ts';
import { keyIdOfPublicKey } from './key-id.ts';
import { rsaConformance } from './rsa.conformance.ts';

const HASH_OF = {
  'P-256': 'sha256',
  'P-384': 'sha384',
  'P-521': 'sha512',
  brainpoolP256r1: 'sha256',
  brainpoolP384r1: 'sha384',
  brainpoolP512r1: 'sha512',
} as const;

/**
 * What every implementation of `Hsm` does. `hsm` returns an open one; the keys made here are left in it. `restart` is what a person does after a
 * quarantine: implementations that go on answering need none.
 */
export function hsmConformance(name: string, hsm: () => Hsm, restart: () => Promise<void> = () => Promise.resolve()): void {
  const isAnotherKey = async (call: () => Promise<unknown>) => {
    await expect(call()).rejects.toMatchObject({ code: 'HSM_KEY_MISMATCH', remedy: 'quarantine' });
    await restart();
  };

  describe(`Hsm port: ${name}`, () => {
    describe.each(Object.keys(EC_CURVES) as EcCurveName[])('%s', (curve) => {
      const { size, opensslName } = EC_CURVES[curve];

      test('signs a digest as r || s, found by identifier and public point, verified by node:crypto', async () => {
        const made = await hsm().generateEcKey({ label: `conformance ${curve}`, curve, purpose: 'sign' });
        expect(made.point).toHaveLength(2 * size + 1);
        expect(made.keyId).toEqual(keyIdOfPublicKey(made.point));
        const key = await hsm().findEcKey(made);
        expect(key).toEqual(made);
        const message = Buffer.from('what is signed');
        const signature = await hsm().sign(key, createHash(HASH_OF[curve]).update(message).digest());
        expect(signature).toHaveLength(2 * size);
        const digest = createHash(HASH_OF[curve]).update(message).digest();
        expect(await hsm().verify(key, digest, signature)).toBe(true);
        expect(await hsm().verify(key, createHash(HASH_OF[curve]).update('another').digest(), signature)).toBe(false);
        for (const bad of [signature.subarray(1), derSignature(signature), new Uint8Array(2 * size), new Uint8Array(2 * size).fill(0xff)])
          expect(await hsm().verify(key, digest, bad)).toBe(false);
        const publicKey = publicKeyOfPoint(curve, key.point);
        expect(verifyEcdsaRaw(HASH_OF[curve], message, publicKey, signature)).toBe(true);
        expect(verifyEcdsaRaw(HASH_OF[curve], Buffer.from('what is sigmed'), publicKey, signature)).toBe(false);
      });

      test('a SHA-256 digest is signed whatever the size of the order', async () => {
        const key = await hsm().generateEcKey({ label: `conformance ${curve} sha256`, curve, purpose: 'sign' });
        const message = Buffer.from('EF.SOD');
        const signature = await hsm().sign(key, createHash('sha256').update(message).digest());
        expect(verifyEcdsaRaw('sha256', message, publicKeyOfPoint(curve, key.point), signature)).toBe(true);
      });

      test('agrees with node:crypto on an ECDH secret, and refuses a point off the curve', async () => {
        const key = await hsm().generateEcKey({ label: `conformance ${curve} ecdh`, curve, purpose: 'derive' });
        const peer = createECDH(opensslName);
        const peerPoint = Uint8Array.from(peer.generateKeys());
        const secret = await hsm().ecdhDerive(key, peerPoint);
        expect(secret.reveal()).toEqual(Uint8Array.from(peer.computeSecret(key.point)));
        peerPoint[size] = (peerPoint[size] ?? 0) ^ 1;
        await expect(hsm().ecdhDerive(key, peerPoint)).rejects.toMatchObject({ code: 'EC_POINT_INVALID' });
      });
    });

    test.each(['P-256', 'brainpoolP384r1', 'brainpoolP512r1'] as const)(
      '%s: agrees with a point that looks like an OCTET STRING',
      async (curve) => {
        const key = await hsm().generateEcKey({ label: `conformance ${curve} point`, curve, purpose: 'derive' });
        const peer = createECDH(EC_CURVES[curve].opensslName);
        const looksWrapped = (point: Uint8Array) => point[1] === point.length - 2;
        for (let tries = 0; tries < 20_000 && !looksWrapped(peer.generateKeys()); tries += 1);
        expect(looksWrapped(peer.getPublicKey())).toBe(true);
        const secret = await hsm().ecdhDerive(key, peer.getPublicKey());
        expect(secret.reveal()).toEqual(Uint8Array.from(peer.computeSecret(key.point)));
      },
    );

    rsaConformance(hsm);

    test('a key signs or agrees, never both', async () => {
      const signing = await hsm().generateEcKey({ label: 'conformance signing', curve: 'P-256', purpose: 'sign' });
      const agreeing = await hsm().generateEcKey({ label: 'conformance agreeing', curve: 'P-256', purpose: 'derive' });
      await expect(hsm().ecdhDerive(signing, agreeing.point)).rejects.toMatchObject({ code: 'HSM_KEY_PROTECTED' });
      await expect(hsm().sign(agreeing, new Uint8Array(32))).rejects.toMatchObject({ code: 'HSM_KEY_PROTECTED' });
    });

    test('P6: an identifier with another public key is refused, whatever the label', async () => {
      const [one, two] = await Promise.all(
        [1, 2].map(() => hsm().generateEcKey({ label: 'conformance one label', curve: 'P-256', purpose: 'sign' })),
      );
      if (one === undefined || two === undefined) throw new Error('two keys were made');
      await isAnotherKey(() => hsm().findEcKey({ keyId: one.keyId, point: two.point }));
      await isAnotherKey(() => hsm().sign({ ...one, point: two.point }, new Uint8Array(32)));
      await hsm().sign(one, new Uint8Array(32).fill(1));
      await isAnotherKey(() => hsm().sign({ ...one, point: two.point }, new Uint8Array(32)));
    });

    test('P6: an RSA identifier with another public key is refused', async () => {
      const one = await hsm().generateRsaKey({ label: 'conformance RSA one', bits: 2048, purpose: 'sign' });
      const two = await hsm().generateRsaKey({ label: 'conformance RSA two', bits: 2048, purpose: 'sign' });
      await isAnotherKey(() => hsm().findRsaKey({ keyId: one.keyId, publicKey: two.publicKey }));
      const scheme = { padding: 'pkcs1', hash: 'sha256' } as const;
      await isAnotherKey(() => hsm().sign({ ...one, publicKey: two.publicKey }, new Uint8Array(32), scheme));
    });

    test('P12: a destroyed key signs no more', async () => {
      const key = await hsm().generateEcKey({ label: 'conformance destroyed', curve: 'P-256', purpose: 'sign' });
      await hsm().sign(key, new Uint8Array(32).fill(1));
      expect(await hsm().destroy(key.keyId)).toBe(2);
      expect(await hsm().destroy(key.keyId)).toBe(0);
      await expect(hsm().sign(key, new Uint8Array(32).fill(1))).rejects.toMatchObject({ code: 'HSM_KEY_NOT_FOUND', remedy: 'stop' });
      await expect(hsm().findEcKey(key)).rejects.toMatchObject({ code: 'HSM_KEY_NOT_FOUND' });
    });

    test('AES keys: generated ones differ, another check value is refused, no data is refused', async () => {
      const one = await hsm().generateAesKey({ label: 'conformance aes', bits: 256 });
      const two = await hsm().generateAesKey({ label: 'conformance aes', bits: 256 });
      expect(one.bits).toBe(256);
      const data = Buffer.from('079123456789');
      expect(await hsm().cmac(one, data)).not.toEqual(await hsm().cmac(two, data));
      const other = one.checkValue.map((byte) => byte ^ 1);
      await isAnotherKey(() => hsm().cmac({ ...one, checkValue: other }, data));
      await isAnotherKey(() => hsm().findAesKey({ keyId: one.keyId, checkValue: other }));
      await expect(hsm().cmac(one, new Uint8Array())).rejects.toMatchObject({ code: 'HSM_INPUT_INVALID' });
    });

    test('P7: the inventory shows what may leave the token and what was made in it', async () => {
      const pair = await hsm().generateEcKey({ label: 'conformance inventory', curve: 'brainpoolP384r1', purpose: 'sign' });
      const inventory = await hsm().list();
      const of = (keyId: Uint8Array) => inventory.filter((object) => Buffer.compare(object.keyId, keyId) === 0);
      expect(
        of(pair.keyId)
          .map((object) => object.kind)
          .toSorted(),
      ).toEqual(['private-key', 'public-key']);
      expect(of(pair.keyId).find((object) => object.kind === 'private-key')).toMatchObject({
        label: 'conformance inventory',
        sensitive: true,
        extractable: false,
        alwaysSensitive: true,
        neverExtractable: true,
        local: true,
      });
    });

    test('many operations at once, each answered with its own result', async () => {
      const key = await hsm().generateEcKey({ label: 'conformance load', curve: 'P-256', purpose: 'sign' });
      const publicKey = publicKeyOfPoint('P-256', key.point);
      const good = await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const message = Buffer.from(`message ${index}`);
          const digest = Uint8Array.from(createHash('sha256').update(message).digest());
          const pending = hsm().sign(key, digest);
          // The caller's buffer is the caller's: what it holds later is not what was signed.
          digest.fill(0);
          return verifyEcdsaRaw('sha256', message, publicKey, await pending);
        }),
      );
      expect(good.filter(Boolean)).toHaveLength(60);
    });

    test('random bytes differ', async () => {
      const [one, two] = [await hsm().random(32), await hsm().random(32)];
      expect(one).toHaveLength(32);
      expect(one).not.toEqual(two);
    });
  });
}
