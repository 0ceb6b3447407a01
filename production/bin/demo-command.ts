import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { CliError, EXIT, type CliIo } from '#production/cli';
import { finishDemo, openDemo, runDemo, type DemoArguments, type DemoBooks, type DemoFolders } from '#production/demo';
import type { Report } from '#production/console';
import { DEFAULT_PLANT_DIR } from './default-config.ts';
import { startDemoPlant } from './demo-plant.ts';
import { demoShow } from './demo-show.ts';
import { startInterruptibly } from './interruptible-start.ts';
import type { StartedPlant } from './start-plant.ts';

const PEOPLE_MAX = 500;

export function registerDemo(program: Command, io: CliIo): void {
  program
    .command('demo')
    .option('--cards <n>', 'people to be served; three faulty orders come on top', positive, 24)
    .option('--plant <folder>', 'the plant (a finished one is kept as <folder>.previous)', DEFAULT_PLANT_DIR)
    .option('--out <folder>', 'where the results land', 'var/demo')
    .description('make a real batch of specimen cards, from an order file to signed manifests / làm thử một lô thẻ mẫu')
    .addHelpText('after', '\nThe same command after an interrupted run carries it on; after a finished run it starts afresh.\n')
    .action(async (options: { readonly cards: number; readonly plant: string; readonly out: string }) => {
      const folders = { plantDir: resolve(io.cwd, options.plant), resultDir: resolve(io.cwd, options.out) };
      await demo(io, folders, { cards: options.cards });
    });
}

async function demo(io: CliIo, folders: DemoFolders, wanted: DemoArguments): Promise<void> {
  const began = new Date();
  const show = demoShow(io);
  const resumed = await openDemo(folders, wanted);
  if (resumed) io.err('↻ Tiếp tục lần chạy dở dang · carrying on an unfinished run\n');
  show.stage('Khởi động nhà máy', 'starting the plant');
  const { started, deps, forget } = await startInterruptibly((stopping) => startDemoPlant(io, folders, show, stopping));
  try {
    show.done(apiAddress(folders.plantDir));
    const { report, books } = await runDemo(deps, wanted.cards);
    const faults = await writeReport(folders, { began, resumed, report, books, wanted });
    finishDemo(folders, wanted);
    io.out(summary(report, folders));
    if (faults.length > 0) {
      throw new CliError(
        {
          code: 'DEMO_BOOKS_WRONG',
          what: { vi: 'Sổ sách của lần chạy thử không đúng như phải có', en: 'the books of the demo do not say what they must' },
          todo: { vi: 'Xem report.json và nhật ký của nhà máy', en: 'look at report.json and at the logs of the plant' },
          where: join(folders.resultDir, 'report.json'),
          detail: faults.join('; '),
        },
        EXIT.failed,
      );
    }
  } finally {
    forget();
    await stopShown(io, started);
  }
}

async function stopShown(io: CliIo, started: StartedPlant): Promise<void> {
  const show = demoShow(io);
  show.stage('Dừng nhà máy', 'stopping the plant');
  await started.stop();
  show.done();
}

/** What a demo must come to: blanks = good + two spoiled + four in the vault, three orders refused. */
function faultsOf(report: Report, wanted: DemoArguments): readonly string[] {
  const { stock, orders } = report;
  const expected: readonly (readonly [string, number, number])[] = [
    ['orders refused', orders['REFUSED'] ?? 0, 3],
    ['blanks received', stock.received, wanted.cards + 6],
    ['good', stock.good, wanted.cards],
    ['spoiled', stock.spoiled, 2],
    ['vault', stock.vault, 4],
    ['line', stock.line, 0],
    ['card records', Object.values(report.cards).reduce<number>((sum, n) => sum + (n ?? 0), 0), wanted.cards + 1],
  ];
  const wrong = expected.filter(([, found, right]) => found !== right).map(([what, found, right]) => `${what} ${found}, not ${right}`);
  return stock.balanced ? wrong : [...wrong, 'the ledger does not balance'];
}

async function writeReport(
  folders: DemoFolders,
  run: {
    readonly began: Date;
    readonly resumed: boolean;
    readonly report: Report;
    readonly books: readonly DemoBooks[];
    readonly wanted: DemoArguments;
  },
): Promise<readonly string[]> {
  const { report, books, wanted } = run;
  const ended = new Date();
  const faults = faultsOf(report, wanted);
  const versions = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  const content = {
    people: wanted.cards,
    orders: report.orders,
    cards: report.cards,
    stock: report.stock,
    yield: report.yield,
    books,
    openCases: report.openCases,
    shipments: report.shipments,
    faults,
    timings: {
      began: run.began.toISOString(),
      ended: ended.toISOString(),
      seconds: (ended.getTime() - run.began.getTime()) / 1000,
      resumed: run.resumed,
    },
    versions: { cardmint: versions.version, node: process.version },
  };
  writeFileSync(join(folders.resultDir, 'report.json'), `${JSON.stringify(content, null, 2)}\n`);
  return Promise.resolve(faults);
}

function summary(report: Report, folders: DemoFolders): string {
  const { stock } = report;
  const shipped = ['SHIPPED', 'RECEIVED'].reduce((sum, state) => sum + (report.cards[state] ?? 0), 0);
  return [
    '',
    `  thẻ gửi đi / cards shipped      ${shipped}`,
    `  phôi / blanks                   ${stock.received} = ${stock.good} tốt/good + ${stock.spoiled} hỏng/spoiled + ${stock.vault} kho/vault + ${stock.line} chuyền/line`,
    `  sổ cân / books balance          ${stock.balanced ? '✓' : '✗'}`,
    `  vụ việc mở / open cases         ${report.openCases}`,
    `  kết quả / results               ${folders.resultDir}`,
    '',
  ].join('\n');
}

function apiAddress(plantDir: string): string {
  try {
    return (JSON.parse(readFileSync(join(plantDir, 'run', 'api.json'), 'utf8')) as { url: string }).url;
  } catch {
    return '';
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 6 || value > PEOPLE_MAX) throw new InvalidArgumentError(`a whole number from 6 to ${PEOPLE_MAX}`);
  return value;
}
