import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { DEBIAN_FONTS } from './fonts.ts';
import { type Box, FACE, FIELDS, MRZ, PLACES } from './layout.ts';
import { mrzSvg, renderFaces } from './render.ts';
import { SPECIMEN_MRZ, SPECIMEN_QR, specimenRecord } from './specimen.fixture.ts';
import { escapeXml } from './svg.ts';

const input = async (changes = {}) => ({ record: await specimenRecord(changes), mrz: SPECIMEN_MRZ, qrText: SPECIMEN_QR, specimen: true });

async function pixels(png: Uint8Array, box?: Box): Promise<Buffer> {
  const px = (mm: number): number => Math.round(mm * FACE.pxPerMm);
  const image = sharp(png);
  if (box !== undefined) image.extract({ left: px(box.x), top: px(box.y), width: px(box.width), height: px(box.height) });
  return image.raw().toBuffer();
}

const MRZ_BOX: Box = { x: 3, y: MRZ.yMm - 4, width: 79, height: 15 };

describe('the faces as PNG', () => {
  test('1011 x 638 pixels, and pHYs says 300 dpi (11811 pixels a metre)', async () => {
    const { front, back } = await renderFaces(await input());
    for (const png of [front, back]) {
      expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 1011, height: 638, hasAlpha: false });
      const at = Buffer.from(png).indexOf('pHYs');
      const chunk = new DataView(png.buffer, png.byteOffset + at + 4, 9);
      expect([chunk.getUint32(0), chunk.getUint32(4), chunk.getUint8(8)]).toEqual([11811, 11811, 1]);
    }
  });

  test('the same input gives the same bytes', async () => {
    const [one, two] = [await renderFaces(await input()), await renderFaces(await input())];
    expect(Buffer.compare(one.front, two.front)).toBe(0);
    expect(Buffer.compare(one.back, two.back)).toBe(0);
  });

  test('MẪU / SPECIMEN is on both faces and moves no pixel of QR, photo or MRZ', async () => {
    const demo = await renderFaces(await input());
    const plain = await renderFaces({ ...(await input()), specimen: false });
    for (const side of ['front', 'back'] as const) {
      const [a, b] = [await pixels(demo[side]), await pixels(plain[side])];
      const changed = a.reduce((sum, value, i) => sum + (Math.abs(value - (b[i] ?? 0)) > 12 ? 1 : 0), 0);
      expect(changed).toBeGreaterThan(9000);
    }
    for (const box of [PLACES.qr, PLACES.photo])
      expect(Buffer.compare(await pixels(demo.front, box), await pixels(plain.front, box))).toBe(0);
    for (const box of [MRZ_BOX, PLACES.leftFinger, PLACES.rightFinger]) {
      expect(Buffer.compare(await pixels(demo.back, box), await pixels(plain.back, box))).toBe(0);
    }
  });

  test.each([
    ['personalNumber', { personalNumber: '001190000124' }, 'front'],
    ['fullName', { fullName: 'Nguyễn Thị Đảo' }, 'front'],
    ['sex', { sex: 'male' as const }, 'front'],
    ['placeOfOrigin', { placeOfOrigin: 'Phúc Xã, Ba Đình, Hà Nội' }, 'front'],
    ['placeOfResidence', { placeOfResidence: 'Số 2 Phố Mẫu' }, 'front'],
    ['dateOfExpiry', { dateOfExpiry: null }, 'front'],
    ['personalMarks', { personalMarks: 'Không' }, 'back'],
    ['dateOfIssue', { dateOfIssue: '2021-05-11' }, 'back'],
  ] as const)('%s of the record is on its face and not on the other', async (_, changes, side) => {
    const [before, after] = [await renderFaces(await input()), await renderFaces(await input(changes))];
    const other = side === 'front' ? 'back' : 'front';
    expect(Buffer.compare(before[side], after[side])).not.toBe(0);
    expect(Buffer.compare(before[other], after[other])).toBe(0);
  });

  test('markup in a text is printed, not obeyed', async () => {
    const { front } = await renderFaces(await input({ placeOfOrigin: `</text><image href="/etc/passwd"/>&amp;'"` }));
    const { front: plain } = await renderFaces(await input());
    const box = { x: 26, y: 41.8, width: 56, height: 3 };
    expect(Buffer.compare(await pixels(front, box), await pixels(plain, box))).not.toBe(0);
    expect(escapeXml(`<a b="c">&'\u0000\ud800`)).toBe('&#60;a b=&#34;c&#34;&#62;&#38;&#39;\ufffd\ufffd');
  });
});

describe('what cannot be printed is refused', () => {
  test('a text that does not fit, with field and millimetres and without the text', async () => {
    const call = renderFaces(await input({ placeOfOrigin: Array(20).fill('Thượng').join(' ') }));
    await expect(call).rejects.toThrow(/^FACE_TEXT_UNFIT: .*\(placeOfOrigin\): [\d.]+ mm needed, 56 mm there$/);
  });

  test.each([
    ['portrait', { portrait: new Uint8Array() }],
    ['portrait', { portrait: new Uint8Array(5000) }],
    ['leftIndexFinger', { leftIndexFinger: new TextEncoder().encode('<svg xmlns="x"/>') }],
  ])('an image that cannot be decoded: %s', async (where, changes) => {
    await expect(renderFaces(await input(changes))).rejects.toMatchObject({ code: 'FACE_IMAGE_UNREADABLE', where });
  });

  test('a portrait cut in half is not printed half', async () => {
    const { portrait } = await specimenRecord();
    const cut = { portrait: portrait.slice(0, portrait.length - 200) };
    await expect(renderFaces(await input(cut))).rejects.toMatchObject({ code: 'FACE_IMAGE_UNREADABLE' });
  });

  test.each([[['A', 'B', 'C']], [SPECIMEN_MRZ.slice(0, 2)], [SPECIMEN_MRZ.map((line) => line.toLowerCase())]])(
    'an MRZ of another form',
    (mrz) => {
      expect(() => mrzSvg(mrz)).toThrow(expect.objectContaining({ code: 'FACE_MRZ_FORM' }));
    },
  );

  test('a QR text too long for its field', async () => {
    await expect(renderFaces({ ...(await input()), qrText: 'x'.repeat(700) })).rejects.toMatchObject({ code: 'FACE_QR_TOO_LONG' });
    await expect(renderFaces({ ...(await input()), qrText: 'x'.repeat(5000) })).rejects.toMatchObject({ code: 'FACE_QR_TOO_LONG' });
  });

  test('a missing font', async () => {
    await expect(renderFaces(await input(), { ...DEBIAN_FONTS, regular: '/nowhere.ttf' })).rejects.toMatchObject({
      code: 'FACE_FONT_MISSING',
    });
  });
});

describe('the layout', () => {
  test('photo 20 x 30 mm and emblem of 12 mm (Circular 06/2021)', () => {
    expect(PLACES.photo).toMatchObject({ width: 20, height: 30 });
    expect(PLACES.emblem.diameter).toBe(12);
  });

  test('the contact plate covers the contacts where ISO/IEC 7816-2 has them, above the MRZ zone', () => {
    const { x, y, width, height } = PLACES.chipPlate;
    expect(x).toBeLessThanOrEqual(10.25);
    expect(y).toBeLessThanOrEqual(19.23);
    expect(x + width).toBeGreaterThanOrEqual(19.87);
    expect(y + height).toBeGreaterThanOrEqual(28.55);
    expect(y + height).toBeLessThan(MRZ.zoneTopMm);
  });

  test('MRZ: first character 5.0 ± 1.0 mm from the left, 30 of 2.54 mm on the card (Doc 9303-5 §4.2.1.3, 9303-3 §4.4)', () => {
    const firstInkMm = MRZ.xMm + 0.113 * MRZ.emMm;
    expect(Math.abs(firstInkMm - 5)).toBeLessThanOrEqual(1);
    expect(MRZ.pitchMm * FACE.pxPerMm).toBeCloseTo(30, 9);
    expect(MRZ.xMm + MRZ.columns * MRZ.pitchMm).toBeLessThan(85.6 - 3);
    expect(MRZ.linePitchMm).toBeCloseTo(4, 1);
  });

  test('every field stays on the card with its lowest line, clear of QR and photo', () => {
    for (const [name, { x, y, widthMm, anchor = 'start', steps, side }] of Object.entries(FIELDS)) {
      const left = anchor === 'middle' ? x - widthMm / 2 : x;
      expect(left, name).toBeGreaterThanOrEqual(2.5);
      expect(left + widthMm, name).toBeLessThanOrEqual(83.6);
      for (const { size, lines, pitch, raise = 0 } of steps) {
        const bottom = y - raise + (lines - 1) * pitch + size * 0.24;
        expect(bottom, name).toBeLessThan(side === 'front' ? 53.9 : MRZ.zoneTopMm);
      }
      if (side === 'front' && name !== 'dateOfExpiry') {
        expect(left, name).toBeGreaterThan(PLACES.photo.x + PLACES.photo.width);
        expect(y - 4, name).toBeGreaterThan(PLACES.qr.y + PLACES.qr.height);
      }
    }
  });
});
