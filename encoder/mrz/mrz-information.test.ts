import { expect, test } from 'vitest';
import { vector } from '#test-vectors';
import { mrzInformation, mrzInformationTd1, mrzInformationTd2, mrzInformationTd3 } from './index.ts';

test.each([
  ['TD1', 'mrz.td1.ericsson', mrzInformationTd1],
  ['TD2', 'mrz.td2.ericsson', mrzInformationTd2],
  ['TD3', 'mrz.td3.ericsson', mrzInformationTd3],
])('Doc 9303-11 §4.3.2: the lines themselves tell that they are those of %s', (_name, id, expected) => {
  const lines = vector('mrz', id).texts('linesText');
  expect(mrzInformation(lines)).toBe(expected(lines));
});

test.each([
  ['nothing', []],
  ['one line', ['A'.repeat(90)]],
  ['two lines of TD1', ['A'.repeat(30), 'A'.repeat(30)]],
])('%s is the zone of no document', (_what, lines) => {
  expect(() => mrzInformation(lines)).toThrow(expect.objectContaining({ code: 'MRZ_LENGTH' }) as Error);
});

test('two lines of different widths are refused by the width of the first', () => {
  expect(() => mrzInformation(['A'.repeat(36), 'A'.repeat(44)])).toThrow(
    expect.objectContaining({ code: 'MRZ_LENGTH_TWO_LINES' }) as Error,
  );
});
