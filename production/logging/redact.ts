import { isCodedError } from '#encoder/bytes';

import { FIELDS, type LogField } from './fields.ts';

/** A value longer than this is cut, with its length beside it: a log line is for reading. */
export const VALUE_CHARS_MAX = 256;

/** Free text is looked at up to here only, so that redaction costs the same whatever somebody sent us. */
const SCAN_CHARS_MAX = 4096;

const ID_SHAPE = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$/;

/** Số định danh cá nhân: 12 digits; số CMND cũ: 9 or 12. Neither letters nor more digits around it hide it. */
const PERSONAL_NUMBER = /(?<![0-9])(?:[0-9]{12,}|[0-9]{9})(?![0-9])/gu;
/** As it is often typed: groups parted by blanks, dots or dashes. */
const PERSONAL_NUMBER_GROUPED = /(?<![0-9])[0-9]{3}(?:[ .-][0-9]{3}){2,3}(?![0-9])/gu;
/** Every line of a TD1 MRZ holds a filler between or after its fields (Doc 9303-5 §4.2). */
const MRZ = /[A-Z0-9]*<[A-Z0-9<]{2,}/gu;
const BEARER = /bearer\s+\S+/giu;
const COMPACT_JWS = /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/gu;
/** The plant's own bearer tokens and PINs: long unbroken base64url. Ids of ours are lower case and shorter. */
const LONG_TOKEN = /(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]*[A-Z])(?=[A-Za-z0-9_-]*[a-z])[A-Za-z0-9_-]{40,}/gu;
/** A word with a letter outside ASCII and its capitalised neighbours: in a library's English message that is somebody's name or address. */
const NAME_LIKE = /(?:[A-Z][\p{L}\p{M}]*\s+)*[\p{L}\p{M}]*[^\P{L}A-Za-z][\p{L}\p{M}]*(?:\s+[\p{Lu}][\p{L}\p{M}]*)*/gu;
/** PostgreSQL and JSON parsers quote the value they dislike. */
const QUOTED = /"[^"]*"|'[^']*'|\([^()]*\)=\([^()]*\)/gu;
/** C0, DEL, C1, line and paragraph separators, bidi controls, lone surrogates: JSON leaves some of them raw, terminals obey them. */
// oxlint-disable-next-line no-control-regex -- the control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/** Our own text: patterns that are personal wherever they stand are masked, controls made visible, length cut. */
export function redactText(text: string): string {
  const scanned = text
    .slice(0, SCAN_CHARS_MAX)
    .replace(BEARER, 'Bearer ‹token›')
    .replace(COMPACT_JWS, '‹token›')
    .replace(LONG_TOKEN, '‹token›')
    .replace(MRZ, '‹mrz›')
    .replace(PERSONAL_NUMBER, '‹number›')
    .replace(PERSONAL_NUMBER_GROUPED, '‹number›')
    .replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return cut(scanned, text.length);
}

/** A library's message: whatever it quotes is somebody's data, and so is every word that is not English. */
function redactForeignText(text: string): string {
  return redactText(text.slice(0, SCAN_CHARS_MAX).replace(QUOTED, '‹quoted›').replace(NAME_LIKE, '‹text›'));
}

function cut(text: string, lengthBefore: number): string {
  if (text.length <= VALUE_CHARS_MAX && lengthBefore <= SCAN_CHARS_MAX) return text;
  return `${text.slice(0, VALUE_CHARS_MAX)}…(${lengthBefore})`;
}

function redactId(value: string): string {
  if (!ID_SHAPE.test(value)) return `‹not an id, ${value.length} chars›`;
  return PERSONAL_NUMBER_ONLY.test(value) ? '‹number›' : value;
}
const PERSONAL_NUMBER_ONLY = /^(?:[0-9]{12}|[0-9]{9})$/u;

/** An error as a log may show it. The stack is kept as the places in our own files, without the message that heads it. */
function redactError(error: unknown): Readonly<Record<string, unknown>> {
  if (isCodedError(error)) {
    return {
      name: error.name,
      code: error.code,
      what: error.what.en,
      ...(error.where === undefined ? {} : { where: redactText(error.where) }),
      ...(error.detail === undefined ? {} : { detail: redactText(error.detail) }),
      ...(error.cause === undefined ? {} : { cause: redactCause(error.cause) }),
    };
  }
  return redactCause(error);
}

function redactCause(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { name: typeof error };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    name: redactId(error.name),
    ...(typeof code === 'string' ? { code: redactId(code) } : {}),
    message: redactForeignText(error.message),
    at: frames(error.stack),
  };
}

function frames(stack: string | undefined): readonly string[] {
  return (stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at .*:\d+:\d+\)?$/u.test(line) && !line.includes('node_modules') && !line.includes('node:'))
    .slice(0, 6)
    .map((line) => line.trim().replace(/^at /u, '').slice(0, VALUE_CHARS_MAX));
}

/** Applied to everything on its way into a line, whatever its static type promised. */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const dropped: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(FIELDS, key)) {
      dropped.push(/^[A-Za-z]{1,40}$/u.test(key) ? key : '‹odd name›');
      continue;
    }
    out[key] = value === null ? null : redactValue(FIELDS[key as LogField], value);
  }
  if (dropped.length > 0) out['droppedFields'] = dropped.slice(0, 20);
  return out;
}

function redactValue(kind: (typeof FIELDS)[LogField], value: unknown): unknown {
  switch (kind) {
    case 'id':
      return typeof value === 'string' ? redactId(value) : `‹${typeof value}›`;
    case 'text':
      return typeof value === 'string' ? redactText(value) : `‹${typeof value}›`;
    case 'number':
      return typeof value === 'number' && Math.abs(value) < 1e11 ? value : `‹${typeof value}›`;
    case 'boolean':
      return typeof value === 'boolean' ? value : `‹${typeof value}›`;
    case 'error':
      return redactError(value);
  }
}
