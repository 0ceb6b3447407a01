import { afterAll, beforeAll } from 'vitest';
import { softHsmHome, softHsmProcess } from '#pki/testing';
import { hostedHsm } from './hosted-hsm.ts';
import { hsmConformance } from './hsm.conformance.ts';

const token = softHsmHome('hosted conformance');
const host = () => hostedHsm({ start: softHsmProcess(token).start, deadlineMs: 30_000 });
let hsm = host();

beforeAll(() => hsm.open(token.pin));
afterAll(async () => {
  await hsm.close();
  token.remove();
});

hsmConformance(
  'hosted, PKCS#11 on SoftHSM2 in another process',
  () => hsm,
  async () => {
    hsm = host();
    await hsm.open(token.pin);
  },
);
