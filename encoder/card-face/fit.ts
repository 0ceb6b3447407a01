import { type FacePaths, type FontName, type FaceFonts, loadFonts } from './fonts.ts';
import { CONDENSED, FIELDS, type Field, type FieldName, type SetStep } from './layout.ts';
import { type FaceRecord, faceValues } from './face-values.ts';
import { qrText } from './qr.ts';
import { qrFit } from './qr-symbol.ts';

/** Why a record cannot be printed. Names the field and lengths in millimetres, never the text. */
export interface FitRefusal {
  readonly field: FieldName | 'qr';
  /** `glyph`: the font has no sign for a character (then `codePoint` names it); `width`: too long; `form`: a QR field breaks its form. */
  readonly reason: 'width' | 'glyph' | 'form';
  readonly measuredMm: number;
  readonly limitMm: number;
  readonly codePoint?: string;
}

/** A text as it is going to be set: its lines and the step that was chosen. */
export interface SetText {
  readonly lines: readonly string[];
  readonly step: SetStep;
}

/**
 * Tries every printed text of a record in its field, without drawing: what comes back empty is going to fit.
 * @returns refusals in the order of the layout table; `measuredMm` is the text's length at its smallest size, `limitMm` the room of all lines
 * @throws CardFaceError FACE_FONT_MISSING
 */
export function fitFaces(record: FaceRecord, paths?: FacePaths): readonly FitRefusal[] {
  const fonts = loadFonts(paths);
  const values = faceValues(record);
  const refusals: FitRefusal[] = [];
  for (const name of Object.keys(FIELDS) as FieldName[]) {
    const set = setText(values[name], FIELDS[name], fonts);
    if ('reason' in set) refusals.push({ field: name, ...set });
  }
  const qr = fitQr(record);
  if (qr !== null) refusals.push({ field: 'qr', ...qr });
  return refusals;
}

/** Width of one line in millimetres as it is printed, or the first code point that the font does not have. */
export function measureText(
  text: string,
  set: { readonly font: FontName; readonly size: number; readonly fonts: FaceFonts },
): { readonly widthMm: number; readonly missing: number | null } {
  let em = 0;
  let missing: number | null = null;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    const advance = set.fonts[set.font].advance(codePoint);
    if (advance === null) missing ??= codePoint;
    em += advance ?? 1;
  }
  return { widthMm: em * set.size * CONDENSED, missing };
}

/** The first step of the field in which the text fits, or why none does. */
export function setText(text: string, field: Field, fonts: FaceFonts): SetText | Omit<FitRefusal, 'field'> {
  const smallest = field.steps.at(-1);
  if (smallest === undefined) throw new RangeError('a field has no step');
  const { widthMm, missing } = measureText(text, { font: field.font, size: smallest.size, fonts });
  const limitMm = smallest.lines * field.widthMm;
  const rounded = { measuredMm: Math.round(widthMm * 100) / 100, limitMm };
  if (missing !== null) {
    return { reason: 'glyph', ...rounded, codePoint: `U+${missing.toString(16).toUpperCase().padStart(4, '0')}` };
  }
  for (const step of field.steps) {
    const fits = (line: string): boolean => measureText(line, { font: field.font, size: step.size, fonts }).widthMm <= field.widthMm;
    // An address reads best broken at its commas; where that takes too many lines, at any space.
    for (const parts of [text.split(/(?<=,) /u), text.split(' ')]) {
      const lines = wrap(parts, fits);
      if (lines !== null && lines.length <= step.lines) return { lines, step };
    }
  }
  return { reason: 'width', ...rounded };
}

/** Breaks between parts only, as few lines as it takes; null when one part alone is too long. */
function wrap(parts: readonly string[], fits: (line: string) => boolean): readonly string[] | null {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line} ${part}`;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (line === '' || !fits(part)) return null;
    lines.push(line);
    line = part;
  }
  return [...lines, line];
}

function fitQr(record: FaceRecord): Omit<FitRefusal, 'field'> | null {
  let text: string;
  try {
    text = qrText(record);
  } catch {
    return { reason: 'form', measuredMm: 0, limitMm: 0 };
  }
  const { neededMm, limitMm } = qrFit(text);
  return neededMm <= limitMm ? null : { reason: 'width', measuredMm: neededMm, limitMm };
}
