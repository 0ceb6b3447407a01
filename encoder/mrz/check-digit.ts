import { MrzError } from './mrz-error.ts';

const WEIGHTS = [7, 3, 1] as const;
const DIGIT_0 = 0x30;
const LETTER_A = 0x41;

/**
 * The check digit of Doc 9303-3 §4.9: weights 7, 3, 1 repeated from the left, modulus 10; digits count as themselves,
 * A to Z as 10 to 35, the filler `<` as 0.
 */
export function checkDigit(text: string): string {
  let sum = 0;
  for (let at = 0; at < text.length; at += 1) {
    sum += characterValue(text, at) * (WEIGHTS[at % 3] ?? 0);
  }
  return String(sum % 10);
}

function characterValue(text: string, at: number): number {
  const character = text.charAt(at);
  if (character === '<') return 0;
  const code = text.charCodeAt(at);
  if (character >= '0' && character <= '9') return code - DIGIT_0;
  if (character >= 'A' && character <= 'Z') return code - LETTER_A + 10;
  throw new MrzError('MRZ_CHARACTER', { where: `position ${at + 1}` });
}
