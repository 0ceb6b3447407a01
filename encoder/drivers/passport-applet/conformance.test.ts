import { afterAll } from 'vitest';
import { imageFolder } from '#encoder/testing';
import { cardDriverConformance } from '../card-driver.conformance.ts';
import { chipBench } from '../testing.ts';
import { passportAppletDriver } from './passport-applet-driver.ts';

const folder = imageFolder();
afterAll(folder.remove);

for (const family of ['passport-applet', 'passport-applet-pace'] as const) {
  cardDriverConformance(family, {
    chip: chipBench(folder.path, { program: family }),
    driver: (connection, secrets) => passportAppletDriver(connection, family, { secrets }),
    capabilities: { transport: 'none', onChipKeyGeneration: false, resumes: 'file', readsBack: true, terminalAuthentication: false },
    tellsBlank: true,
  });
}
