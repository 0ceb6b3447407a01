/**
 * `npm run test:sweep`: every point of every profile on every chip family in this process, then a seeded choice of them for each driver
 * through a real pcscd over all seats. Ends with 1 when a card ended in any other way than it should. docs/operations/sweep.md
 *
 * Usage: npm run test:sweep -- [--seed N] [--points N] [--seats N]
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import {
  everyInterruption,
  FAMILIES,
  inProcessSeats,
  missingOf,
  pcscSeats,
  randomNumbers,
  seededInterruptions,
  sweep,
  sweepBench,
  sweepTable,
  sweptCards,
  sweptContent,
  wholeRun,
  type Seats,
  type SweepBench,
  type SweepResult,
} from '#encoder/sweep';
import { imageFolder } from '#encoder/testing';

const SEEDS = 2 ** 31;
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: `${randomInt(1, SEEDS)}` },
    points: { type: 'string', default: '300' },
    seats: { type: 'string', default: '16' },
  },
});
const [seed, points, seatCount] = [values.seed, values.points, values.seats].map(Number) as [number, number, number];
if (![seed, points, seatCount].every((number) => Number.isInteger(number) && number > 0) || seatCount % 2 !== 0) {
  throw new RangeError('whole numbers above 0 are needed, and an even number of seats: two lie in one virtual reader');
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
/** Beside the table, which comes when all is done. */
const swept = ({ family, profile, points }: SweepResult): void => void process.stderr.write(`… ${family}, ${profile}: ${points} points\n`);
const seconds = (from: number): string => `${Math.round((performance.now() - from) / 1000)} s`;
const folder = imageFolder();

/** What is swept: each family with each profile that it carries. */
const cards = sweptCards(await sweptContent({ edge: 100, sodBytes: 1600 }));
const carried: SweepBench[] = [];
const notCarried: string[] = [];
for (const family of FAMILIES) {
  for (const card of cards) {
    const missing = missingOf(family, card);
    if (missing.length === 0) carried.push(sweepBench(family, card, folder.path));
    else notCarried.push(`  ${family.name}, ${card.profile.id}: ${missing.join(', ')}`);
  }
}

/** Seed of one bench, so that a choice does not depend on what was swept before. */
const seedOf = (bench: SweepBench): number => randomNumbers(seed + carried.indexOf(bench) * 7919)(SEEDS);

async function everyPoint(seats: Seats): Promise<readonly SweepResult[]> {
  const results: SweepResult[] = [];
  for (const bench of carried) {
    const whole = await wholeRun(bench, seats);
    const result = await sweep(bench, seats, { whole, points: everyInterruption(whole, seedOf(bench)).map((one) => [one]) });
    swept(result);
    results.push(result);
  }
  return results;
}

/** The points of a driver are shared by what it carries; all its cards are under way at once, as many as there are seats. */
async function chosenPoints(seats: Seats): Promise<readonly SweepResult[]> {
  const results: SweepResult[] = [];
  for (const driver of new Set(carried.map(({ family }) => family.driverRoom))) {
    const benches = carried.filter(({ family }) => family.driverRoom === driver);
    const chosen = benches.map(async (bench, at) => {
      const count = Math.floor((points * (at + 1)) / benches.length) - Math.floor((points * at) / benches.length);
      const whole = await wholeRun(bench, inProcessSeats(1));
      const interruptions = seededInterruptions(whole, { seed: seedOf(bench), count });
      const result = await sweep(bench, seats, { whole, points: interruptions.map((one) => [one]) });
      swept(result);
      return result;
    });
    results.push(...(await Promise.all(chosen)));
  }
  return results;
}

async function overPcscd(): Promise<readonly SweepResult[]> {
  const rack = await pcscSeats(seatCount);
  try {
    return await chosenPoints(rack.seats);
  } finally {
    await rack.stop();
  }
}

try {
  const began = performance.now();
  say(`seed ${seed}\n\nevery point, in this process`);
  const every = await everyPoint(inProcessSeats(2));
  say(`${sweepTable(every)}\n  ${seconds(began)}`);

  const beganPcscd = performance.now();
  say(`\n${points} points a driver, through pcscd over ${seatCount} seats`);
  const chosen = await overPcscd();
  say(`${sweepTable(chosen)}\n  ${seconds(beganPcscd)}`);

  say(`\nnot carried, not counted\n${notCarried.join('\n')}`);
  const violations = [...every, ...chosen].reduce((sum, result) => sum + result.violations.length, 0);
  say(`\n${violations} violations; again with: npm run test:sweep -- --seed ${seed}`);
  process.exitCode = violations === 0 ? 0 : 1;
} finally {
  folder.remove();
}
