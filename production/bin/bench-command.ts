import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { bareChip, bareFaces, benchEncoder, encoderTable, lineTable, processorMs, throwawayChain } from '#production/bench';
import type { CliIo } from '#production/cli';
import { demoOrders, drawImages, runDemo, type DemoShow } from '#production/demo';
import { demoShow } from './demo-show.ts';
import { benchPki, type PkiBenchOptions } from './bench-pki.ts';
import { startDemoPlant } from './demo-plant.ts';
import { startInterruptibly } from './interruptible-start.ts';
import type { StartedPlant } from './start-plant.ts';
import { inThrowawayHome } from './throwaway-home.ts';
import { wholeNumber } from './whole-number.ts';

const PROFILE = 'cccd-2021-specimen';

export function registerBench(program: Command, io: CliIo): void {
  const bench = program
    .command('bench')
    .description('measure this machine; figures as ratios against a baseline of the same run / đo hiệu năng');
  bench
    .command('encoder')
    .description('commands against the least, one seat and sixteen against the wire, processor time by step')
    .action(async () => io.out(await encoder()));
  bench
    .command('pki')
    .option('--signatures <n>', 'past signatures among which the cards of one key are listed', wholeNumber(1000, 50_000_000), 1_000_000)
    .option('--rounds <n>', 'rounds of signing', wholeNumber(1, 100), 7)
    .option('--per-round <n>', 'signatures a round', wholeNumber(10, 100_000), 2000)
    .description('signer with intents against the bare token, EF.SOD against pkijs, the cards of one key among many')
    .action(async (options: PkiBenchOptions) => io.out(await inThrowawayHome(io, (home) => benchPki(io, home, options))));
  bench
    .command('line')
    .option('--cards <n>', 'cards to make', wholeNumber(6, 500), 48)
    .description('cards per second, and processor milliseconds a card by process, on a plant of its own')
    .action(async (options: { readonly cards: number }) => {
      mkdirSync(resolve(io.cwd, 'var'), { recursive: true });
      const home = mkdtempSync(join(resolve(io.cwd, 'var'), 'bench-'));
      try {
        io.out(await benchLine(io, home, options.cards));
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    });
}

async function encoder(): Promise<string> {
  const [person] = demoOrders(1, new Date());
  if (person === undefined) throw new Error('nobody to measure with');
  const record = { ...person.citizen, ...(await drawImages(person.citizen.personalNumber)) };
  return encoderTable(await benchEncoder({ record, profile: PROFILE, chain: throwawayChain(new Date()) }));
}

async function benchLine(io: CliIo, home: string, cards: number): Promise<string> {
  const [person] = demoOrders(1, new Date());
  if (person === undefined) throw new Error('nobody to measure with');
  const record = { ...person.citizen, ...(await drawImages(person.citizen.personalNumber)) };
  const chip = await bareChip(record, PROFILE);
  const faces = await bareFaces(record, PROFILE);

  const folders = { plantDir: join(home, 'plant'), resultDir: join(home, 'results') };
  mkdirSync(folders.resultDir);
  const show = demoShow(io);
  show.stage('Khởi động nhà máy', 'starting the plant');
  const { started, deps, forget } = await startInterruptibly((stopping) => startDemoPlant(io, folders, show, stopping));
  try {
    show.done();
    const before = new Map<string, number>();
    const spent = new Map<string, number>();
    let began = 0;
    let seconds = 0;
    const marks: DemoShow = {
      ...show,
      stage(vi, en, total) {
        if (en.startsWith('encoding')) {
          for (const [name, ms] of spentBy(started, folders.plantDir)) before.set(name, ms);
          began = performance.now();
        }
        if (en.startsWith('packing')) {
          seconds = (performance.now() - began) / 1000;
          for (const [name, ms] of spentBy(started, folders.plantDir)) spent.set(name, ms - (before.get(name) ?? 0));
        }
        show.stage(vi, en, total);
      },
    };
    await runDemo({ ...deps, show: marks }, cards);
    return lineTable({ cards, seconds, processorMs: spent, bareChip: chip, bareFaces: faces });
  } finally {
    forget();
    await started.stop();
  }
}

/** Processor time so far, by process; seats are children of the line and are told apart from it. */
function spentBy(started: StartedPlant, plantDir: string): ReadonlyMap<string, number> {
  const spent = new Map<string, number>();
  for (const service of started.plant.processes()) {
    const pid = service.pid();
    if (pid !== undefined && service.name !== 'namespace') spent.set(service.name, processorMs(pid));
  }
  const seats = started.running.seats
    .filter(({ place }) => place.startsWith('encode:'))
    .map(({ place }) => processorMs(pidOf(plantDir, `seat-${place.replace(':', '-')}`)))
    .reduce((sum, ms) => sum + ms, 0);
  spent.set('seats', seats);
  spent.set('line', (spent.get('line') ?? 0) - seats);
  return spent;
}

function pidOf(plantDir: string, name: string): number {
  return (JSON.parse(readFileSync(join(plantDir, 'processes', `${name}.json`), 'utf8')) as { pid: number }).pid;
}
