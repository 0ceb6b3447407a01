import { VIETNAMESE_LETTERS } from '#encoder/mrz';
import { refusal, type FieldPath, type LintFinding } from './lint-finding.ts';
import type { CardProfile } from './profile-schema.ts';

/** What a look-alike was probably meant to be; only the ones that are seen in practice. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map([
  ['\u00d0', 'Đ (U+0110)'],
  ['\u0189', 'Đ (U+0110)'],
  ['\u00f0', 'đ (U+0111)'],
  ['\u0256', 'đ (U+0111)'],
  ['\u0131', 'i (U+0069)'],
  ['\u00a0', 'U+0020'],
]);

export interface TextRule {
  readonly charactersMost: number;
  readonly allows: (character: string) => boolean;
}

/** Names: Vietnamese letters, those that the profile adds, and its few marks between them. */
export function nameRule({ text, mrz }: CardProfile): TextRule {
  const marks = new Set(text.namePunctuation);
  const allows = (character: string) => isLetter(character, mrz.furtherLetters) || marks.has(character);
  return { charactersMost: text.nameCharactersMost, allows };
}

/** Other texts: digits and punctuation as well. */
export function textRule({ text, mrz }: CardProfile): TextRule {
  const marks = new Set(text.punctuation);
  const allows = (character: string) => isLetter(character, mrz.furtherLetters) || /^[0-9]$/.test(character) || marks.has(character);
  return { charactersMost: text.textCharactersMost, allows };
}

/**
 * The first thing that is wrong with a text, if any: every character by an allow-list, NFC, spaces, length. A text is
 * refused and never repaired: what is registered is what is written.
 */
export function lintText(text: string, field: FieldPath, rule: TextRule): LintFinding | undefined {
  if (text === '') return refusal('FIELD_EMPTY', field);
  // Bounded before anything walks it: a flood of combining marks costs time in normalisation.
  if (text.length > 4 * rule.charactersMost)
    return refusal('TEXT_TOO_LONG', field, `${text.length} code units, at most ${rule.charactersMost} characters`);
  const composed = text.normalize('NFC');
  if (composed !== text) return refusal('TEXT_NOT_NFC', field, `position ${firstDifference(text, composed) + 1}`);

  let position = 0;
  for (const character of text) {
    position += 1;
    if (!rule.allows(character)) {
      const meant = LOOKALIKES.get(character);
      const detail = `${codePoint(character)} at position ${position}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
      return refusal('CHAR_NOT_ALLOWED', field, detail);
    }
  }
  if (text.trim() === '') return refusal('FIELD_EMPTY', field, 'only spaces');
  if (text.startsWith(' ') || text.endsWith(' ') || text.includes('  ')) return refusal('TEXT_WHITESPACE', field);
  if (position > rule.charactersMost) {
    return refusal(
      'TEXT_TOO_LONG',
      field,
      `${position} characters, ${Buffer.byteLength(text, 'utf8')} bytes; at most ${rule.charactersMost} characters`,
    );
  }
  return undefined;
}

function isLetter(character: string, furtherLetters: Readonly<Record<string, string>>): boolean {
  return /^[A-Za-z]$/.test(character) || VIETNAMESE_LETTERS.has(character) || Object.hasOwn(furtherLetters, character);
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
