import { isUtf8 } from 'node:buffer';

import { CodedError, type ErrorTable } from '#encoder/bytes';

export type JsonErrorCode =
  | 'JSON_NOT_UTF8'
  | 'JSON_SYNTAX'
  | 'JSON_DUPLICATE_KEY'
  | 'JSON_TOO_COMPLEX'
  | 'JSON_FORBIDDEN_KEY'
  | 'NUMBER_NOT_EXACT'
  | 'CHAR_NOT_ALLOWED';

const TABLE = {
  JSON_NOT_UTF8: {
    what: { vi: 'Nội dung không phải UTF-8 (không BOM, không UTF-16)', en: 'the body is not UTF-8 (without BOM, not UTF-16)' },
    todo: { vi: 'Gửi lại ở dạng UTF-8', en: 'send it again as UTF-8' },
  },
  JSON_SYNTAX: {
    what: { vi: 'Nội dung không phải JSON', en: 'the body is not JSON' },
    todo: { vi: 'Sửa cú pháp tại vị trí đã nêu (RFC 8259)', en: 'correct the syntax at the place named (RFC 8259)' },
  },
  JSON_DUPLICATE_KEY: {
    what: { vi: 'Một khoá xuất hiện hai lần trong cùng một đối tượng', en: 'a key stands twice in one object' },
    todo: { vi: 'Giữ lại đúng một khoá', en: 'keep exactly one of them' },
  },
  JSON_TOO_COMPLEX: {
    what: { vi: 'JSON quá sâu, quá nhiều khoá hoặc có chuỗi quá dài', en: 'the JSON is too deep, has too many keys or too long a string' },
    todo: { vi: 'Chia nhỏ dữ liệu', en: 'split the data' },
  },
  JSON_FORBIDDEN_KEY: {
    what: { vi: 'Khoá này không được phép', en: 'this key is forbidden' },
    todo: { vi: 'Bỏ khoá này', en: 'remove the key' },
  },
  NUMBER_NOT_EXACT: {
    what: { vi: 'Số không biểu diễn được chính xác', en: 'the number cannot be held exactly' },
    todo: { vi: 'Dùng số nguyên dưới 2^53 hoặc chuỗi', en: 'use an integer below 2^53, or a string' },
  },
  CHAR_NOT_ALLOWED: {
    what: { vi: 'Chuỗi chứa ký tự NUL hoặc nửa cặp thay thế', en: 'a string holds NUL or half of a surrogate pair' },
    todo: { vi: 'Bỏ ký tự đó', en: 'remove that character' },
  },
} as const satisfies ErrorTable<JsonErrorCode>;

/** The JSON is refused. `where` is a path with the byte offset, e.g. `orders[3].citizen @1042`; it never holds a value. */
export class JsonError extends CodedError<JsonErrorCode> {
  constructor(code: JsonErrorCode, where: string, detail?: string) {
    super(TABLE, code, detail === undefined ? { where } : { where, detail });
  }
}

/** The defaults suit a control request; a route that takes a file of orders says its own. */
export interface JsonLimits {
  /** Nested objects and arrays. Bounds the parser's recursion. */
  readonly depthMax: number;
  /** Keys in all objects together. */
  readonly keysMax: number;
  /** UTF-16 code units in one string. */
  readonly stringMax: number;
}

export const JSON_LIMITS: JsonLimits = Object.freeze({ depthMax: 20, keysMax: 2000, stringMax: 65_536 });

/** Would change what an object is, in careless code further in. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * RFC 8259 and nothing beside it, refusing what `JSON.parse` lets through silently: bad UTF-8, duplicate keys (the last would
 * win), numbers that change in a double, lone surrogates, depth without end.
 * @throws JsonError
 */
export function parseStrictJson(bytes: Uint8Array, limits: JsonLimits = JSON_LIMITS): unknown {
  return new Parser(decode(bytes), limits).document();
}

function decode(bytes: Uint8Array): string {
  if (bytes.length >= 2) {
    const [b0, b1] = bytes;
    // A BOM of UTF-8 or UTF-16, or UTF-16 without one: JSON starts with two ASCII characters, so one byte of them is zero.
    if ((b0 === 0xef && b1 === 0xbb) || b0 === 0xfe || b0 === 0xff || b0 === 0 || b1 === 0) throw new JsonError('JSON_NOT_UTF8', '@0');
  }
  if (!isUtf8(bytes)) throw new JsonError('JSON_NOT_UTF8', `@${firstBadByte(bytes)}`);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function firstBadByte(bytes: Uint8Array): number {
  // Halving: the longest prefix that decodes, allowing for a sequence cut by the prefix's end.
  let good = 0;
  let bad = bytes.length;
  const decodes = (end: number): boolean => {
    for (let cut = 0; cut < 4 && cut <= end; cut++) if (isUtf8(bytes.subarray(0, end - cut))) return true;
    return false;
  };
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(middle)) good = middle;
    else bad = middle;
  }
  while (good > 0 && !isUtf8(bytes.subarray(0, good))) good--;
  return good;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class Parser {
  readonly #text: string;
  readonly #limits: JsonLimits;
  #at = 0;
  #keys = 0;
  #depth = 0;
  readonly #path: (string | number)[] = [];

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  document(): unknown {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#error('JSON_SYNTAX', 'text after the value');
    return value;
  }

  #value(): unknown {
    const char = this.#text.charCodeAt(this.#at);
    switch (char) {
      case 0x7b:
        return this.#nested(() => this.#object());
      case 0x5b:
        return this.#nested(() => this.#array());
      case QUOTE:
        return this.#string();
      case 0x74:
        return this.#word('true', true);
      case 0x66:
        return this.#word('false', false);
      case 0x6e:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > this.#limits.depthMax) throw this.#error('JSON_TOO_COMPLEX', `deeper than ${this.#limits.depthMax}`);
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at++;
    this.#space();
    if (this.#skip(0x7d)) return object;
    for (;;) {
      if (this.#text.charCodeAt(this.#at) !== QUOTE) throw this.#error('JSON_SYNTAX', 'a key in double quotes is expected');
      const keyAt = this.#at;
      const key = this.#string();
      this.#path.push(key);
      if (++this.#keys > this.#limits.keysMax) throw this.#error('JSON_TOO_COMPLEX', `more than ${this.#limits.keysMax} keys`);
      if (FORBIDDEN_KEYS.has(key)) throw this.#error('JSON_FORBIDDEN_KEY', undefined, keyAt);
      if (Object.hasOwn(object, key)) throw this.#error('JSON_DUPLICATE_KEY', undefined, keyAt);
      this.#space();
      if (!this.#skip(0x3a)) throw this.#error('JSON_SYNTAX', '":" is expected');
      this.#space();
      object[key] = this.#value();
      this.#path.pop();
      this.#space();
      if (this.#skip(0x2c)) {
        this.#space();
        continue;
      }
      if (this.#skip(0x7d)) break;
      throw this.#error('JSON_SYNTAX', '"," or "}" is expected');
    }
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#at++;
    this.#space();
    if (this.#skip(0x5d)) return array;
    for (;;) {
      this.#path.push(array.length);
      array.push(this.#value());
      this.#path.pop();
      this.#space();
      if (this.#skip(0x2c)) {
        this.#space();
        continue;
      }
      if (this.#skip(0x5d)) break;
      throw this.#error('JSON_SYNTAX', '"," or "]" is expected');
    }
    return array;
  }

  #string(): string {
    const text = this.#text;
    const start = ++this.#at;
    // The common case is one slice: portraits are long strings without an escape.
    for (let i = start; ; i++) {
      const char = text.charCodeAt(i);
      if (char === QUOTE) {
        this.#at = i + 1;
        return this.#checked(text.slice(start, i), start);
      }
      if (char === BACKSLASH) return this.#escaped(start, i);
      if (Number.isNaN(char) || char < 0x20) {
        this.#at = Math.min(i, text.length);
        throw this.#error('JSON_SYNTAX', 'a string has no end or holds a control character');
      }
    }
  }

  #escaped(start: number, firstEscape: number): string {
    const text = this.#text;
    let out = text.slice(start, firstEscape);
    let i = firstEscape;
    for (;;) {
      const char = text.charCodeAt(i);
      if (char === QUOTE) break;
      if (Number.isNaN(char) || char < 0x20) {
        this.#at = Math.min(i, text.length);
        throw this.#error('JSON_SYNTAX', 'a string has no end or holds a control character');
      }
      if (char !== BACKSLASH) {
        out += text.charAt(i++);
        continue;
      }
      const escape = text.charAt(i + 1);
      const hex = escape === 'u' ? text.slice(i + 2, i + 6) : '';
      if (/^[0-9A-Fa-f]{4}$/u.test(hex)) {
        out += String.fromCharCode(Number.parseInt(hex, 16));
        i += 6;
        continue;
      }
      const plain = ESCAPES.get(escape);
      if (plain === undefined) {
        this.#at = i;
        throw this.#error('JSON_SYNTAX', 'unknown escape');
      }
      out += plain;
      i += 2;
    }
    this.#at = i + 1;
    return this.#checked(out, start);
  }

  #checked(value: string, start: number): string {
    if (value.length > this.#limits.stringMax)
      throw this.#error('JSON_TOO_COMPLEX', `a string of ${value.length}, limit ${this.#limits.stringMax}`, start);
    // PostgreSQL text cannot hold U+0000, and UTF-8 cannot hold half a pair: both would surface as somebody else's error.
    if (value.includes('\u0000') || LONE_SURROGATE.test(value)) throw this.#error('CHAR_NOT_ALLOWED', undefined, start);
    return value;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#error('JSON_SYNTAX', 'a value is expected');
    this.#at += word.length;
    return value;
  }

  #number(): number {
    NUMBER.lastIndex = this.#at;
    const found = NUMBER.exec(this.#text);
    if (found === null) throw this.#error('JSON_SYNTAX', 'a value is expected');
    const [raw] = found;
    const value = Number(raw);
    if (!isExact(raw, value)) throw this.#error('NUMBER_NOT_EXACT');
    this.#at += raw.length;
    return value;
  }

  #space(): void {
    for (;;) {
      const char = this.#text.charCodeAt(this.#at);
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return;
      this.#at++;
    }
  }

  #skip(char: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== char) return false;
    this.#at++;
    return true;
  }

  #error(code: JsonErrorCode, detail?: string, at = this.#at): JsonError {
    const offset = Buffer.byteLength(this.#text.slice(0, at));
    return new JsonError(code, `${showPath(this.#path)} @${offset}`.trimStart(), detail);
  }
}

const LONE_SURROGATE = /\p{Cs}/u;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/uy;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** IEEE 754 double: 15 significant decimal digits always survive, so do integers below 2^53; nothing else is promised. */
function isExact(raw: string, value: number): boolean {
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  if (/^-?[0-9]+$/u.test(raw)) return Number.isSafeInteger(value);
  const [mantissa = ''] = raw.split(/[eE]/u);
  const digits = mantissa.replace(/[-.]/gu, '').replace(/^0+/u, '').replace(/0+$/u, '');
  return digits.length <= 15 && (value !== 0 || digits === '');
}

/** A key is shown when it looks like a field's name; anything else may be somebody's data in the wrong place. */
export function showPath(path: readonly (string | number)[]): string {
  let shown = '';
  for (const step of path) {
    if (typeof step === 'number') shown += `[${step}]`;
    else {
      const name = /^[a-zA-Z][A-Za-z0-9_]{0,39}$/u.test(step) ? step : `‹key of ${step.length}›`;
      shown += shown === '' ? name : `.${name}`;
    }
  }
  return shown;
}
