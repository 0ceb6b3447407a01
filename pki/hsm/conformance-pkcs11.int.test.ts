import { afterAll, beforeAll } from 'vitest';
import { softHsmToken } from '#pki/testing';
import { hsmConformance } from './hsm.conformance.ts';
import { Pkcs11Hsm } from './pkcs11.ts';

const token = softHsmToken('conformance');
const hsm = new Pkcs11Hsm({ tokenLabel: token.label });

beforeAll(() => hsm.open(token.pin));
afterAll(async () => {
  await hsm.close();
  token.remove();
});

hsmConformance('PKCS#11 on SoftHSM2', () => hsm);
