import { constants, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isCodedError } from '#encoder/bytes';
import { CV_ALGORITHMS, cvCertificate, cvTrustPoint, verifyCvChain } from '#encoder/cv-certificate';
import { terminalAuthenticator, type PassiveAuthenticator, type TerminalAuthenticator } from '#encoder/inspection';
import { splitLines, zoneOfLength } from '#encoder/mrz';
import { parseCrl } from '#pki/crl';
import { readMasterList } from '#pki/master-list';
import { FOREIGN_DEVIATIONS, verifyCardSecurity, verifySod } from '#pki/sod';
import { parseCertificate } from '#pki/x509';
import { CliError, EXIT, inputFile, type CliIo } from '#production/cli';

/** Files of `cardmint read`, as their options name them. */
export interface ReadFiles {
  readonly csca: readonly string[];
  readonly masterList: readonly string[];
  readonly crl?: string;
  readonly cvca: readonly string[];
  readonly taCert: readonly string[];
  readonly taKey?: string;
}

/** Passive Authentication against the CSCAs that the operator trusts, and those of Master Lists that they stand behind. */
export async function passiveAuthenticatorOf(io: CliIo, files: ReadFiles, now: () => Date): Promise<PassiveAuthenticator> {
  const trusted = await certificatesIn(io, files.csca);
  const listed = await Promise.all(
    files.masterList.map(async (path) => {
      const list = derOf(await inputFile(io, path));
      return readable('READ_CERTIFICATE_UNUSABLE', path, () => readMasterList(list, { csca: trusted, at: now() }));
    }),
  );
  const csca = [...trusted, ...listed.flat()];
  const crl = files.crl === undefined ? undefined : await crlIn(io, files.crl);
  const options = () => ({ csca, ...(crl === undefined ? {} : { crl }), at: now() });
  return {
    verify: (efSod, dataGroups) => Promise.resolve(verifySod(efSod, dataGroups, { ...options(), tolerated: FOREIGN_DEVIATIONS })),
    verifyCardSecurity: (file) => Promise.resolve(verifyCardSecurity(file, options())),
  };
}

/**
 * An inspection system of certificates and a key in files; undefined when none are given. The chain is verified here too where its
 * CVCA was given, so that a wrong file is named before a chip refuses it.
 */
export async function terminalAuthenticatorOf(io: CliIo, files: ReadFiles, now: () => Date): Promise<TerminalAuthenticator | undefined> {
  if (files.taKey === undefined && files.taCert.length === 0) return undefined;
  if (files.taKey === undefined || files.taCert.length === 0) throw unusable('READ_TERMINAL_INCOMPLETE', '--ta-cert, --ta-key');
  const above = await Promise.all(files.cvca.map((path) => cvCertificateIn(io, path)));
  const own = await Promise.all(files.taCert.map((path) => cvCertificateIn(io, path)));
  const terminal = own.at(-1);
  if (terminal === undefined) throw unusable('READ_TERMINAL_INCOMPLETE', '--ta-cert');
  verifyUnder(above, own, now());
  const key = await privateKeyIn(io, files.taKey);
  const { publicKey } = cvCertificate.decode(terminal).body;
  const certificates = [...above, ...own];
  return terminalAuthenticator({
    certificates: () => Promise.resolve(certificates),
    sign: (data) => Promise.resolve(signature(key, publicKey.algorithm, data)),
  });
}

/** Lines of a zone: the text itself, in lines or in one, or a file of it. Never shown again. */
export async function zoneIn(io: CliIo, text: string): Promise<readonly string[]> {
  const isText = /^[A-Z0-9<\s/,]+$/.test(text) && text.replace(/[\s/,]/g, '').length >= SHORTEST_ZONE;
  const characters = (isText ? text : Buffer.from(await inputFile(io, text)).toString('latin1')).replace(/[\s/,]/g, '');
  const zone = zoneOfLength(characters.length);
  if (zone === undefined) throw unusable('READ_MRZ_UNUSABLE', '--mrz');
  return splitLines(characters, zone);
}

const SHORTEST_ZONE = 72;

export async function pinIn(io: CliIo, path: string): Promise<string> {
  const pin = Buffer.from(await inputFile(io, path))
    .toString('latin1')
    .trim();
  if (!/^[0-9]{4,12}$/.test(pin)) throw unusable('READ_PIN_UNUSABLE', '--pin-file');
  return pin;
}

const CERTIFICATE_FILE = /\.(cer|crt|der|pem)$/i;

/** A folder stands for the certificates in it; PEM and DER alike. */
async function certificatesIn(io: CliIo, paths: readonly string[]): Promise<readonly Uint8Array[]> {
  const files = await Promise.all(
    paths.map(async (path) => {
      const at = resolve(io.cwd, path);
      const info = await stat(at).catch(() => undefined);
      if (info?.isDirectory() !== true) return [at];
      return (await readdir(at)).filter((name) => CERTIFICATE_FILE.test(name)).map((name) => join(at, name));
    }),
  );
  // One file after another: a folder may hold any number of them.
  const found: { readonly path: string; readonly ders: readonly Uint8Array[] }[] = [];
  for (const path of files.flat()) found.push({ path, ders: contentsOf(await inputFile(io, path), /^CERTIFICATE$/) });
  const empty = found.find(({ ders }) => ders.length === 0)?.path ?? paths.find((_path, at) => files[at]?.length === 0);
  if (empty !== undefined) throw unusable('READ_CERTIFICATE_UNUSABLE', empty, { detail: 'no certificate in it' });
  return found.flatMap(({ path, ders }) => {
    for (const der of ders) readable('READ_CERTIFICATE_UNUSABLE', path, () => parseCertificate(der));
    return ders;
  });
}

/** Who signed it, and whether it is in time, is looked at with each card; what is no list at all is named here. */
async function crlIn(io: CliIo, path: string): Promise<Uint8Array> {
  const der = derOf(await inputFile(io, path));
  readable('READ_CERTIFICATE_UNUSABLE', path, () => parseCrl(der));
  return der;
}

async function cvCertificateIn(io: CliIo, path: string): Promise<Uint8Array> {
  const bytes = derOf(await inputFile(io, path));
  readable('READ_CERTIFICATE_UNUSABLE', path, () => cvCertificate.decode(bytes));
  return bytes;
}

/** Self-signed CVCAs are trusted because the operator says so; with none, only the chip verifies. */
function verifyUnder(above: readonly Uint8Array[], own: readonly Uint8Array[], at: Date): void {
  const known = above.map((bytes) => cvCertificate.decode(bytes));
  const roots = known.filter(({ body }) => body.certificationAuthorityReference === body.certificateHolderReference);
  if (roots.length === 0) return;
  readable('READ_CERTIFICATE_UNUSABLE', '--ta-cert', () => {
    const trusted = new Set(roots.map(({ body }) => body.certificateHolderReference));
    const links = known.filter(({ body }) => !trusted.has(body.certificateHolderReference));
    const chain = [...links, ...own.map((bytes) => cvCertificate.decode(bytes))];
    verifyCvChain(roots.map(cvTrustPoint), chain, at.toISOString().slice(0, 10));
  });
}

async function privateKeyIn(io: CliIo, path: string): Promise<KeyObject> {
  const bytes = Buffer.from(await inputFile(io, path));
  try {
    const isPem = bytes.subarray(0, 5).toString('latin1') === '-----';
    return isPem ? createPrivateKey(bytes) : createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw unusable('READ_KEY_UNUSABLE', path, { cause });
  } finally {
    bytes.fill(0);
  }
}

/** By the algorithm of the certificate (BSI TR-03110-3 tables 14 and 15). */
function signature(key: KeyObject, algorithm: string, data: Uint8Array): Uint8Array {
  const row = CV_ALGORITHMS[algorithm];
  if (row === undefined) throw unusable('READ_KEY_UNUSABLE', algorithm);
  if (row.kind === 'ecdsa') return Uint8Array.from(sign(row.hash, data, { key, dsaEncoding: 'ieee-p1363' }));
  const padding =
    row.padding === 'pss'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { padding: constants.RSA_PKCS1_PADDING };
  return Uint8Array.from(sign(row.hash, data, { key, ...padding }));
}

/** What a file has: PEM blocks of this label, or DER. */
function contentsOf(bytes: Uint8Array, label: RegExp): readonly Uint8Array[] {
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.includes('-----BEGIN ')) return [bytes];
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END/g);
  return [...blocks].flatMap(([, name = '', base64 = '']) => (label.test(name) ? [Uint8Array.from(Buffer.from(base64, 'base64'))] : []));
}

function derOf(bytes: Uint8Array): Uint8Array {
  return contentsOf(bytes, /./)[0] ?? bytes;
}

function readable<T>(code: ReadCode, where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    throw unusable(code, where, { cause, detail: cause.code });
  }
}

const WORDS = {
  READ_MRZ_UNUSABLE: {
    what: { vi: 'Đây không phải là các dòng MRZ', en: 'these are not the lines of a machine readable zone' },
    todo: {
      vi: 'Đưa đủ 3 dòng 30 ký tự (hoặc 2 dòng 36, 44), hoặc tên tệp',
      en: 'give 3 lines of 30 (or 2 of 36 or 44), or the name of a file of them',
    },
  },
  READ_PIN_UNUSABLE: {
    what: { vi: 'Tệp PIN không chứa PIN', en: 'the file has no PIN' },
    todo: { vi: 'Ghi PIN bằng chữ số vào tệp', en: 'put the digits of the PIN into the file' },
  },
  READ_SECRET_MISSING: {
    what: { vi: 'Chưa cho biết cái gì mở được chip', en: 'nothing that opens the chip was given' },
    todo: { vi: 'Thêm --mrz, --can hoặc --pin-file; BAC cần --mrz', en: 'add --mrz, --can or --pin-file; BAC needs --mrz' },
  },
  READ_CERTIFICATE_UNUSABLE: {
    what: { vi: 'Chứng thư không dùng được', en: 'a certificate cannot be used' },
    todo: { vi: 'Xem tệp và mã lỗi được nêu', en: 'look at the file and the code named here' },
  },
  READ_KEY_UNUSABLE: {
    what: { vi: 'Khoá riêng không dùng được', en: 'the private key cannot be used' },
    todo: { vi: 'Dùng khoá PKCS #8 của chính chứng thư thiết bị', en: 'use the PKCS #8 key that belongs to the terminal’s certificate' },
  },
  READ_TERMINAL_INCOMPLETE: {
    what: { vi: 'Xác thực thiết bị cần cả chứng thư và khoá', en: 'Terminal Authentication needs certificates and a key' },
    todo: { vi: 'Cho cả --ta-cert (DV, rồi thiết bị) và --ta-key', en: 'give both --ta-cert (DV, then the terminal) and --ta-key' },
  },
} as const;

export type ReadCode = keyof typeof WORDS;

/** What the operator gave cannot be used; `where` is an option or a path, never what stands in it. */
export function unusable(code: ReadCode, where: string, context: { readonly cause?: unknown; readonly detail?: string } = {}): CliError {
  const { cause, detail } = context;
  return new CliError({ code, ...WORDS[code], where, ...(detail === undefined ? {} : { detail }) }, EXIT.usage, cause);
}
