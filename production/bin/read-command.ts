import { randomBytes } from 'node:crypto';
import { InvalidArgumentError, type Command } from 'commander';
import { readCard, type CardReading, type CardReadingResult, type CardSecrets } from '#encoder/inspection';
import { openChildReader, type Reader } from '#encoder/readers';
import { CliError, EXIT, type CliIo } from '#production/cli';
import { passiveAuthenticatorOf, pinIn, terminalAuthenticatorOf, unusable, zoneIn, type ReadFiles } from './read-material.ts';
import { asJson, asText, save } from './read-show.ts';

interface ReadOptions extends Partial<ReadFiles> {
  readonly reader: string;
  readonly mrz?: string;
  readonly can?: string;
  readonly pinFile?: string;
  readonly bac?: boolean;
  readonly extended?: boolean;
  readonly lockProbes?: boolean;
  readonly json?: boolean;
  readonly out?: string;
}

/** Where cards are read from, so that a test can bring its own. */
export interface ReadDeps {
  readonly openReader: (name: string) => Promise<Reader>;
  readonly now: () => Date;
}

const DEPS: ReadDeps = { openReader: (name) => openChildReader(name), now: () => new Date() };

export function registerRead(program: Command, io: CliIo, deps: ReadDeps = DEPS): void {
  program
    .command('read')
    .description('read and verify a card in any PC/SC reader; no plant is needed / đọc và kiểm tra một thẻ')
    .requiredOption('--reader <name>', 'PC/SC name of the reader')
    .option('--mrz <lines>', 'lines of the machine readable zone, or a file of them')
    .option('--can <number>', 'card access number', can)
    .option('--pin-file <file>', "a file with the holder's PIN; a wrong one costs a try of three")
    .option('--bac', 'open by BAC though the chip announces PACE')
    .option('--extended', 'ask for long answers, on a chip and a reader that have extended length: faster')
    .option('--csca <file>', 'CSCA certificate, PEM or DER, or a folder of them; may be repeated', repeated)
    .option('--master-list <file>', 'CSCA Master List, signed under a --csca; may be repeated', repeated)
    .option('--crl <file>', 'revocation list of the CSCA')
    .option('--cvca <file>', 'CVCA certificate or link; may be repeated', repeated)
    .option('--ta-cert <file>', 'certificates for Terminal Authentication: DV, then the terminal; repeated', repeated)
    .option('--ta-key <file>', "the terminal's private key, PKCS #8")
    .option('--lock-probes', 'also try commands that a locked chip must refuse: on cards of your own')
    .option('--out <folder>', 'save the files and pictures of the card there. They are personal')
    .option('--json', 'answer as JSON, for scripts')
    .addHelpText('after', EXAMPLES)
    .action((options: ReadOptions) => read(io, options, deps));
}

/** One command for most files; below what pcscd and readers take at once. */
const EXTENDED = { readMax: 32_768, headerFirst: false };

const EXAMPLES = `
Examples:
  cardmint read --reader "$READER" --mrz mrz.txt --csca csca.cer --crl csca.crl
  cardmint read --reader "$READER" --can 123456 --csca csca.cer --cvca cvca.cv --ta-cert dv.cv --ta-cert terminal.cv --ta-key terminal.pem
Other users of this computer see the command line: put the zone into a file.
`;

/** Exit code 0 for a good card. Errors: `CliError` READ_…, CARD_NOT_GOOD; `ReaderError` when there is no such reader, or no card in it. */
async function read(io: CliIo, options: ReadOptions, deps: ReadDeps): Promise<void> {
  const secrets = await secretsOf(io, options);
  const files: ReadFiles = { csca: [], masterList: [], cvca: [], taCert: [], ...options };
  const passiveAuthenticator = await passiveAuthenticatorOf(io, files, deps.now);
  const terminalAuthenticator = await terminalAuthenticatorOf(io, files, deps.now);
  const result = await withReader(options.reader, deps, (reader) =>
    readCard({
      reader,
      secrets,
      bac: options.bac === true,
      lockProbes: options.lockProbes === true,
      passiveAuthenticator,
      ...(options.extended === true ? { read: EXTENDED } : {}),
      ...(terminalAuthenticator === undefined ? {} : { terminalAuthenticator }),
      random: (length) => Uint8Array.from(randomBytes(length)),
    } satisfies CardReading),
  );
  const saved = options.out === undefined ? [] : await save(io, options.out, result);
  io.out(options.json === true ? asJson(result, saved) : asText(result, saved));
  if (result.report.verdict !== 'good') throw notGood(result);
}

async function secretsOf(io: CliIo, { mrz, can: number, pinFile, bac }: ReadOptions): Promise<CardSecrets> {
  if ((mrz ?? number ?? pinFile) === undefined) throw unusable('READ_SECRET_MISSING', '--mrz, --can, --pin-file');
  if (bac === true && mrz === undefined) throw unusable('READ_SECRET_MISSING', '--bac');
  return {
    ...(mrz === undefined ? {} : { mrz: await zoneIn(io, mrz) }),
    ...(number === undefined ? {} : { can: number }),
    ...(pinFile === undefined ? {} : { pin: await pinIn(io, pinFile) }),
  };
}

async function withReader<T>(name: string, deps: ReadDeps, body: (reader: Reader) => Promise<T>): Promise<T> {
  const reader = await deps.openReader(name);
  try {
    return await body(reader);
  } finally {
    await reader.close();
  }
}

/** The report has been shown; this is the exit code, and its one sentence. */
function notGood({ report }: CardReadingResult): CliError {
  return new CliError(
    {
      code: 'CARD_NOT_GOOD',
      what: { vi: 'Thẻ không đạt kiểm tra', en: 'the card is not good' },
      todo: { vi: 'Xem các mục không đạt', en: 'see which checks failed' },
      detail: report.reasons.join(' '),
    },
    EXIT.failed,
  );
}

function can(text: string): string {
  if (!/^[0-9]{6}$/.test(text)) throw new InvalidArgumentError('six digits');
  return text;
}

function repeated(path: string, before: readonly string[] = []): readonly string[] {
  return [...before, path];
}
