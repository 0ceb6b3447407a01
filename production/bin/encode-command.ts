import { randomBytes } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { cpsLayout, DRIVER_NAMES, type FamilyOptions } from '#encoder/drivers';
import { zoneFor, type CardProfile, type CitizenRecord } from '#encoder/profiles';
import { openChildReader, recordRedacted, type Reader } from '#encoder/readers';
import { CliError, EXIT, inputFile, type CliIo } from '#production/cli';
import { citizenOf, readOrderFile } from '#production/orders';
import { LAB_FILES, openLabAuthority } from './lab-authority.ts';
import { assertCarried, encodeInLab, type LabDeps, type LabResult } from './lab-encode.ts';
import { LabError } from './lab-error.ts';
import { openLabFolder } from './lab-folder.ts';
import { openLabJournal } from './lab-journal.ts';
import { transportMasterIn } from './lab-maker.ts';
import { labPlantMaster } from './lab-plant-master.ts';
import { profileNamed } from './lab-profile.ts';
import { lintWhole } from './lint-order.ts';
import { assertSignedInLab } from './plant-profile.ts';
import { asJson, asText, save } from './read-show.ts';

interface EncodeOptions {
  readonly reader: string;
  readonly driver: string;
  readonly order: string;
  readonly orderId?: string;
  readonly labKeys: string;
  readonly profile: string;
  readonly transportMaster?: string;
  readonly chipId?: string;
  readonly layout?: string;
  readonly commandBytes?: number;
  readonly out?: string;
  readonly trace?: string;
  readonly json?: boolean;
}

/** Where cards are, so that a test can bring its own. */
export interface EncodeDeps {
  readonly openReader: (name: string) => Promise<Reader>;
  readonly now: () => Date;
}

const DEPS: EncodeDeps = { openReader: (name) => openChildReader(name), now: () => new Date() };

export function registerEncode(program: Command, io: CliIo, deps: EncodeDeps = DEPS): void {
  program
    .command('encode')
    .description('personalise one card in any PC/SC reader, outside any plant, with throw-away keys / cá thể hoá một thẻ thử')
    .requiredOption('--reader <name>', 'PC/SC name of the reader')
    .addOption(new Option('--driver <name>', 'family of the chip').choices(DRIVER_NAMES).makeOptionMandatory())
    .requiredOption('--order <file>', 'orders as the plant takes them in (cardmint-orders/1), images included')
    .option('--order-id <id>', 'which order of the file; the first unless told')
    .requiredOption('--lab-keys <folder>', 'throw-away CSCA, Document Signer and CVCA chain; made there the first time')
    .option('--profile <id or file>', 'card profile: an installed one, or a JSON file', 'cccd-2021-specimen')
    .option('--transport-master <file>', "the chip maker's master key, 32 hex digits; not needed for chips of virtual-card --make")
    .option('--chip-id <hex>', 'the chip that is meant; for chips that do not tell their id', chipId)
    .option('--layout <file>', "data groupings of a CPS chip, from its supplier's document")
    .option('--command-bytes <n>', 'largest command that the reader carries', commandBytes)
    .option('--out <folder>', 'save what the finished card holds there. It is personal')
    .option('--trace <file>', 'write every command down, redacted')
    .option('--json', 'answer as JSON, for scripts')
    .addHelpText('after', EXAMPLES)
    .action((options: EncodeOptions) => encode(io, options, deps));
}

const EXAMPLES = `
Without hardware, with a vpcd on this host (Debian: vsmartcard-vpcd, pcscd):
  cardmint specimen-order --out order.json
  cardmint virtual-card --make blank.image --family reference --port 35963 &
  cardmint encode --reader "Virtual PCD 00 00" --driver reference --order order.json --lab-keys lab --out card
An interrupted card is carried on by the same command. Keys in the lab folder are no authority's, and no plant takes them.
`;

/** Exit code 0 for a good card. Errors: `LabError`, those of the order file, the profile, the chip and the reader; `CliError` CARD_NOT_GOOD. */
async function encode(io: CliIo, options: EncodeOptions, deps: EncodeDeps): Promise<void> {
  const lab = openLabFolder(resolve(io.cwd, options.labKeys), io.env);
  const profile = await profileNamed(io, options.profile);
  assertSignedInLab(profile);
  const family = await familyOf(io, options);
  assertCarried(profile, options.driver, family);
  const { orderId, record } = await orderOf(io, options);
  assertMakeable(profile, record);
  const transportMaster = options.transportMaster === undefined ? null : transportMasterIn(resolve(io.cwd, options.transportMaster));

  const { stage, progress } = stagesTo(io);
  stage('Khoá thử', 'lab keys');
  const authority = await openLabAuthority(lab, profile.mrz.issuingState, deps.now());
  const plantMaster = labPlantMaster(lab);
  const folder = join(lab, 'cards', orderId);
  const journal = openLabJournal(folder, deps.now);
  try {
    const result = await withReader(io, options, deps, (reader) =>
      encodeInLab(
        { reader, authority, journal, plantMaster, folder, now: deps.now, random, stage, progress },
        { orderId, record, profile, driver: options.driver, family, transportMaster, chipId: options.chipId ?? null },
      ),
    );
    const saved = options.out === undefined ? [] : await saveAll(io, options.out, { result, lines: zoneFor(profile, record).lines });
    io.out(
      options.json === true
        ? json(result, { orderId, options, authority, saved })
        : text(io, result, { orderId, options, authority, saved }),
    );
    if (result.reading.report.verdict !== 'good') throw notGood(result);
  } finally {
    journal.close();
    plantMaster.destroy();
    transportMaster?.destroy();
  }
}

/** What `cardmint read` saves, and the zone that opens the card again. */
async function saveAll(
  io: CliIo,
  folder: string,
  { result, lines }: { readonly result: LabResult; readonly lines: readonly string[] },
): Promise<readonly string[]> {
  const saved = await save(io, folder, result.reading);
  const zone = join(folder, ZONE_FILE);
  writeFileSync(resolve(io.cwd, zone), `${lines.join('\n')}\n`, { mode: 0o600 });
  return [...saved, zone];
}

const ZONE_FILE = 'mrz.txt';

function random(length: number): Uint8Array {
  return Uint8Array.from(randomBytes(length));
}

async function familyOf(io: CliIo, { layout, commandBytes: commandBytesMax }: EncodeOptions): Promise<FamilyOptions> {
  return {
    ...(commandBytesMax === undefined ? {} : { commandBytesMax }),
    ...(layout === undefined ? {} : { layout: cpsLayout(jsonIn(await inputFile(io, layout))) }),
  };
}

/** Undefined when it is none: the schema of a layout refuses that too. */
function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

async function orderOf(io: CliIo, options: EncodeOptions): Promise<{ readonly orderId: string; readonly record: CitizenRecord }> {
  const { orders } = readOrderFile(await inputFile(io, options.order));
  const at = options.orderId === undefined ? 0 : orders.findIndex(({ orderId }) => orderId === options.orderId);
  const order = orders[at];
  if (order === undefined) throw new LabError('LAB_ORDER_UNKNOWN', { where: options.order });
  return { orderId: order.orderId, record: citizenOf(order, `/orders/${at}`) };
}

/** The lint of the plant; findings hold no value of the record. */
function assertMakeable(profile: CardProfile, record: CitizenRecord): void {
  const refusals = lintWhole(profile, record).filter(({ refuses }) => refuses);
  if (refusals.length === 0) return;
  throw new LabError('LAB_ORDER_REFUSED', {
    detail: refusals.map(({ code, field, message }) => `${code} ${field ?? ''}: ${message.en}`).join(' | '),
  });
}

async function withReader<T>(io: CliIo, options: EncodeOptions, deps: EncodeDeps, body: (reader: Reader) => Promise<T>): Promise<T> {
  const opened = await deps.openReader(options.reader);
  try {
    if (options.trace === undefined) return await body(opened);
    const path = resolve(io.cwd, options.trace);
    writeFileSync(path, '', { mode: 0o600 });
    return await body(recordRedacted({ reader: opened, random, write: (lines) => appendFileSync(path, lines) }));
  } catch (error) {
    io.err('· Chạy lại đúng lệnh này để làm tiếp · the same command again carries on, or says why not\n');
    throw error;
  } finally {
    await opened.close();
  }
}

/** A line when a stage begins, and where a long one is, at most once a second. */
function stagesTo(io: CliIo): Pick<LabDeps, 'stage' | 'progress'> {
  let total: number | undefined;
  let spoke = 0;
  return {
    stage(vi, en, of) {
      total = of;
      spoke = performance.now();
      io.err(`· ${vi} · ${en}\n`);
    },
    progress(done) {
      if (performance.now() - spoke < 1000) return;
      spoke = performance.now();
      io.err(`  … ${done}${total === undefined ? '' : `/${total}`}\n`);
    },
  };
}

interface Shown {
  readonly orderId: string;
  readonly options: EncodeOptions;
  readonly authority: LabDeps['authority'];
  readonly saved: readonly string[];
}

const MADE: Readonly<Record<LabResult['outcome'], string>> = {
  made: 'đã cá thể hoá và khoá · personalised and locked',
  confirmed: 'đã khoá từ trước, nội dung đúng với đơn · locked before, and holds what the order says',
};

function text(io: CliIo, { outcome, chipId: chip, reading }: LabResult, { orderId, options, authority, saved }: Shown): string {
  const at = (name: string): string => relative(io.cwd, join(authority.folder, name));
  const zone = options.out === undefined ? ZONE_FILE : join(options.out, ZONE_FILE);
  const good = reading.report.verdict === 'good' ? `✓ ${orderId}  ${chip ?? ''}  ${MADE[outcome]}\n` : '';
  return `${asText(reading, saved)}${good}
Công khai · public: ${at(LAB_FILES.csca)}  ${at(LAB_FILES.crl)}  ${at(LAB_FILES.cvca)}
Đọc lại · read it again${options.out === undefined ? ' (mrz.txt: the lines of its zone)' : ''}:
  cardmint read --reader '${options.reader}' --mrz ${zone} --csca ${at(LAB_FILES.csca)} --crl ${at(LAB_FILES.crl)} --cvca ${at(LAB_FILES.cvca)} --ta-cert ${at(LAB_FILES.dv)} --ta-cert ${at(LAB_FILES.terminal)} --ta-key ${at(LAB_FILES.terminalKey)}
`;
}

function json({ outcome, chipId: chip, reading }: LabResult, { orderId, options, authority, saved }: Shown): string {
  const material = Object.fromEntries(Object.entries(LAB_FILES).map(([name, file]) => [name, join(authority.folder, file)]));
  const { driver, profile } = options;
  const report = JSON.parse(asJson(reading, saved)) as Readonly<Record<string, unknown>>;
  return `${JSON.stringify({ orderId, chipId: chip, driver, profile, outcome, ...report, material }, null, 2)}\n`;
}

function notGood({ reading: { report } }: LabResult): CliError {
  return new CliError(
    {
      code: 'CARD_NOT_GOOD',
      what: { vi: 'Thẻ đã khoá không đạt kiểm tra', en: 'the locked card did not pass its inspection' },
      todo: { vi: 'Xem các kiểm tra không đạt ở trên', en: 'see the checks above that did not pass' },
      detail: report.reasons.join(' '),
    },
    EXIT.failed,
  );
}

function chipId(value: string): string {
  if (!/^[0-9A-Fa-f]{16}$/.test(value)) throw new InvalidArgumentError('16 hexadecimal digits');
  return value.toUpperCase();
}

function commandBytes(value: string): number {
  const bytes = Number(value);
  if (!Number.isInteger(bytes) || bytes < 261 || bytes > 65_535) throw new InvalidArgumentError('from 261 to 65535');
  return bytes;
}
