import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { fromHex, Secret, toHex, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import {
  approve,
  ceremonyApprovable,
  CeremonyError,
  custodianOf,
  dealShares,
  fileCeremonyJournal,
  kcvApprovable,
  readCeremonyFile,
  recombine,
  runCeremony,
  specimenCeremony,
  tokensOf,
  verifyMinutes,
  type Ceremony,
  type Minute,
  type MinutesMode,
  type PresentCustodian,
  type RunCeremonyDeps,
  type TokenSource,
} from '#pki/ceremony';
import { readAloud } from '#pki/certificate-request';
import { checkValueOf, wrapForToken, type HostedHsm, type Hsm } from '#pki/hsm';
import { plain, type CliIo } from '#production/cli';
import { checkValue, count, repeated, showCeremony } from './custodian-command.ts';
import {
  approvalsBeside,
  assertFolder,
  custodianIn,
  fileFault,
  jsonIn,
  passphraseOf,
  presentCustodians,
  readBytes,
  tokenRandom,
  writePrivate,
} from './custodian-files.ts';
import { hostToken, type TokenPlace } from './host-token.ts';

interface CeremonyOptions {
  readonly rehearse?: boolean;
  readonly minutes?: string;
  readonly custodian: readonly string[];
  readonly passphraseFile?: readonly string[];
  readonly tokens?: string;
  readonly wrapped?: string;
  readonly out?: string;
}

interface SpecimenOptions {
  readonly out: string;
  readonly custodian: readonly string[];
  readonly kcv: string;
  readonly needed: number;
  readonly token?: readonly string[];
}

const AUTHORITY = 'authority';

/** How a token is brought up, so that a test can do it from the source. */
export interface CeremonyDeps {
  readonly hostToken: (place: TokenPlace) => HostedHsm;
}

const DEPS: CeremonyDeps = { hostToken: (place) => hostToken(place) };

/** Key ceremonies from one reviewed file, and the reading of their minutes. */
export function registerCeremony(program: Command, io: CliIo, deps: CeremonyDeps = DEPS): void {
  program
    .command('ceremony <file>')
    .description('make, roll over and end keys as an approved file says / lễ tạo khóa theo tệp đã phê duyệt')
    .option(
      '--minutes <file>',
      'hash-chained minutes: begun, or gone on with (ceremonies.minutes.jsonl; of a rehearsal, always new: rehearsal.minutes.jsonl)',
    )
    .option('--custodian <file>', 'file of a custodian who is in the room; repeated', repeated, [])
    .option('--passphrase-file <file>', 'in the order of --custodian, instead of being asked', repeated)
    .option(
      '--tokens <file>',
      'where the tokens are: [{ "name", "module", "tokenLabel", "conf"?, "pinFile"? }]; the authority’s has no PIN file',
    )
    .option('--wrapped <folder>', 'where a token’s public key goes out, and the maker’s wrapped key comes in', '.')
    .option('--out <folder>', 'write what was issued there, in DER')
    .option('--rehearse', 'on throw-away tokens: minutes marked REHEARSAL, which no plant accepts')
    .addHelpText('after', EXAMPLES)
    .action((file: string, options: CeremonyOptions) => ceremony(io, file, options, deps));
  program
    .command('specimen-ceremony')
    .description('write the file of the specimen ceremony, to begin your own from / tạo tệp lễ tạo khóa mẫu')
    .requiredOption('--out <file>', 'where to; a file that is there is not overwritten')
    .requiredOption('--custodian <file>', 'file of each custodian who is named; repeated', repeated)
    .requiredOption('--kcv <value>', 'check value of the chip maker’s transport master', checkValue)
    .option('--needed <m>', 'how many of them it takes', count, 2)
    .option('--token <name>', 'a line token; repeated', repeated)
    .action((options: SpecimenOptions) => {
      const { out, custodian, kcv, needed, token = ['a', 'b'] } = options;
      const custodians = custodian.map((path) => custodianOf(custodianIn(resolve(io.cwd, path))));
      const text = specimenCeremony({ custodians, needed, tokens: token, transportMasterKcv: kcv });
      showCeremony(io, readCeremonyFile(utf8(text)));
      writePrivate(resolve(io.cwd, out), text, { replace: false });
    });
  program
    .command('minutes <file>')
    .description('verify the minutes of ceremonies / kiểm tra biên bản')
    .option('--rehearsal', 'of a rehearsal')
    .action((file: string, { rehearsal = false }: { readonly rehearsal?: boolean }) => {
      const text = Buffer.from(readBytes(resolve(io.cwd, file))).toString('utf8');
      for (const verified of verifyMinutes(text, rehearsal ? 'rehearsal' : 'production').ceremonies) {
        const { ceremony: of, begun, finished, closedBy } = verified;
        const end = finished === undefined ? 'chưa xong / under way' : finished.toISOString();
        io.out(`${rehearsal ? 'REHEARSAL ' : ''}${of.id}  ${begun.toISOString()} → ${end}\n  ${plain(of.purpose)}\n`);
        io.out(`  SHA-256  ${readAloud(utf8(of.text))}\n  ${closedBy.map(({ name }) => plain(name)).join(', ')}\n`);
      }
    });
}

const EXAMPLES = `
Examples / Ví dụ:
  cardmint custodian new --id an --name "Nguyễn Văn An" --file an.json
  cardmint ceremony first.json --rehearse --custodian an.json --custodian binh.json
  cardmint custodian approve first.json --as an.json
  cardmint custodian confirm first.json --kcv 189956 --as an.json
  cardmint ceremony first.json --tokens tokens.json --custodian an.json --custodian binh.json --out published
`;

async function ceremony(io: CliIo, path: string, options: CeremonyOptions, deps: CeremonyDeps): Promise<void> {
  const at = (name: string): string => resolve(io.cwd, name);
  const file = readBytes(at(path));
  const read = readCeremonyFile(file);
  const mode: MinutesMode = options.rehearse === true ? 'rehearsal' : 'production';
  if (mode === 'rehearsal') io.out('*** DIỄN TẬP / REHEARSAL ***\n');
  showCeremony(io, read);
  const minutesPath = at(options.minutes ?? (mode === 'rehearsal' ? 'rehearsal.minutes.jsonl' : 'ceremonies.minutes.jsonl'));
  // Its tokens are thrown away: what an earlier rehearsal began cannot be gone on with.
  if (mode === 'rehearsal' && existsSync(minutesPath)) throw fileFault('FILE_EXISTS', minutesPath);
  for (const folder of [dirname(minutesPath), at(options.wrapped ?? '.')]) assertFolder(folder);
  const present = await presentCustodians(options.custodian.map(at), (options.passphraseFile ?? []).map(at));
  const shared = {
    clock: () => new Date(),
    journal: fileCeremonyJournal(minutesPath),
    mode,
    onMinute: (minute: Minute) => io.out(lineOf(minute)),
  };
  const minutes =
    mode === 'rehearsal'
      ? await rehearsed(file, read, present, shared)
      : await performed(io, at(path), file, { options, present, shared, deps });
  io.out(summaryOf(minutes, read));
  if (options.out !== undefined) save(at(options.out), minutes, read);
}

type Shared = Pick<RunCeremonyDeps, 'clock' | 'journal' | 'mode' | 'onMinute'>;

interface Room {
  readonly options: CeremonyOptions;
  readonly present: readonly PresentCustodian[];
  readonly shared: Shared;
  readonly deps: CeremonyDeps;
}

/** The people are real, everything else is thrown away: tokens, PIN, shares, and the key that stands in for the chip maker's. */
async function rehearsed(
  file: Uint8Array,
  read: Ceremony,
  people: readonly PresentCustodian[],
  shared: Shared,
): Promise<readonly Minute[]> {
  const dealt = await dealShares(new Secret(tokenRandom(16)), {
    needed: Math.max(2, people.length),
    of: Math.max(2, people.length),
    set: tokenRandom(16),
  });
  const pin = await recombine(dealt);
  const present = people.map((person, index) => ({ ...person, ...(dealt[index] === undefined ? {} : { share: dealt[index] }) }));
  const tokens = new Map<string, SoftwareHsm>();
  for (const name of tokensOf(read)) {
    const hsm = new SoftwareHsm({ pin });
    if (name !== AUTHORITY) await hsm.open(pin);
    tokens.set(name, hsm);
  }
  const master = new Secret(tokenRandom(16));
  const kcv = toHex(checkValueOf(master));
  return runCeremony(
    file,
    present.map((person) => approve(person, ceremonyApprovable(file, 'rehearsal'))),
    Object.fromEntries(tokens),
    {
      ...shared,
      present,
      standInKcv: kcv,
      kcvApprovals: present.map((person) => approve(person, kcvApprovable('transport-master', kcv, 'rehearsal'))),
      wrappedKeys: ({ publicKey }) => Promise.resolve(wrapForToken(publicKey, master)),
    },
  );
}

async function performed(io: CliIo, path: string, file: Uint8Array, room: Room): Promise<readonly Minute[]> {
  const { options, present, shared, deps } = room;
  const places = options.tokens === undefined ? [] : tokenPlaces(resolve(io.cwd, options.tokens));
  const hosted: HostedHsm[] = [];
  const opened =
    ({ pinFile, conf, ...place }: TokenPlaceFile) =>
    async (): Promise<Hsm> => {
      const hsm = deps.hostToken({ ...place, ...(conf === undefined ? {} : { conf }) });
      hosted.push(hsm);
      if (pinFile === undefined) return hsm;
      const pin = await passphraseOf(place.name, resolve(io.cwd, pinFile));
      await hsm.open(pin);
      pin.destroy();
      return hsm;
    };
  const tokens: Readonly<Record<string, TokenSource>> = Object.fromEntries(places.map((place) => [place.name, opened(place)]));
  const folder = resolve(io.cwd, options.wrapped ?? '.');
  try {
    return await runCeremony(file, approvalsBeside(path, 'approval'), tokens, {
      ...shared,
      present,
      kcvApprovals: approvalsBeside(path, 'kcv'),
      wrappedKeys({ name, token, publicKey }) {
        const answer = join(folder, `${name}.${token}.wrapped`);
        if (existsSync(answer)) return Promise.resolve(readBytes(answer));
        const question = join(folder, `${name}.${token}.public-key.der`);
        writeFileSync(question, publicKey);
        io.out(`→ ${question}\n← ${answer}\n`);
        return Promise.resolve(undefined);
      },
    });
  } finally {
    for (const hsm of hosted) await hsm.close();
  }
}

const TokenPlaceFile = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9]{0,9}$' }),
    module: Type.String({ minLength: 1 }),
    tokenLabel: Type.String({ minLength: 1, maxLength: 32 }),
    conf: Type.Optional(Type.String({ minLength: 1 })),
    pinFile: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);
type TokenPlaceFile = Static<typeof TokenPlaceFile>;

function tokenPlaces(path: string): readonly TokenPlaceFile[] {
  const value = jsonIn(path);
  if (!Check(Type.Array(TokenPlaceFile, { maxItems: 9 }), value)) throw fileFault('FILE_NOT_TOKENS', path);
  // Whoever had it in a file would need nobody else to open it.
  if (value.some(({ name, pinFile }) => name === AUTHORITY && pinFile !== undefined))
    throw new CeremonyError('CEREMONY_AUTHORITY_UNGUARDED', { where: path, detail: 'a PIN file' });
  return value;
}

const SAID: Readonly<Record<Minute['step'], string>> = {
  started: 'bắt đầu / begun',
  session: 'có mặt / present',
  token: 'token',
  'orphan-destroyed': 'hủy khóa dở dang / unfinished key destroyed',
  key: 'tạo khóa / key made',
  'signature-intent': 'sắp ký / about to be signed',
  issued: 'đã ký / signed',
  'destruction-intent': 'sắp hủy / about to be destroyed',
  'key-destroyed': 'đã hủy / destroyed',
  finished: 'kết thúc, đã ký biên bản / finished, minutes signed',
};

function lineOf({ sequence, step, subject, facts }: Minute): string {
  const about = facts['sha256'] ?? facts['present'] ?? facts['keyId'] ?? facts['token'] ?? '';
  return `${String(sequence + 1).padStart(4)}  ${SAID[step]}  ${plain(subject)}  ${plain(about)}\n`;
}

function ofCeremony(minutes: readonly Minute[], { id }: Ceremony): readonly Minute[] {
  return minutes.filter(({ subject }) => subject === id || subject.startsWith(`${id}/`));
}

/** What was made, each with the fingerprint that people compare. */
function summaryOf(minutes: readonly Minute[], read: Ceremony): string {
  const made = ofCeremony(minutes, read).flatMap(({ step, subject, facts }) => {
    if (step === 'issued') return [`  ${plain(subject)}\n    SHA-256  ${readAloud(fromHex(facts['der'] ?? ''))}\n`];
    if (step === 'key-destroyed') return [`  ${plain(subject)}  ${facts['keyId'] ?? ''}: đã hủy / destroyed\n`];
    return step === 'key' && facts['kcv'] !== undefined ? [`  ${plain(subject)}\n    KCV      ${facts['kcv']}\n`] : [];
  });
  return `\n${read.id}:\n${made.join('')}`;
}

function save(folder: string, minutes: readonly Minute[], read: Ceremony): void {
  mkdirSync(folder, { recursive: true });
  for (const { step, subject, facts } of ofCeremony(minutes, read))
    if (step === 'issued') writeFileSync(join(folder, `${subject.replaceAll('/', '.')}.der`), fromHex(facts['der'] ?? ''));
}
