import type { Order } from '#production/orders';

/**
 * The machine-readable zone as the rules of the 2021 card say it (Doc 9303-5 §4.2; document number: the last nine digits of the
 * personal number, whose twelve digits stand in the optional data with a check digit of their own). Written from the rules and
 * not from the encoder, so that the two can be held against each other.
 */
export function mrzOfOrder(order: Order): readonly [string, string, string] {
  const { personalNumber, dateOfBirth, dateOfExpiry, sex, fullName } = order.citizen;
  const document = withDigit(personalNumber.slice(3));
  const number = `${personalNumber}<<`;
  const upper = `${document}${number}${digitOf(number)}`;
  const birth = withDigit(dateOfBirth.slice(2).replaceAll('-', ''));
  // A card without end carries this date.
  const expiry = withDigit((dateOfExpiry ?? '2099-12-31').slice(2).replaceAll('-', ''));
  const optional = '<'.repeat(11);
  const composite = digitOf(`${upper}${birth}${expiry}${optional}`);
  return [
    `IDVNM${upper}`,
    `${birth}${sex === 'male' ? 'M' : 'F'}${expiry}VNM${optional}${composite}`,
    mrzName(fullName).slice(0, 30).padEnd(30, '<'),
  ];
}

/** `Đỗ Thị Mai` → `DO<<THI<MAI`, not cut. */
export function mrzName(fullName: string): string {
  const [family = '', ...given] = withoutMarks(fullName).split(' ');
  return given.length === 0 ? family : `${family}<<${given.join('<')}`;
}

/** Capitals without diacritics. */
export function withoutMarks(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D').toUpperCase();
}

function withDigit(text: string): string {
  return `${text}${digitOf(text)}`;
}

/** Doc 9303-3 §4.9: weights 7, 3, 1; A is 10, the filler 0. */
function digitOf(text: string): string {
  const weights = [7, 3, 1];
  const values = text.split('').map((character) => (character === '<' ? 0 : Number.parseInt(character, 36)));
  return String(values.reduce((sum, value, i) => sum + value * (weights[i % 3] ?? 0), 0) % 10);
}
