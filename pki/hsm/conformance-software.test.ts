import { beforeAll } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { hsmConformance } from './hsm.conformance.ts';

const pin = new Secret(utf8('4711'));
const hsm = new SoftwareHsm({ pin });

beforeAll(() => hsm.open(pin));

hsmConformance('software HSM', () => hsm);
