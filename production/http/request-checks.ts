import type { FastifySchemaValidationError } from 'fastify/types/schema.js';

import { HttpError, type HttpErrorCode } from '#production/access';
import { showPath } from './strict-json.ts';

/** Encoded slashes, dots and NUL, backslashes, `;` parameters and empty segments mean different things to different servers. */
const ODD_PATH = /%(?:2f|5c|2e|00|25)|%(?![0-9a-f]{2})|[;\\]|\/\.{1,2}(?:\/|$)|\/\//iu;

/** @throws HttpError PATH_INVALID */
export function refuseOddTarget(target: string): void {
  const path = target.split('?', 1)[0] ?? '';
  if (!path.startsWith('/') || ODD_PATH.test(path)) throw new HttpError('PATH_INVALID');
}

/** @throws HttpError PARAM_DUPLICATE, FIELD_INVALID */
export function refuseOddQuery(target: string): void {
  const question = target.indexOf('?');
  if (question === -1) return;
  const query = target.slice(question + 1);
  try {
    decodeURIComponent(query.replaceAll('+', ' '));
  } catch {
    throw new HttpError('FIELD_INVALID', { where: 'query', detail: 'percent-encoding' });
  }
  if (/%00/u.test(query)) throw new HttpError('FIELD_INVALID', { where: 'query', detail: 'U+0000' });
  const seen = new Set<string>();
  for (const [name] of new URLSearchParams(query)) {
    // `a[]=1` and `a[b]=1` become arrays and objects in other parsers; here brackets are no part of any name.
    if (seen.has(name)) throw new HttpError('PARAM_DUPLICATE', { where: `query.${showPath([name])}` });
    seen.add(name);
  }
}

const KEYWORD_CODES: Readonly<Record<string, HttpErrorCode>> = Object.freeze({
  additionalProperties: 'FIELD_UNKNOWN',
  unevaluatedProperties: 'FIELD_UNKNOWN',
  required: 'FIELD_MISSING',
  type: 'FIELD_TYPE',
});

/** Ajv's first complaint in our words: the place and the rule, never the value. */
export function validationError(errors: readonly FastifySchemaValidationError[], part: string): HttpError {
  const [first] = errors;
  if (first === undefined) return new HttpError('FIELD_INVALID', { where: part });
  const code = KEYWORD_CODES[first.keyword] ?? 'FIELD_INVALID';
  const path: (string | number)[] = first.instancePath
    .split('/')
    .slice(1)
    .map((step) => (/^[0-9]+$/u.test(step) ? Number(step) : step.replaceAll('~1', '/').replaceAll('~0', '~')));
  const { params } = first;
  if (typeof params['additionalProperty'] === 'string') path.push(params['additionalProperty']);
  if (typeof params['missingProperty'] === 'string') path.push(params['missingProperty']);
  const where = path.length === 0 ? part : `${part}.${showPath(path)}`;
  const detail = ruleOf(first);
  return new HttpError(code, detail === undefined ? { where } : { where, detail });
}

/** The schema's own side of the complaint; it is the same for everybody. */
function ruleOf(error: FastifySchemaValidationError): string | undefined {
  const { keyword, params } = error;
  if (keyword === 'type') return `must be ${String(params['type'])}`;
  if (typeof params['limit'] === 'number') return `${keyword} ${params['limit']}`;
  if (keyword === 'pattern') return `pattern ${String(params['pattern'])}`;
  if (Array.isArray(params['allowedValues'])) return `one of ${params['allowedValues'].join(', ')}`;
  if (keyword === 'required' || keyword === 'additionalProperties') return undefined;
  return keyword;
}
