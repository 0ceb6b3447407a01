import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { publicKeyOfPoint, verifyEcdsaRaw } from '#pki/hsm';
import { LyingHsm, type Lie } from './lying-hsm.ts';
import { SoftwareHsm } from './software-hsm.ts';

async function liar(lies: readonly Lie[]) {
  const pin = new Secret(utf8('1'));
  const honest = new SoftwareHsm({ pin });
  await honest.open(pin);
  const hsm = new LyingHsm(honest, lies);
  const key = await hsm.generateEcKey({ label: 'k', curve: 'P-256', purpose: 'sign' });
  const signsWell = async (text: string) => {
    const signature = await hsm.sign(key, createHash('sha256').update(text).digest());
    return verifyEcdsaRaw('sha256', Buffer.from(text), publicKeyOfPoint('P-256', key.point), signature);
  };
  return { hsm, signsWell, honest, key };
}

test.each([
  'wrong-signature',
  'other-message',
  'previous-signature',
  'short-signature',
  'der-signature',
  'not-normalised-signature',
] as const)('%s does not verify', async (lie) => {
  const { signsWell } = await liar(['honest', lie, 'honest']);
  expect(await signsWell('one')).toBe(true);
  expect(await signsWell('two')).toBe(false);
  expect(await signsWell('three')).toBe(true);
});

test('a code in the schedule is thrown without a signature; signs-then-dies makes one that nobody sees', async () => {
  const { signsWell, honest, key, hsm } = await liar(['HSM_SESSION_LOST', 'signs-then-dies']);
  await expect(signsWell('one')).rejects.toMatchObject({ code: 'HSM_SESSION_LOST', remedy: 'retry' });
  expect(await honest.signaturesOf(key)).toBe(0);
  await expect(signsWell('one')).rejects.toMatchObject({ code: 'HSM_DEVICE_FAILED', remedy: 'recycle' });
  expect(await honest.signaturesOf(key)).toBe(1);
  expect(hsm.calls).toBe(2);
});

test('a seeded liar lies at the same calls for the same seed', async () => {
  const pin = new Secret(utf8('1'));
  const run = async () => {
    const honest = new SoftwareHsm({ pin });
    await honest.open(pin);
    const hsm = LyingHsm.seeded(honest, 'seed', 4, ['HSM_SESSION_LOST']);
    const key = await hsm.generateEcKey({ label: 'k', curve: 'P-256', purpose: 'sign' });
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => hsm.sign(key, new Uint8Array(32).fill(1))));
    return outcomes.map((outcome) => outcome.status);
  };
  const first = await run();
  expect(first).toContain('rejected');
  expect(first).toContain('fulfilled');
  expect(await run()).toEqual(first);
});
