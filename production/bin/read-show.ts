import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isCodedError } from '#encoder/bytes';
import { INSPECTION_CHECK_TITLES, INSPECTION_REASONS, type CardReadingResult } from '#encoder/inspection';
import { dg2, dg3 } from '#encoder/lds';
import { plain, table, type CliIo } from '#production/cli';

/** The report for scripts: every check with its clause and its title, no value of the card. */
export function asJson({ report }: CardReadingResult, saved: readonly string[]): string {
  const titled = <T extends { readonly check: keyof typeof INSPECTION_CHECK_TITLES }>(check: T) => ({
    ...check,
    title: INSPECTION_CHECK_TITLES[check.check],
  });
  const answer = {
    verdict: report.verdict,
    reasons: report.reasons.map((code) => ({ code, ...INSPECTION_REASONS[code] })),
    checks: report.checks.map(titled),
    skipped: report.skipped.map(titled),
    files: report.files,
    ...(saved.length === 0 ? {} : { saved }),
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

export function asText({ report }: CardReadingResult, saved: readonly string[]): string {
  const made = report.checks.map(({ check, clause, passed, code, detail }) => {
    const { vi, en } = INSPECTION_CHECK_TITLES[check];
    return [passed ? '✓' : '✗', vi, en, clause, plain([code, detail].filter((part) => part !== undefined).join(' '))];
  });
  const skipped = report.skipped.map(({ check, clause, code, detail }) => {
    const { vi, en } = INSPECTION_CHECK_TITLES[check];
    return ['-', vi, en, clause, plain([code, detail].filter((part) => part !== undefined).join(' '))];
  });
  const reasons = report.reasons.map((code) => {
    const { what, todo } = INSPECTION_REASONS[code];
    return `${code}\n  vi  ${what.vi}\n      → ${todo.vi}\n  en  ${what.en}\n      → ${todo.en}\n`;
  });
  const verdict = report.verdict === 'good' ? '✓ thẻ tốt / good\n' : '✗ thẻ không đạt / failed\n';
  return [table([...made, ...skipped]), ...reasons, verdict, ...saved.map((path) => `  ${path}\n`)].join('');
}

/** What of the card goes into the folder: the files as read, its pictures, the report. Readable by their owner only. */
export async function save(io: CliIo, folder: string, { report, files }: CardReadingResult): Promise<readonly string[]> {
  const target = resolve(io.cwd, folder);
  await mkdir(target, { recursive: true, mode: 0o700 });
  const named = new Map<string, Uint8Array>([
    ...Array.from(files, ([name, bytes]) => [name.replaceAll('/', '-'), bytes] as const),
    ...pictures(files),
    ['report.json', Buffer.from(`${JSON.stringify(report, null, 2)}\n`)],
  ]);
  for (const [name, bytes] of named) await writeFile(join(target, name), bytes, { mode: 0o600 });
  return [...named.keys()].map((name) => join(folder, name));
}

/** The face of DG2 and the fingers of DG3, in the format that they have. A file without any leaves none. */
function pictures(files: ReadonlyMap<string, Uint8Array>): readonly (readonly [string, Uint8Array])[] {
  const faces = imagesOf(files.get('EF.DG2'), (bytes) =>
    dg2.decode(bytes).faces.flatMap(({ record }) => record.images.map(({ data }) => data)),
  );
  const fingers = imagesOf(files.get('EF.DG3'), (bytes) => dg3.decode(bytes).fingers.map(({ record }) => record.data));
  const numbered = (name: string, images: readonly Uint8Array[]) =>
    images.map((image, at) => [`${name}${at === 0 ? '' : `-${at + 1}`}.${extensionOf(image)}`, image] as const);
  return [...numbered('face', faces), ...numbered('finger', fingers)];
}

function imagesOf(file: Uint8Array | undefined, read: (bytes: Uint8Array) => readonly Uint8Array[]): readonly Uint8Array[] {
  if (file === undefined) return [];
  try {
    return read(file);
  } catch (error) {
    if (isCodedError(error)) return [];
    throw error;
  }
}

/** By their first bytes: JPEG, PNG, JPEG 2000 file or codestream; WSQ and all else as they are. */
function extensionOf(image: Uint8Array): string {
  const magic = Buffer.from(image.subarray(0, 4)).toString('hex');
  if (magic.startsWith('ffd8ff')) return 'jpg';
  return { '89504e47': 'png', '0000000c': 'jp2', ff4fff51: 'j2k', ffa0ffa8: 'wsq' }[magic] ?? 'bin';
}
