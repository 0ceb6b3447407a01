import { open } from 'node:fs/promises';
import { resolve } from 'node:path';

import { CliError, EXIT } from './cli-error.ts';
import type { CliIo } from './io.ts';

/** Twice the largest file of orders. A device that never ends ends here too. */
const BYTES_MAX = 128 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** An input file's bytes, of a file or a pipe. Its name is shown, its content never. Errors: `CliError` FILE_UNREADABLE, FILE_TOO_LARGE. */
export async function inputFile(io: CliIo, path: string, bytesMax = BYTES_MAX): Promise<Uint8Array> {
  const bytes = await readAtMost(resolve(io.cwd, path), bytesMax).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (bytes === undefined) throw tooLarge(path, bytesMax);
  return bytes;
}

/** Undefined when there is more: no more than that is ever held, whatever size the file says it has. */
async function readAtMost(path: string, bytesMax: number): Promise<Uint8Array | undefined> {
  const file = await open(path);
  try {
    const parts: Uint8Array[] = [];
    let have = 0;
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(Math.min(CHUNK_BYTES, bytesMax + 1 - have)));
      if (bytesRead === 0) return new Uint8Array(Buffer.concat(parts, have));
      have += bytesRead;
      if (have > bytesMax) return undefined;
      parts.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

function unreadable(path: string, cause: unknown): CliError {
  return new CliError(
    {
      code: 'FILE_UNREADABLE',
      what: { vi: 'Không đọc được tệp', en: 'the file cannot be read' },
      todo: { vi: 'Kiểm tra đường dẫn và quyền đọc', en: 'check the path and that you may read it' },
      where: path,
    },
    EXIT.usage,
    cause,
  );
}

function tooLarge(path: string, bytesMax: number): CliError {
  return new CliError(
    {
      code: 'FILE_TOO_LARGE',
      what: { vi: 'Tệp quá lớn', en: 'the file is too large' },
      todo: { vi: 'Kiểm tra xem có đúng tệp không', en: 'check that it is the file you mean' },
      where: path,
      detail: `more than ${bytesMax} bytes`,
    },
    EXIT.usage,
  );
}
