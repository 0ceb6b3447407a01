import { beforeAll, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from './software-hsm.ts';

const pin = () => new Secret(utf8('4711'));
const hsm = new SoftwareHsm({ pin: pin() });

beforeAll(() => hsm.open(pin()));

test('a wrong PIN is never tried twice, not even with the right one afterwards', async () => {
  const other = new SoftwareHsm({ pin: pin() });
  await expect(other.open(new Secret(utf8('0000')))).rejects.toMatchObject({ code: 'HSM_PIN_INCORRECT', remedy: 'stop' });
  await expect(other.open(pin())).rejects.toMatchObject({ code: 'HSM_PIN_INCORRECT' });
});

test('it counts what each key signed', async () => {
  const key = await hsm.generateEcKey({ label: 'counted', curve: 'P-256', purpose: 'sign' });
  await hsm.sign(key, new Uint8Array(32).fill(1));
  await hsm.sign(key, new Uint8Array(32).fill(2));
  expect(await hsm.signaturesOf(key)).toBe(2);
});
