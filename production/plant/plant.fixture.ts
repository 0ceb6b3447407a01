/** Run by `plant.int.test.ts` as a process of its own, to be killed: `node … plant.fixture.ts PLANT_DIR`. */
import { startPlant } from './plant.ts';
import { stopOnSignal } from './stop-on-signal.ts';

const plant = await startPlant({ plantDir: process.argv[2] ?? '' });
stopOnSignal(() => plant.stop());
process.stdout.write('ready\n');
setInterval(() => undefined, 60_000);
