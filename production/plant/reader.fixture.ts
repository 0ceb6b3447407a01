/** Run by `pcscd.int.test.ts`, one process a reader as in the plant: `node … reader.fixture.ts READER COUNT`. Prints the median round trip in ms. */
import { openPcscReader } from '#encoder/readers';

const [, , name = '', count = '0'] = process.argv;
const reader = await openPcscReader(name);
const card = await reader.connect();
const times: number[] = [];
for (let index = 0; index < Number(count); index++) {
  const command = Uint8Array.of(0x00, 0xa4, 0x04, 0x00, 0x01, index & 0xff);
  const began = performance.now();
  const response = await card.transmit(command);
  times.push(performance.now() - began);
  if (Buffer.compare(Buffer.from(response), Buffer.from([...command, 0x90, 0x00])) !== 0) throw new Error('not the answer of this card');
}
times.sort((a, b) => a - b);
process.stdout.write(`${times[times.length >> 1]?.toFixed(3)}\n`);
process.exit(0);
