import { StoreError } from './store-error.ts';

/** Values that have exactly one canonical form. Numbers are safe integers: nothing else has one spelling in every language. */
export type CanonicalValue = string | number | boolean | null | readonly CanonicalValue[] | { readonly [key: string]: CanonicalValue };

/** With the `u` flag a well-formed pair is one code point and does not match. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * JSON with keys in code unit order, no white space, integers only (the subset of RFC 8785 that needs no number formatting).
 * Errors: CANONICAL_JSON_VALUE, with the path.
 */
export function canonicalJson(value: unknown, path = ''): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') {
    if (LONE_SURROGATE.test(value)) throw new StoreError('CANONICAL_JSON_VALUE', { where: path, detail: 'a lone surrogate' });
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw new StoreError('CANONICAL_JSON_VALUE', { where: path, detail: 'a number that is no safe integer' });
    }
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map((item, i) => canonicalJson(item, `${path}/${i}`)).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value as Record<string, unknown>).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item, `${path}/${key}`)}`).join(',')}}`;
  }
  throw new StoreError('CANONICAL_JSON_VALUE', { where: path, detail: typeof value });
}
