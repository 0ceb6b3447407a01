import { isCodedError, type CodedError } from '#encoder/bytes';

import { HttpError } from '#production/access';
import type { ProblemStatus } from './statuses.ts';

export type Language = 'vi' | 'en';

/** RFC 9457 with our extension members. Nothing in it is a value that somebody sent. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: ProblemStatus;
  readonly code: string;
  readonly detail?: string;
  /** Where: the path of a field with its offset. */
  readonly field?: string;
  readonly hint: string;
  readonly correlationId: string;
  readonly messages: Readonly<Record<Language, { readonly title: string; readonly hint: string }>>;
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/**
 * What the caller is told about an error. A code without a status, and whatever is no coded error, is our own fault and said to be
 * nothing but that; the log has the rest under the correlation id.
 */
export function problemOf(
  error: unknown,
  context: { readonly statuses: ReadonlyMap<string, ProblemStatus>; readonly correlationId: string; readonly language: Language },
): Problem {
  const coded = codedOf(error, context.statuses);
  const status = context.statuses.get(coded.code) ?? 500;
  const says = status < 500 || status === 503;
  return {
    type: `urn:cardmint:problem:${coded.code}`,
    title: coded.what[context.language],
    status,
    code: coded.code,
    ...(says && coded.detail !== undefined ? { detail: coded.detail } : {}),
    ...(says && coded.where !== undefined ? { field: coded.where } : {}),
    hint: coded.todo[context.language],
    correlationId: context.correlationId,
    messages: { vi: { title: coded.what.vi, hint: coded.todo.vi }, en: { title: coded.what.en, hint: coded.todo.en } },
  };
}

function codedOf(error: unknown, statuses: ReadonlyMap<string, ProblemStatus>): CodedError {
  if (isCodedError(error)) return statuses.has(error.code) ? error : new HttpError('INTERNAL', { cause: error });
  if (!(error instanceof Error)) return new HttpError('INTERNAL');
  const code = 'code' in error ? error.code : undefined;
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new HttpError('BODY_TOO_LARGE');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return new HttpError('UNSUPPORTED_MEDIA_TYPE');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new HttpError('REQUEST_INVALID', { detail: 'Content-Length' });
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new HttpError('PATH_INVALID');
    case 'FST_ERR_NOT_FOUND':
      return new HttpError('NOT_FOUND');
    case 'FST_ERR_HANDLER_TIMEOUT':
      return new HttpError('DEPENDENCY_UNAVAILABLE', { detail: 'timeout' });
    default:
      return new HttpError('INTERNAL', { cause: error });
  }
}

/** Vietnamese unless the caller asks for English first (RFC 9110 §12.5.4). */
export function languageOf(acceptLanguage: string | undefined): Language {
  return /^\s*en\b/iu.test(acceptLanguage ?? '') ? 'en' : 'vi';
}
