import { randomBytes } from 'node:crypto';

/** What an id may name. Ids say nothing about a citizen. */
export type IdPrefix = 'crd' | 'ord' | 'bat' | 'shp' | 'box' | 'case';

/** Clock and randomness, so that tests can script them. */
export interface IdSource {
  readonly now: () => Date;
  readonly random: (length: number) => Uint8Array;
}

export const systemIds: IdSource = Object.freeze({
  now: () => new Date(),
  random: (length: number) => new Uint8Array(randomBytes(length)),
});

/** Crockford's base 32, lower case: no i, l, o, u. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** `<prefix>-` and a ULID: 48 bits of milliseconds, 80 bits of randomness, 26 characters that sort by time. */
export function newId<P extends IdPrefix>(prefix: P, source: IdSource = systemIds): `${P}-${string}` {
  let time = source.now().getTime();
  let text = '';
  for (let i = 0; i < 10; i++) {
    text = ALPHABET.charAt(time % 32) + text;
    time = Math.floor(time / 32);
  }
  let bits = 0;
  let held = 0;
  for (const byte of source.random(10)) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      text += ALPHABET.charAt((bits >> held) & 31);
      bits &= (1 << held) - 1;
    }
  }
  return `${prefix}-${text}`;
}
