import { isCodedError, type Bilingual } from '#encoder/bytes';

import { plain, type CliIo } from './io.ts';

/** What a script may branch on. */
export const EXIT = Object.freeze({ done: 0, failed: 1, usage: 2, refused: 3, away: 4, forbidden: 5 });

export interface Failure {
  readonly code: string;
  readonly what: Bilingual;
  readonly todo: Bilingual;
  readonly where?: string;
  readonly detail?: string;
  readonly correlationId?: string;
}

/** A command that cannot be done: what the API said, or why it could not be asked. */
export class CliError extends Error {
  readonly failure: Failure;
  readonly exitCode: number;

  constructor(failure: Failure, exitCode: number, cause?: unknown) {
    super(`${failure.code}: ${failure.what.en}`, cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.failure = failure;
    this.exitCode = exitCode;
  }
}

/**
 * Shows an error in both languages, or as JSON for a script.
 * @returns the exit code
 */
export function showFailure(error: unknown, io: CliIo, asJson: boolean): number {
  const failure = error instanceof CliError ? error.failure : failureOf(error);
  if (asJson) io.err(`${JSON.stringify({ error: failure })}\n`);
  else {
    const where = failure.where === undefined ? '' : `  (${plain(failure.where)})`;
    const detail = failure.detail === undefined ? '' : `  ${plain(failure.detail)}`;
    io.err(`${plain(failure.code)}${where}${detail}\n`);
    io.err(`  vi  ${plain(failure.what.vi)}\n      → ${plain(failure.todo.vi)}\n`);
    io.err(`  en  ${plain(failure.what.en)}\n      → ${plain(failure.todo.en)}\n`);
    if (failure.correlationId !== undefined) io.err(`      ${plain(failure.correlationId)}\n`);
  }
  return error instanceof CliError ? error.exitCode : EXIT.failed;
}

function failureOf(error: unknown): Failure {
  if (isCodedError(error)) {
    const { code, what, todo, where, detail } = error;
    return { code, what, todo, ...(where === undefined ? {} : { where }), ...(detail === undefined ? {} : { detail }) };
  }
  return {
    code: 'UNEXPECTED',
    what: { vi: 'Lỗi không lường trước', en: 'an error that nobody expected' },
    todo: { vi: 'Xem nhật ký của nhà máy', en: 'look at the logs of the plant' },
    ...(error instanceof Error ? { detail: error.name } : {}),
  };
}
