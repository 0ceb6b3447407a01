import { afterAll } from 'vitest';
import { imageFolder } from '#encoder/testing';
import { cardDriverConformance } from '../card-driver.conformance.ts';
import { chipBench } from '../testing.ts';
import { cpsDriver } from './cps-driver.ts';
import { CPS_LAYOUT } from './layout.ts';

const folder = imageFolder();
afterAll(folder.remove);

for (const channel of ['SCP02-15', 'SCP02-55', 'SCP03'] as const) {
  cardDriverConformance(`CPS style over ${channel}`, {
    chip: chipBench(folder.path, { program: 'cps', cps: { scp: channel } }),
    driver: (connection) => cpsDriver(connection, { layout: { ...CPS_LAYOUT, channel } }),
    capabilities: {
      transport: channel === 'SCP03' ? 'SCP03' : 'SCP02',
      onChipKeyGeneration: false,
      resumes: 'file',
      readsBack: false,
      terminalAuthentication: true,
    },
    tellsBlank: false,
  });
}
