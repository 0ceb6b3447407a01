import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildProduct, demoPlace, killNamed, recordedPids, startDemo, until, type DemoPlace } from './testing/demo-process.ts';
import { onTheLine, stepsOf, type Station } from './testing/line-work.ts';
import { askRunning, expectBooks } from './testing/plant-books.ts';

/** Every process of the plant is killed once, each while it has work; the run ends by itself with the books of a quiet one. */
const PEOPLE = 18;
const place = demoPlace();

beforeAll(buildProduct);
afterAll(() => place.remove());

/** The victim, and the station that must have a card in hand when it is hit. */
const VICTIMS: readonly (readonly [string, Station])[] = [
  ['seat-encode-1', 'encode'],
  ['virtual-cards', 'encode'],
  ['pcscd', 'encode'],
  ['signer', 'encode'],
  ['postgres', 'encode'],
  ['worker', 'encode'],
  ['redis', 'print'],
  ['inspector', 'inspect'],
  ['api', 'inspect'],
];

it('seat, virtual cards, pcscd, signer, PostgreSQL, worker, Redis, inspector and API are killed: the same books', async () => {
  const demo = startDemo(place, PEOPLE);
  for (const [victim, station] of VICTIMS) {
    const pid = await until(demo, `${victim} is hit while ${station} has a card`, async () => await hit(place, victim, station));
    const steps = await until(demo, `${victim} is started again`, async () => {
      if ([undefined, pid].includes(recordedPids(place.plantDir).get(victim))) return null;
      return await stepsOf(place);
    });
    // The next one falls when the plant works again: several deaths at once are another test.
    await until(demo, `cards move again without the old ${victim}`, async () => ((await stepsOf(place)) ?? 0) > steps + 1);
  }
  expect(await demo.ended, demo.output()).toEqual({ code: 0, signal: null });
  await expectBooks(place, PEOPLE);
});

async function hit(at: DemoPlace, victim: string, station: Station): Promise<number | null> {
  if (victim.startsWith('seat-')) {
    const seat = victim.replace('seat-encode-', 'encode:');
    const rows = await askRunning(at, `select 1 from cards where lease_owner = '${seat}' and lease_until > now() and state <> 'RELEASED'`);
    return (rows?.length ?? 0) > 0 ? killNamed(at, victim) : null;
  }
  if ((await onTheLine(at, station)) === 0) return null;
  // Power that fails between the two faces of a print leaves a card that nobody can mend: rightly spoiled, and other books.
  if (victim === 'virtual-cards' && readdirSync(join(at.plantDir, 'spool')).length > 0) return null;
  return killNamed(at, victim);
}
