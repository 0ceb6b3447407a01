import type { FontName } from './fonts.ts';

/**
 * Where everything is on the two faces, in millimetres from the upper left corner of a card that is 85.60 × 53.98 mm (ID-1,
 * ISO/IEC 7810). What each face holds follows Circular 06/2021/TT-BCA; the exact places are ours.
 */
export type Side = 'front' | 'back';

/** 300 dpi: 1011 × 638 pixels hold the whole card, and the MRZ pitch of 2.54 mm is exactly 30 of them. */
export const FACE = Object.freeze({ widthPx: 1011, heightPx: 638, pxPerMm: 300 / 25.4, dpi: 300 });

export const COLOUR = Object.freeze({ caption: '#2c3183', title: '#c4161c', data: '#141414', specimen: '#c4161c' });

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A text that is the same on every card. `widthMm` is the room it has; a test measures every one. */
export interface Caption {
  readonly side: Side;
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly widthMm: number;
  readonly font?: FontName;
  readonly colour?: string;
  readonly anchor?: 'start' | 'middle';
}

/** One way to set a text: the first step in which it fits is used, so that long texts are set smaller before they are refused. */
export interface SetStep {
  readonly size: number;
  readonly lines: number;
  readonly pitch: number;
  /** Raises the first base line when several lines share the room of one. */
  readonly raise?: number;
}

/** A text that comes from the record. `y` is the base line of the first line. */
export interface Field {
  readonly side: Side;
  readonly x: number;
  readonly y: number;
  readonly widthMm: number;
  readonly font: FontName;
  readonly anchor?: 'start' | 'middle';
  readonly steps: readonly SetStep[];
}

/** DejaVu Sans is a wide face: every text is set at this share of its natural width. */
export const CONDENSED = 0.86;

export type FieldName =
  | 'personalNumber'
  | 'fullName'
  | 'dateOfBirth'
  | 'sex'
  | 'nationality'
  | 'placeOfOrigin'
  | 'placeOfResidence'
  | 'dateOfExpiry'
  | 'personalMarks'
  | 'dateOfIssue';

const one = (...sizes: readonly number[]): SetStep[] => sizes.map((size) => ({ size, lines: 1, pitch: 0 }));

export const FIELDS: Readonly<Record<FieldName, Field>> = Object.freeze({
  personalNumber: { side: 'front', x: 36.2, y: 24.2, widthMm: 27.5, font: 'bold', steps: one(3.6) },
  fullName: {
    side: 'front',
    x: 27.2,
    y: 31.1,
    widthMm: 56,
    font: 'bold',
    steps: [...one(3.15, 2.8, 2.5, 2.2), { size: 1.75, lines: 2, pitch: 2, raise: 1.3 }],
  },
  dateOfBirth: { side: 'front', x: 48.4, y: 34.9, widthMm: 30, font: 'regular', steps: one(2.65) },
  sex: { side: 'front', x: 39.8, y: 38.4, widthMm: 9, font: 'regular', steps: one(2.65) },
  nationality: { side: 'front', x: 69.6, y: 38.4, widthMm: 13.6, font: 'regular', steps: one(2.65, 2.3) },
  placeOfOrigin: { side: 'front', x: 27.2, y: 44.1, widthMm: 56, font: 'regular', steps: one(2.65, 2.4, 2.1, 1.85) },
  placeOfResidence: {
    side: 'front',
    x: 27.2,
    y: 49.5,
    widthMm: 56,
    font: 'regular',
    steps: [...one(2.65), { size: 2.4, lines: 2, pitch: 2.75, raise: 0.2 }, { size: 1.85, lines: 3, pitch: 2, raise: 0.75 }],
  },
  dateOfExpiry: { side: 'front', x: 14, y: 51.6, widthMm: 22, font: 'regular', anchor: 'middle', steps: one(2.4) },
  personalMarks: {
    side: 'back',
    x: 4.6,
    y: 7.4,
    widthMm: 48.5,
    font: 'regular',
    steps: [...one(2.4), { size: 2.1, lines: 2, pitch: 2.55, raise: 0.2 }, { size: 1.75, lines: 3, pitch: 1.95, raise: 0.6 }],
  },
  dateOfIssue: { side: 'back', x: 35.4, y: 13.5, widthMm: 15.4, font: 'regular', steps: one(2.3) },
});

export const PLACES = Object.freeze({
  /** Quốc huy, Ø 12 mm (Circular 06/2021). */
  emblem: { x: 14, y: 9.1, diameter: 12 },
  /** 20 × 30 mm (Circular 06/2021). */
  photo: { x: 4, y: 16.4, width: 20, height: 30 },
  qr: { x: 66.1, y: 2.5, width: 17.2, height: 17.2 },
  chipSymbol: { x: 26.6, y: 14, width: 5, height: 3.2 },
  /** The contacts stay where ISO/IEC 7816-2 puts them: C1 starts by x 10.25 y 19.23, C5 to C8 end by x 19.87 y 28.55. */
  chipPlate: { x: 9.1, y: 18, width: 12.2, height: 11.6 },
  leftFinger: { x: 56.2, y: 7.1, width: 12.4, height: 16.6 },
  rightFinger: { x: 70.8, y: 7.1, width: 12.4, height: 16.6 },
  seal: { x: 32, y: 26, diameter: 8.4 },
  signature: { x: 33.8, y: 22.1, width: 15.5, height: 6 },
  specimenTag: { front: { x: 74.7, y: 23.1 }, back: { x: 69.7, y: 28.1 } },
  specimenMark: { front: { x: 55.4, y: 38.6 }, back: { x: 30, y: 13 } },
});

/**
 * Doc 9303-5 §4.2.1.3 and figure 6 (TD1): the first character starts 5.0 ± 1.0 mm from the left edge, lines 4.0 mm apart in a zone of
 * 23.3 ± 1.0 mm at the lower edge. Doc 9303-3 §4.4: OCR-B size 1, one character each 2.54 mm. The origin is on whole pixels.
 */
export const MRZ = Object.freeze({
  lines: 3,
  columns: 30,
  pitchMm: 2.54,
  linePitchMm: 47 / FACE.pxPerMm,
  /** The advance of the OCR-B font is 0.723 em, so that this em gives the pitch of 10 characters an inch. */
  emMm: 2.54 / 0.723,
  xMm: 54 / FACE.pxPerMm,
  /** Base line of the upper line; the middle of its capitals is 0.35 em above. */
  yMm: 467 / FACE.pxPerMm,
  zoneTopMm: 30.7,
});

export const CAPTIONS: readonly Caption[] = Object.freeze<Caption[]>([
  head(4.9, 'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM', 1.92, 'bold'),
  head(7.4, 'Độc lập - Tự do - Hạnh phúc', 1.95, 'bold'),
  head(9.75, 'SOCIALIST REPUBLIC OF VIET NAM', 1.62, 'regular'),
  head(11.75, 'Independence - Freedom - Happiness', 1.62, 'regular'),
  {
    side: 'front',
    text: 'CĂN CƯỚC CÔNG DÂN',
    x: 48.9,
    y: 16.75,
    size: 2.95,
    widthMm: 33.6,
    font: 'bold',
    colour: COLOUR.title,
    anchor: 'middle',
  },
  { side: 'front', text: 'Citizen Identity Card', x: 48.9, y: 19.7, size: 2.2, widthMm: 33, colour: COLOUR.title, anchor: 'middle' },
  label('front', 27.2, 24.1, 'Số / No.:', 8.6, 2.1),
  label('front', 27.2, 27.5, 'Họ và tên / Full name:', 40),
  label('front', 27.2, 34.8, 'Ngày sinh / Date of birth:', 20.8),
  label('front', 27.2, 38.3, 'Giới tính / Sex:', 12.2),
  label('front', 50.2, 38.3, 'Quốc tịch / Nationality:', 19),
  label('front', 27.2, 41.3, 'Quê quán / Place of origin:', 40),
  label('front', 27.2, 46.8, 'Nơi thường trú / Place of residence:', 50),
  {
    side: 'front',
    text: 'Có giá trị đến / Date of expiry:',
    x: 14,
    y: 48.7,
    size: 1.42,
    widthMm: 22,
    colour: COLOUR.caption,
    anchor: 'middle',
  },
  label('back', 4.6, 4.6, 'Đặc điểm nhận dạng / Personal identification:', 49),
  label('back', 4.6, 13.4, 'Ngày, tháng, năm / Date, month, year:', 30.5, 1.75),
  sign(16.5, 'CỤC TRƯỞNG CỤC CẢNH SÁT', 1.45, 'bold'),
  sign(18.4, 'QUẢN LÝ HÀNH CHÍNH VỀ TRẬT TỰ XÃ HỘI', 1.28, 'bold'),
  sign(19.9, 'DIRECTOR GENERAL OF THE POLICE DEPARTMENT FOR', 0.98, 'regular'),
  sign(21.2, 'ADMINISTRATIVE MANAGEMENT OF SOCIAL ORDER', 0.98, 'regular'),
  { side: 'back', text: 'Nguyễn Văn Mẫu', x: 39.4, y: 30.4, size: 1.75, widthMm: 26, font: 'bold', colour: COLOUR.data, anchor: 'middle' },
  finger(62.4, 4.4, 'Ngón trỏ trái'),
  finger(62.4, 6.3, 'Left index finger'),
  finger(77, 4.4, 'Ngón trỏ phải'),
  finger(77, 6.3, 'Right index finger'),
]);

function head(y: number, text: string, size: number, font: FontName): Caption {
  return { side: 'front', text, x: 45.4, y, size, widthMm: 39.4, font, colour: COLOUR.caption, anchor: 'middle' };
}

function label(side: Side, x: number, y: number, text: string, widthMm: number, size = 1.85): Caption {
  return { side, text, x, y, size, widthMm, colour: COLOUR.caption };
}

function sign(y: number, text: string, size: number, font: FontName): Caption {
  return { side: 'back', text, x: 38.8, y, size, widthMm: 33, font, colour: COLOUR.caption, anchor: 'middle' };
}

function finger(x: number, y: number, text: string): Caption {
  return { side: 'back', text, x, y, size: 1.6, widthMm: 14, colour: COLOUR.caption, anchor: 'middle' };
}
