import { createHash } from 'node:crypto';
import { utf8 } from '#encoder/bytes';
import { PkdError } from './pkd-error.ts';

/** A line a file, and an upload has three. */
const BYTES_MAX = 65_536;
const LINE = /^(?<sum>[0-9a-f]{64}) {2}(?<name>[A-Za-z0-9][A-Za-z0-9._-]{0,99})$/;

/** As `sha256sum` writes and checks them: hex, two spaces, name. */
export function encodeChecksums(files: readonly { readonly name: string; readonly content: Uint8Array }[]): Uint8Array {
  return utf8(files.map(({ name, content }) => `${createHash('sha256').update(content).digest('hex')}  ${name}\n`).join(''));
}

/** By file name. Errors: PKD_CHECKSUM_MISMATCH for a line that is none. */
export function decodeChecksums(sums: Uint8Array): ReadonlyMap<string, string> {
  if (sums.length > BYTES_MAX) throw new PkdError('PKD_CHECKSUM_MISMATCH', { detail: `${sums.length} bytes` });
  const lines = Buffer.from(sums).toString('latin1').split('\n');
  if (lines.pop() !== '') throw new PkdError('PKD_CHECKSUM_MISMATCH', { detail: 'the last line is cut' });
  return new Map(
    lines.map((line, at) => {
      const { sum, name } = LINE.exec(line)?.groups ?? {};
      if (sum === undefined || name === undefined) throw new PkdError('PKD_CHECKSUM_MISMATCH', { where: `line ${at + 1}` });
      return [name, sum] as const;
    }),
  );
}
