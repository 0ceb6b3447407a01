import { describe, expect, test } from 'vitest';
import { Resvg } from '@resvg/resvg-js';
import { fitFaces, measureText, setText } from './fit.ts';
import { DEBIAN_FONTS, loadFonts } from './fonts.ts';
import { faceValues, NO_EXPIRY } from './face-values.ts';
import { readFontMetrics } from './font-metrics.ts';
import { CAPTIONS, FIELDS } from './layout.ts';
import { specimenRecord } from './specimen.fixture.ts';
import { faceSvg, textSvg } from './svg.ts';

const LETTERS = 'aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ';

describe('what fits is known before a blank is touched', () => {
  test('the specimen fits', async () => {
    expect(fitFaces(await specimenRecord())).toEqual([]);
    expect(fitFaces(await specimenRecord({ dateOfExpiry: null }))).toEqual([]);
  });

  test.each([
    ['a name of 30 wide capitals', { fullName: 'Nguyễn Hoàng Phương Mộng Mỹ Mơ' }],
    ['the longest name of the demo', { fullName: 'Công Tằng Tôn Nữ Nguyễn Phước Huyền Trân' }],
    ['one word', { fullName: 'Đóa' }],
    [
      'a residence of 100 characters',
      { placeOfResidence: 'Số 1234 Đường Nguyễn Thị Minh Khai, Tổ 12, Khu Phố 3, Phường Bến Thành, Thành phố Hồ Chí Minh' },
    ],
  ])('fits, smaller or on more lines: %s', async (_, changes) => {
    expect(fitFaces(await specimenRecord(changes))).toEqual([]);
  });

  test('a text that is too long comes back with its field and both lengths', async () => {
    const record = await specimenRecord({
      fullName: Array(14).fill('Nghiêng').join(' '),
      placeOfOrigin: Array(12).fill('Thượng').join(' '),
    });
    const refusals = fitFaces(record);
    expect(refusals.map(({ field, reason }) => `${field} ${reason}`)).toEqual(['fullName width', 'placeOfOrigin width']);
    for (const { measuredMm, limitMm } of refusals) expect(measuredMm).toBeGreaterThan(limitMm / 1.2);
  });

  test('one word longer than its line is not broken', async () => {
    expect(fitFaces(await specimenRecord({ personalMarks: 'x'.repeat(70) }))).toMatchObject([{ field: 'personalMarks', reason: 'width' }]);
  });

  test.each([
    ['a Chinese sign', '漢', 'U+6F22'],
    ['a control character', '\u0007', 'U+0007'],
    ['an astral sign', '𠀋', 'U+2000B'],
  ])('%s that no font has is named by its code point', async (_, sign, codePoint) => {
    expect(fitFaces(await specimenRecord({ personalMarks: `Sẹo ${sign}` }))).toMatchObject([
      { field: 'personalMarks', reason: 'glyph', codePoint },
    ]);
  });

  test('a residence that breaks the QR text is refused by name', async () => {
    expect(fitFaces(await specimenRecord({ placeOfResidence: 'Số 1|2 Phố Mẫu' }))).toMatchObject([{ field: 'qr', reason: 'form' }]);
  });

  test('a QR text that needs more than its 17.2 mm is refused', async () => {
    const refusals = fitFaces(await specimenRecord({ placeOfResidence: Array(80).fill('Thượng').join(' ') }));
    expect(refusals.find(({ field }) => field === 'qr')).toMatchObject({ reason: 'width', limitMm: 17.2 });
  });
});

describe('measuring', () => {
  test('every Vietnamese letter, small and capital, is in both faces', () => {
    const fonts = loadFonts();
    for (const text of [LETTERS, LETTERS.toLocaleUpperCase('vi')]) {
      expect(measureText(text, { font: 'regular', size: 2, fonts }).missing).toBeNull();
      expect(measureText(text, { font: 'bold', size: 2, fonts }).missing).toBeNull();
    }
  });

  test('what is measured is what is drawn', () => {
    const fonts = loadFonts();
    for (const font of ['regular', 'bold'] as const) {
      const text = `|${LETTERS.slice(0, 40).toLocaleUpperCase('vi')} AVATAR To, 0123456789|`;
      const svg = faceSvg(textSvg(text, { x: 1, y: 5, size: 1.5, font, colour: '#000' }));
      const drawn = new Resvg(svg, { font: { loadSystemFonts: false, fontFiles: [...fonts.files] } }).getBBox();
      const { widthMm } = measureText(text, { font, size: 1.5, fonts });
      expect(Math.abs((drawn?.width ?? 0) - widthMm)).toBeLessThan(0.35);
    }
  });

  test('every caption fits the room the layout gives it', () => {
    const fonts = loadFonts();
    for (const { text, size, widthMm, font = 'regular' } of CAPTIONS) {
      const measured = measureText(text, { font, size, fonts });
      expect(measured.missing).toBeNull();
      expect(measured.widthMm, text).toBeLessThanOrEqual(widthMm);
    }
  });

  test('lines are filled in order and no word is lost', () => {
    const set = setText(
      'một hai ba bốn năm sáu bảy tám chín mười mười một mười hai mười ba mười bốn',
      FIELDS.placeOfResidence,
      loadFonts(),
    );
    if ('reason' in set) throw new Error('does not fit');
    expect(set.lines.length).toBe(2);
    expect(set.lines.join(' ')).toBe('một hai ba bốn năm sáu bảy tám chín mười mười một mười hai mười ba mười bốn');
  });

  test('an address of two lines is broken at a comma where it can be', () => {
    const set = setText('Số 118 Phố Mẫu, Phường Sài Gòn, Thành phố Hồ Chí Minh, Việt Nam', FIELDS.placeOfResidence, loadFonts());
    expect(set).toMatchObject({ lines: ['Số 118 Phố Mẫu, Phường Sài Gòn,', 'Thành phố Hồ Chí Minh, Việt Nam'] });
  });

  test('the OCR-B font has the advance that the MRZ pitch is computed from', () => {
    expect(loadFonts().ocrB.advance(0x3c)).toBeCloseTo(0.723, 6);
  });
});

describe('fonts', () => {
  test('a missing file names its Debian package', () => {
    const paths = { ...DEBIAN_FONTS, ocrB: '/nowhere/OCRB.otf' };
    expect(() => loadFonts(paths)).toThrow(/^FACE_FONT_MISSING: .*\/nowhere\/OCRB\.otf.*fonts-ocr-b/);
    expect(() => loadFonts({ ...DEBIAN_FONTS, bold: '/nowhere/x.ttf' })).toThrow(/fonts-dejavu-core/);
  });

  test.each([
    ['an empty file', new Uint8Array()],
    ['zeros', new Uint8Array(4096)],
    ['text', new TextEncoder().encode('not a font at all, only a text that is long enough')],
  ])('%s is refused, not crashed on', (_, file) => {
    expect(() => readFontMetrics(file, 'x.ttf')).toThrow(expect.objectContaining({ code: 'FACE_FONT_UNREADABLE' }));
  });
});

describe('the words of the face', () => {
  test('capitals, dates and a card without expiry', async () => {
    const values = faceValues(await specimenRecord({ dateOfExpiry: null, fullName: 'Âu Dương Thỵ Kđăm' }));
    expect(values).toMatchObject({
      fullName: 'ÂU DƯƠNG THỴ KĐĂM',
      dateOfBirth: '15/02/1990',
      sex: 'Nữ',
      nationality: 'Việt Nam',
      dateOfExpiry: NO_EXPIRY,
    });
    expect(NO_EXPIRY).toBe('Không thời hạn');
  });
});
