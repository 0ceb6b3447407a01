import { beforeAll } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { inMemoryProcess } from '#pki/testing';
import { hostedHsm } from './hosted-hsm.ts';
import { serveHsm } from './hosted-serve.ts';
import { hsmConformance } from './hsm.conformance.ts';

const pin = new Secret(utf8('4711'));
const behind = new SoftwareHsm({ pin });
const host = () =>
  hostedHsm({
    start: () =>
      inMemoryProcess((channel) => {
        serveHsm(behind, channel);
      }),
    deadlineMs: 30_000,
  });
let hsm = host();

beforeAll(() => hsm.open(pin));

hsmConformance(
  'hosted, software behind it',
  () => hsm,
  async () => {
    hsm = host();
    await hsm.open(pin);
  },
);
