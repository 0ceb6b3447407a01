import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '#encoder/bytes';
import { softHsmTokens } from '#pki/testing';
import { checkValueOf } from './key-id.ts';
import { wrapForToken } from './rsa.ts';

/** Two tokens as a plant has them: each in a home, a process and under a PIN of its own. */
let plant: Awaited<ReturnType<typeof softHsmTokens<'a' | 'b'>>>;

beforeAll(async () => {
  plant = await softHsmTokens('a', 'b');
});
afterAll(() => plant.remove());

test('one transport master wrapped for each token: the same key in both, by identifier, check value and what it derives', async () => {
  const { a, b } = plant.tokens;
  const master = Secret.takeOver(randomBytes(32));
  const keys = await Promise.all(
    [a, b].map(async ({ hsm }) => {
      const under = await hsm.generateRsaKey({ label: 'unwrapping', bits: 2048, purpose: 'unwrap' });
      return hsm.unwrapAesKey({ label: 'transport-master' }, under, wrapForToken(under.publicKey, master));
    }),
  );
  const [inA, inB] = keys;
  if (inA === undefined || inB === undefined) throw new Error('two keys were unwrapped');
  expect(inA).toEqual(inB);
  expect(inA.checkValue).toEqual(checkValueOf(master));
  const chip = Uint8Array.from(randomBytes(10));
  expect(await a.hsm.cmac(inA, chip)).toEqual(await b.hsm.cmac(inB, chip));
});

test('what is wrapped for one token does not open in the other', async () => {
  const { a, b } = plant.tokens;
  const [underA, underB] = await Promise.all(
    [a, b].map(({ hsm }) => hsm.generateRsaKey({ label: 'unwrapping', bits: 2048, purpose: 'unwrap' })),
  );
  if (underA === undefined || underB === undefined) throw new Error('two keys were made');
  const wrapped = wrapForToken(underA.publicKey, new Secret(new Uint8Array(16)));
  await expect(b.hsm.unwrapAesKey({ label: 'x' }, underB, wrapped)).rejects.toMatchObject({ code: 'HSM_INPUT_INVALID' });
  await expect(b.hsm.unwrapAesKey({ label: 'x' }, underA, wrapped)).rejects.toMatchObject({ code: 'HSM_KEY_NOT_FOUND' });
  expect([b.hsm.state(), b.hsm.behind]).toEqual(['ready', 'pkcs11']);
});
