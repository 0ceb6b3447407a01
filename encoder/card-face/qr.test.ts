import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseQrText, type QrFields, qrText } from './qr.ts';
import { SPECIMEN_QR, specimenRecord } from './specimen.fixture.ts';

describe('QR text of the 2021 card (facts/vietnam.md §4.1)', () => {
  test('the published synthetic example, both ways', async () => {
    const record = await specimenRecord();
    expect(qrText(record)).toBe(SPECIMEN_QR);
    expect(parseQrText(SPECIMEN_QR)).toEqual({
      personalNumber: '001190000123',
      oldIdentityNumber: '012345678',
      fullName: 'Nguyễn Thị Đào',
      dateOfBirth: '1990-02-15',
      sex: 'female',
      placeOfResidence: 'Số 1 Phố Mẫu, Phúc Xá, Ba Đình, Hà Nội',
      dateOfIssue: '2021-05-10',
    });
  });

  test('no old number leaves its field empty; one of 12 digits stays as registered', async () => {
    expect(qrText(await specimenRecord({ oldIdentityNumber: null }))).toContain('001190000123||Nguyễn Thị Đào|');
    expect(qrText(await specimenRecord({ oldIdentityNumber: '001190000999' }))).toContain('|001190000999|');
  });

  test.each([
    ['six fields', SPECIMEN_QR.slice(0, SPECIMEN_QR.lastIndexOf('|'))],
    ['a separator at the end', `${SPECIMEN_QR}|`],
    ['nothing', ''],
    ['11 digits', SPECIMEN_QR.slice(1)],
    ['other digits', SPECIMEN_QR.replace('001190000123', '٠٠١١٩٠٠٠٠١٢٣')],
    ['old number of 10 digits', SPECIMEN_QR.replace('|012345678|', '|0123456789|')],
    ['30 February', SPECIMEN_QR.replace('15021990', '30021990')],
    ['month 13', SPECIMEN_QR.replace('10052021', '10132021')],
    ['dashes in a date', SPECIMEN_QR.replace('15021990', '15-02-1990')],
    ['sex in another word', SPECIMEN_QR.replace('|Nữ|', '|nữ|')],
    ['empty name', SPECIMEN_QR.replace('Nguyễn Thị Đào', '')],
    ['decomposed name', SPECIMEN_QR.normalize('NFD')],
    ['line break', SPECIMEN_QR.replace('Thị ', 'Thị\n')],
    ['outer space', SPECIMEN_QR.replace('|Nguyễn', '| Nguyễn')],
  ])('refused: %s', (_, text) => {
    expect(() => parseQrText(text)).toThrow(expect.objectContaining({ code: 'FACE_QR_FIELDS' }));
  });

  test('a field that holds the separator cannot shift the others', async () => {
    const record = await specimenRecord({ placeOfResidence: 'Số 1|Phố Mẫu' });
    expect(() => qrText(record)).toThrow(expect.objectContaining({ code: 'FACE_QR_FIELDS' }));
  });

  test('an error names the field and not what stands in it', async () => {
    const record = await specimenRecord({ personalNumber: '00119000012X' });
    expect(() => qrText(record)).toThrow(/^FACE_QR_FIELDS: [^0-9]*\(qr\.personalNumber\)$/);
  });

  test('every record that is written is read back', () => {
    const date = fc
      .date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((day) => day.toISOString().slice(0, 10));
    const words = fc.stringMatching(/^[A-ZĐa-zđăâêôơưạảấầẩẫậắằẳẵặ][a-zđ ,./0-9-]{0,60}[a-zđ]$/u);
    const fields: fc.Arbitrary<QrFields> = fc.record({
      personalNumber: fc.stringMatching(/^\d{12}$/),
      oldIdentityNumber: fc.option(fc.stringMatching(/^\d{9}$/)),
      fullName: words,
      dateOfBirth: date,
      sex: fc.constantFrom('male', 'female'),
      placeOfResidence: words,
      dateOfIssue: date,
    });
    fc.assert(
      fc.property(fields, (record) => {
        expect(parseQrText(qrText(record))).toEqual(record);
      }),
    );
  });
});
