import { rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { Secret, utf8 } from '#encoder/bytes';
import {
  approve,
  CeremonyError,
  ceremonyApprovable,
  custodianOf,
  dealShares,
  describeSteps,
  kcvApprovable,
  newCustodian,
  openCustodian,
  readCeremonyFile,
  recombine,
  samePerson,
  withShare,
  type Ceremony,
  type CustodianFile,
} from '#pki/ceremony';
import { readAloud } from '#pki/certificate-request';
import { plain, type CliIo } from '#production/cli';
import {
  assertFolder,
  custodianIn,
  newPassphraseOf,
  passphraseOf,
  presentCustodians,
  readBytes,
  saveApproval,
  tokenRandom,
  writeAllPrivate,
  writePrivate,
} from './custodian-files.ts';

/** What one custodian does at their own desk: a key of their own, approvals, and their share of the authority's PIN. */
export function registerCustodian(program: Command, io: CliIo): void {
  const custodian = program.command('custodian').description('people who hold the authority together / người giữ khóa');
  const at = (path: string): string => resolve(io.cwd, path);
  const optional = (path: string | undefined): string | undefined => (path === undefined ? undefined : at(path));

  custodian
    .command('new')
    .description('make your own key, in a file under your passphrase / tạo khóa riêng của bạn')
    .requiredOption('--id <id>', 'letters, digits and hyphens')
    .requiredOption('--name <name>', 'as it stands in the ceremony’s file and in its minutes')
    .requiredOption('--file <file>', 'where to; a file that is there is not overwritten')
    .option('--passphrase-file <file>', 'instead of being asked')
    .action(async ({ id, name, file, passphraseFile }: NewOptions) => {
      assertFolder(dirname(at(file)));
      const passphrase = await newPassphraseOf(name, optional(passphraseFile));
      const made = newCustodian({ id, name }, passphrase, { random: tokenRandom });
      passphrase.destroy();
      writePrivate(at(file), `${JSON.stringify(made, null, 2)}\n`, { replace: false });
      const person = { id: made.id, name: made.name, publicKey: made.publicKey };
      io.out(`✓ ${file}\n  cho tệp lễ tạo khóa / for the ceremony’s file:\n  ${JSON.stringify(person)}\n`);
    });

  custodian
    .command('deal')
    .description('split the PIN of the authority’s token among custodians / chia mã PIN của token cơ quan')
    .requiredOption('--needed <m>', 'how many of them it takes', count)
    .option('--pin-file <file>', 'the PIN; the file is removed when every share is sealed')
    .option(
      '--from <file>',
      'instead: a custodian of the dealing before, whose share gives the PIN with those of others; repeated',
      repeated,
    )
    .option('--from-passphrase-file <file>', 'in the order of --from, instead of being asked', repeated)
    .requiredOption('--file <file>', 'a custodian’s file; repeated', repeated)
    .option('--passphrase-file <file>', 'in the order of --file, instead of being asked', repeated)
    .action(async (options: DealOptions) => {
      const { needed, pinFile, file, passphraseFile = [], from = [], fromPassphraseFile = [] } = options;
      const holders = file.map((path) => ({ path: at(path), before: custodianIn(at(path)) }));
      assertDifferentPeople(holders);
      const pin = pinFile === undefined ? await pinOf(from.map(at), fromPassphraseFile.map(at)) : pinIn(at(pinFile));
      const shares = await dealShares(pin, { needed, of: file.length, set: tokenRandom(16) });
      pin.destroy();
      const sealed = [];
      for (const [index, share] of shares.entries()) {
        const holder = holders[index];
        if (holder === undefined) throw new Error('as many shares as people');
        const { path, before } = holder;
        const passphrase = await passphraseOf(`${before.name} — cụm mật khẩu / passphrase`, optional(passphraseFile[index]));
        sealed.push({ path, text: `${JSON.stringify(withShare(before, passphrase, share, tokenRandom), null, 2)}\n` });
        passphrase.destroy();
        share.bytes.destroy();
      }
      writeAllPrivate(sealed);
      if (pinFile !== undefined) rmSync(at(pinFile));
      io.out(`✓ ${needed} / ${file.length}${pinFile === undefined ? '' : `; đã xóa / removed: ${pinFile}`}\n`);
    });

  custodian
    .command('approve <ceremony>')
    .description('read what a ceremony will do, and approve its file as it is / đọc và phê duyệt tệp lễ tạo khóa')
    .requiredOption('--as <file>', 'your own file')
    .option('--passphrase-file <file>', 'instead of being asked')
    .action(async (path: string, { as, passphraseFile }: ApproveOptions) => {
      const file = readBytes(at(path));
      showCeremony(io, readCeremonyFile(file));
      const approval = await byCustodian(at(as), optional(passphraseFile), (person) => approve(person, ceremonyApprovable(file)));
      io.out(`✓ ${saveApproval(at(path), 'approval', approval)}\n`);
    });

  custodian
    .command('confirm <ceremony>')
    .description('confirm the check value that you read on the chip maker’s paper / xác nhận KCV trên giấy của nhà sản xuất chip')
    .requiredOption('--kcv <value>', 'six hexadecimal digits, read on the paper and not on a screen', checkValue)
    .requiredOption('--as <file>', 'your own file')
    .option('--passphrase-file <file>', 'instead of being asked')
    .action(async (path: string, { kcv, as, passphraseFile }: ConfirmOptions) => {
      readCeremonyFile(readBytes(at(path)));
      const approval = await byCustodian(at(as), optional(passphraseFile), (person) =>
        approve(person, kcvApprovable('transport-master', kcv)),
      );
      io.out(`✓ transport-master ${kcv}: ${saveApproval(at(path), 'kcv', approval)}\n`);
    });
}

interface NewOptions {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly passphraseFile?: string;
}
interface DealOptions {
  readonly needed: number;
  readonly pinFile?: string;
  readonly from?: readonly string[];
  readonly fromPassphraseFile?: readonly string[];
  readonly file: readonly string[];
  readonly passphraseFile?: readonly string[];
}
interface ApproveOptions {
  readonly as: string;
  readonly passphraseFile?: string;
}
interface ConfirmOptions extends ApproveOptions {
  readonly kcv: string;
}

/** What people see before they approve, and before a ceremony begins: every step in both languages, and the hash to read aloud. */
export function showCeremony(io: CliIo, ceremony: Ceremony): void {
  const { id, purpose, quorum, text } = ceremony;
  io.out(`${plain(id)}: ${plain(purpose)}\n`);
  io.out(`${quorum.needed} / ${quorum.people.length}: ${quorum.people.map(({ name }) => plain(name)).join(', ')}\n\n`);
  for (const [index, { vi, en }] of describeSteps(ceremony).entries())
    io.out(`${String(index + 1).padStart(3)}  ${plain(vi)}\n     ${plain(en)}\n`);
  io.out(`\nSHA-256  ${readAloud(utf8(text))}\n\n`);
}

async function byCustodian<T>(
  path: string,
  passphraseFile: string | undefined,
  act: (person: ReturnType<typeof openCustodian>) => T,
): Promise<T> {
  const file = custodianIn(path);
  const passphrase = await passphraseOf(`${custodianOf(file).name} — cụm mật khẩu / passphrase`, passphraseFile);
  const person = openCustodian(file, passphrase);
  passphrase.destroy();
  try {
    return act(person);
  } finally {
    person.privateKey.destroy();
    person.share?.bytes.destroy();
  }
}

function pinIn(path: string): Secret {
  const bytes = readBytes(path);
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? 2 : 1) : 0;
  return Secret.takeOver(bytes.subarray(0, bytes.length - end));
}

/** Whoever had two shares would be two people; and of two shares in one file only the second is left. */
function assertDifferentPeople(holders: readonly { readonly path: string; readonly before: CustodianFile }[]): void {
  for (const [index, { path, before }] of holders.entries())
    if (holders.slice(0, index).some((other) => samePerson(custodianOf(other.before), custodianOf(before))))
      throw new CeremonyError('SHARES_UNDEALABLE', { where: path, detail: 'the same person twice' });
}

/** The office is handed on: those who had the PIN together give it to those who have it next. */
async function pinOf(paths: readonly string[], passphraseFiles: readonly string[]): Promise<Secret> {
  const people = await presentCustodians(paths, passphraseFiles);
  return recombine(people.flatMap(({ share }) => (share === undefined ? [] : [share])));
}

export function count(text: string): number {
  if (!/^[1-9][0-9]?$/.test(text)) throw new InvalidArgumentError('a number of people');
  return Number(text);
}

export function checkValue(text: string): string {
  const value = text.replaceAll(' ', '').toUpperCase();
  if (!/^[0-9A-F]{6}$/.test(value)) throw new InvalidArgumentError('six hexadecimal digits');
  return value;
}

export function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
