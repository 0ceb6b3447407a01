import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { equalConstantTime, Secret, utf8 } from '#encoder/bytes';
import {
  approvalText,
  openCustodian,
  readApproval,
  readCustodianFile,
  type Approval,
  type CustodianFile,
  type PresentCustodian,
} from '#pki/ceremony';
import { CliError, EXIT } from '#production/cli';

/** The files that people hold, and those that they leave beside a ceremony’s file. Nothing of a passphrase is kept. */
export function tokenRandom(length: number): Uint8Array {
  return Uint8Array.from(randomBytes(length));
}

/** From a file, one line; or asked for at the terminal, where it is not shown. NFC, because keyboards differ. */
export async function passphraseOf(who: string, file: string | undefined): Promise<Secret> {
  const text = file === undefined ? await askHidden(`${who}: `) : readText(file).replace(/\r?\n$/, '');
  return Secret.takeOver(utf8(text.normalize('NFC')));
}

/** A new one is typed twice: what was mistyped once, unseen, opens nothing ever again. */
export async function newPassphraseOf(name: string, file: string | undefined): Promise<Secret> {
  const passphrase = await passphraseOf(`${name} — cụm mật khẩu mới / new passphrase`, file);
  if (file !== undefined) return passphrase;
  const again = await passphraseOf('nhập lại / again', file);
  const same = equalConstantTime(passphrase.reveal(), again.reveal());
  again.destroy();
  if (same) return passphrase;
  passphrase.destroy();
  throw fileFault('PASSPHRASES_DIFFER', name);
}

export function custodianIn(path: string): CustodianFile {
  return readCustodianFile(readText(path), path);
}

/** Each custodian’s passphrase is asked for in turn; `passphraseFiles` are in the order of `paths`. */
export async function presentCustodians(
  paths: readonly string[],
  passphraseFiles: readonly string[],
): Promise<readonly PresentCustodian[]> {
  const present: PresentCustodian[] = [];
  for (const [index, path] of paths.entries()) {
    const file = custodianIn(path);
    const passphrase = await passphraseOf(`${file.name} — cụm mật khẩu / passphrase`, passphraseFiles[index]);
    present.push(openCustodian(file, passphrase));
    passphrase.destroy();
  }
  return present;
}

export type ApprovalKind = 'approval' | 'kcv';

/** `first.json` has `first.json.approval.an.json` beside it, one a person. */
export function saveApproval(ceremonyFile: string, kind: ApprovalKind, approval: Approval): string {
  const path = `${ceremonyFile}.${kind}.${approval.person}.json`;
  writeFileSync(path, `${JSON.stringify(approvalText(approval), null, 2)}\n`, { mode: 0o644 });
  return path;
}

export function approvalsBeside(ceremonyFile: string, kind: ApprovalKind): readonly Approval[] {
  const prefix = `${basename(ceremonyFile)}.${kind}.`;
  const folder = dirname(ceremonyFile);
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix) && name.endsWith('.json'));
  return names.toSorted().map((name) => readApproval(jsonIn(join(folder, name))));
}

/** 0600, whole or not at all, durable when it returns; a file that is there is replaced only when that is meant. */
export function writePrivate(path: string, text: string, { replace }: { readonly replace: boolean }): void {
  if (!replace && existsSync(path)) throw fileFault('FILE_EXISTS', path);
  writeAllPrivate([{ path, text }]);
}

/** Several of them: none takes its name before every one of them is on the disk. */
export function writeAllPrivate(files: readonly { readonly path: string; readonly text: string }[]): void {
  for (const { path } of files) assertFolder(dirname(path));
  for (const { path, text } of files) {
    rmSync(draftOf(path), { force: true });
    const draft = openSync(draftOf(path), 'wx', 0o600);
    writeFileSync(draft, text);
    fsyncSync(draft);
    closeSync(draft);
  }
  for (const { path } of files) renameSync(draftOf(path), path);
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) {
    const entry = openSync(folder, 'r');
    fsyncSync(entry);
    closeSync(entry);
  }
}

function draftOf(path: string): string {
  return `${path}.draft`;
}

/** Before anything is done whose outcome is to lie there. */
export function assertFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw fileFault('FOLDER_MISSING', path);
}

export function readBytes(path: string): Uint8Array {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (cause) {
    throw fileFault('FILE_UNREADABLE', path, cause);
  }
}

function readText(path: string): string {
  return Buffer.from(readBytes(path)).toString('utf8');
}

export function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readText(path)) as unknown;
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw fileFault('FILE_NOT_JSON', path, cause);
  }
}

const FAULTS = {
  FILE_EXISTS: {
    what: { vi: 'Tệp đã tồn tại', en: 'the file exists already' },
    todo: { vi: 'Chọn tên khác', en: 'choose another name' },
  },
  FILE_UNREADABLE: {
    what: { vi: 'Không đọc được tệp', en: 'the file cannot be read' },
    todo: { vi: 'Kiểm tra đường dẫn và quyền', en: 'check the path and its permissions' },
  },
  FOLDER_MISSING: {
    what: { vi: 'Không có thư mục này', en: 'there is no such folder' },
    todo: { vi: 'Tạo thư mục, hoặc kiểm tra đường dẫn', en: 'make the folder, or check the path' },
  },
  FILE_NOT_JSON: {
    what: { vi: 'Tệp không phải JSON', en: 'the file is not JSON' },
    todo: { vi: 'Kiểm tra tệp', en: 'check the file' },
  },
  FILE_NOT_TOKENS: {
    what: { vi: 'Tệp không mô tả các token', en: 'the file does not say where the tokens are' },
    todo: { vi: 'Xem cardmint ceremony --help', en: 'see cardmint ceremony --help' },
  },
  PASSPHRASES_DIFFER: {
    what: { vi: 'Hai lần nhập cụm mật khẩu khác nhau', en: 'the passphrase was typed differently the second time' },
    todo: { vi: 'Làm lại từ đầu', en: 'begin again' },
  },
  PASSPHRASE_UNASKED: {
    what: { vi: 'Không có thiết bị đầu cuối để hỏi cụm mật khẩu', en: 'there is no terminal to ask for the passphrase at' },
    todo: { vi: 'Dùng --passphrase-file', en: 'use --passphrase-file' },
  },
} as const;

export function fileFault(code: keyof typeof FAULTS, where: string, cause?: unknown): CliError {
  return new CliError({ code, ...FAULTS[code], where }, EXIT.usage, cause);
}

async function askHidden(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw fileFault('PASSPHRASE_UNASKED', 'stdin');
  process.stderr.write(question);
  const nowhere = new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      lines.question('', resolve);
      // Ctrl-C, or the terminal is gone: nobody answers any more.
      lines.once('close', () => reject(fileFault('PASSPHRASE_UNASKED', 'stdin')));
    });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
