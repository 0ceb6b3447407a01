/**
 * Serials printed on blanks: `VN`, two digits of the year, a letter for the supplier's line, seven digits, and a check
 * character: `VN26A00000017`. The check character is that of ISO 7064 MOD 37-36 over the twelve characters before it, so that one
 * wrong character or two exchanged ones never read as another blank.
 */
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const FORM = /^VN[0-9]{2}[A-Z][0-9]{7}[0-9A-Z]$/;

/** `lot` is year and line, e.g. `26A`; `number` counts from 1. */
export function blankSerial(lot: string, number: number): string {
  if (!/^[0-9]{2}[A-Z]$/.test(lot) || !Number.isInteger(number) || number < 1 || number > 9_999_999) {
    throw new RangeError('a lot such as 26A and a number of at most seven digits are needed');
  }
  const body = `VN${lot}${String(number).padStart(7, '0')}`;
  return body + checkCharacter(body);
}

export function isBlankSerial(text: string): boolean {
  return FORM.test(text) && checkCharacter(text.slice(0, -1)) === text.slice(-1);
}

/** ISO 7064 §8 (hybrid systems), modulus 37 and 36. */
function checkCharacter(body: string): string {
  const size = ALPHABET.length;
  let product = size;
  for (const character of body) {
    const sum = (product + ALPHABET.indexOf(character)) % size || size;
    product = (sum * 2) % (size + 1);
  }
  return ALPHABET[(size + 1 - product) % size] ?? '';
}
