import { describe, expect, test } from 'vitest';
import { loadVectors } from '#test-vectors';
import { checkDigit, MrzError } from './index.ts';

describe('check digits, Doc 9303-3 §4.9 and Appendix A', () => {
  const examples = loadVectors('mrz').filter(({ id }) => id.startsWith('mrz.cd.'));

  test.each(examples.map((entry) => [entry.id, entry] as const))('%s', (_id, entry) => {
    expect(checkDigit(entry.text('inputText'))).toBe(entry.text('checkDigitText'));
  });

  test('all five printed examples are there', () => expect(examples).toHaveLength(5));

  test.each(['a', 'É', ' ', '*', '０'])('refuses the character %j with its position', (character) => {
    expect(() => checkDigit(`12${character}`)).toThrow(MrzError);
    expect(() => checkDigit(`12${character}`)).toThrow(/position 3/);
  });
});
