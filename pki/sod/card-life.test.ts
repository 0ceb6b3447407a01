import { describe, expect, test } from 'vitest';
import { utf8 } from '#encoder/bytes';
import { dg12, dg13 } from '#encoder/lds';
import { tlv } from '#encoder/tlv';
import { EF_COM, specimenFiles } from '#pki/testing';
import { lastDayOf } from './card-life.ts';
import { documentSigner } from './document-signer.ts';
import { prepareSod } from './issue.ts';
import { ecKey, ISSUED_AT, throwAwayPki } from './throw-away.fixture.ts';

/** DG1 of so many characters with this date of expiry where the form has it; everything else is filler. */
const dg1With = (characters: 90 | 72 | 88, expiry: string, documentCode = 'ID'): Uint8Array => {
  const at = { 90: 38, 72: 57, 88: 65 }[characters];
  const text = `${documentCode.padEnd(at, '<')}${expiry}`.padEnd(characters, '<');
  return tlv(0x61, tlv(0x5f1f, utf8(text)));
};
const day = (files: readonly (readonly [number, Uint8Array])[], technicalLifeYears?: number): string | undefined =>
  lastDayOf(new Map(files), { at: ISSUED_AT, technicalLifeYears })?.toISOString().slice(0, 10);

const issued = (date: string): Uint8Array =>
  dg12.encode({ elements: [{ name: 'dateOfIssue', kind: 'digits', digits: date, coding: 'ascii' }] });
const vietnamese = (date: string): Uint8Array =>
  dg13.encode({ version: 1, fields: [{ index: 11, content: { kind: 'printable', text: date } }] });

describe('how long a card must verify', () => {
  test.each([
    ['TD1', 90],
    ['TD2', 72],
    ['TD3', 88],
  ] as const)('%s: the date of expiry in DG1', (_form, characters) => {
    expect(day([[1, dg1With(characters, '310228')]])).toBe('2031-02-28');
  });

  test('two digits of a year: twenty years back, then on', () => {
    expect(day([[1, dg1With(90, '060101')]])).toBe('2006-01-01');
    expect(day([[1, dg1With(90, '050101')]])).toBe('2105-01-01');
    expect(day([[1, dg1With(90, '881231')]])).toBe('2088-12-31');
  });

  test.each(['<<<<<<', '991231'])('%s is no expiry: technical life after the day of issue', (none) => {
    const dg1 = dg1With(90, none);
    expect(day([[1, dg1]])).toBe('2051-11-21');
    expect(day([[1, dg1]], 10)).toBe('2036-11-21');
    expect(
      day([
        [1, dg1],
        [13, vietnamese('10/05/2021')],
      ]),
    ).toBe('2046-05-10');
    expect(
      day([
        [1, dg1],
        [12, issued('20210511')],
        [13, vietnamese('10/05/2021')],
      ]),
    ).toBe('2046-05-11');
    expect(
      day([
        [1, dg1],
        [13, utf8('something else')],
      ]),
    ).toBe('2051-11-21');
  });

  test.each(['310229', '311301', '31<<<<', 'ABCDEF'])('%s is no date', (text) => {
    expect(day([[1, dg1With(90, text)]])).toBeUndefined();
  });
});

describe('Doc 9303-12 §4.1.2: the Document Signer outlives the card', () => {
  test('a card that runs out a day later than its signer is not signed; on the same day it is', async () => {
    const signer = documentSigner((await throwAwayPki(ecKey('P-256', 'sha256'))).documentSigner);
    expect(signer.certificate.validity.notAfter.toISOString()).toBe('2052-02-19T08:00:00.000Z');
    const prepare = (expiry: string, technicalLifeYears?: number) => () =>
      prepareSod({
        dataGroups: specimenFiles().set(1, dg1With(90, expiry)),
        efCom: EF_COM,
        signer,
        at: ISSUED_AT,
        ...(technicalLifeYears === undefined ? {} : { technicalLifeYears }),
      });
    expect(prepare('520219')).not.toThrow();
    expect(prepare('520220')).toThrow(expect.objectContaining({ code: 'SOD_LINT', detail: 'sod-signer-outlives-the-card' }));
    expect(prepare('991231')).not.toThrow();
    expect(prepare('991231', 26)).toThrow(expect.objectContaining({ code: 'SOD_LINT', detail: 'sod-signer-outlives-the-card' }));
    expect(prepare('310229')).toThrow(expect.objectContaining({ code: 'SOD_DATA_GROUP_INVALID', where: 'DG1/dateOfExpiry' }));
  });
});
