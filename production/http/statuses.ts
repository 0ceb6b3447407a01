import type { HttpErrorCode } from '#production/access';
import type { JsonErrorCode } from './strict-json.ts';

/**
 * The statuses that a coded error may become. 4xx: the caller can do something, nothing has changed. 503: we cannot now, nothing is
 * lost. 500 is for what is not in the table: its body says nothing.
 */
export type ProblemStatus = 400 | 401 | 403 | 404 | 408 | 409 | 412 | 413 | 415 | 422 | 429 | 431 | 500 | 503;

/** A room's codes; TypeScript checks each against the room's own closed union. */
export type StatusTable<C extends string = string> = Readonly<Record<C, ProblemStatus>>;

export const HTTP_STATUSES = {
  JSON_NOT_UTF8: 400,
  JSON_SYNTAX: 400,
  JSON_DUPLICATE_KEY: 400,
  JSON_TOO_COMPLEX: 400,
  JSON_FORBIDDEN_KEY: 400,
  NUMBER_NOT_EXACT: 400,
  CHAR_NOT_ALLOWED: 400,
  BODY_TOO_LARGE: 413,
  BODY_UNEXPECTED: 400,
  BODY_MISSING: 400,
  UNSUPPORTED_MEDIA_TYPE: 415,
  FIELD_UNKNOWN: 400,
  FIELD_MISSING: 400,
  FIELD_TYPE: 400,
  FIELD_INVALID: 400,
  PARAM_DUPLICATE: 400,
  PATH_INVALID: 400,
  REQUEST_INVALID: 400,
  REQUEST_TIMEOUT: 408,
  HEADERS_TOO_LARGE: 431,
  NOT_FOUND: 404,
  TOKEN_INVALID: 401,
  FORBIDDEN: 403,
  TOO_MANY_STREAMS: 429,
  DEPENDENCY_UNAVAILABLE: 503,
  INTERNAL: 500,
} as const satisfies StatusTable<HttpErrorCode | JsonErrorCode>;

/**
 * One table from all rooms. Two rooms may share a code only if they agree on its status.
 * @throws Error at boot when they do not.
 */
export function mergeStatuses(tables: readonly StatusTable[]): ReadonlyMap<string, ProblemStatus> {
  const merged = new Map<string, ProblemStatus>();
  for (const table of tables) {
    for (const [code, status] of Object.entries(table)) {
      const before = merged.get(code);
      if (before !== undefined && before !== status) throw new Error(`the code ${code} has two statuses: ${before} and ${status}`);
      merged.set(code, status);
    }
  }
  return merged;
}
