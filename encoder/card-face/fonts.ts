import { readFileSync } from 'node:fs';
import { CardFaceError } from './card-face-error.ts';
import { type FontMetrics, readFontMetrics } from './font-metrics.ts';

export type FontName = 'regular' | 'bold' | 'ocrB';

/** One font file by its path; never a font found by the system, so that the same record prints the same on every host. */
export type FacePaths = Readonly<Record<FontName, string>>;

export const DEBIAN_FONTS: FacePaths = Object.freeze({
  regular: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  bold: '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf',
  ocrB: '/usr/share/fonts/opentype/ocr-b/OCRB.otf',
});

/** Where a missing file comes from, told to the operator. */
const DEBIAN_PACKAGE: Readonly<Record<FontName, string>> = { regular: 'fonts-dejavu-core', bold: 'fonts-dejavu-core', ocrB: 'fonts-ocr-b' };

/** The family names inside the files, by which the SVG asks for them. */
export const SVG_FONT: Readonly<Record<FontName, string>> = {
  regular: 'font-family="DejaVu Sans"',
  bold: 'font-family="DejaVu Sans" font-weight="700"',
  ocrB: 'font-family="OCR B"',
};

export type FaceFonts = Readonly<Record<FontName, FontMetrics>> & { readonly files: readonly string[] };

const loaded = new Map<string, FaceFonts>();

/**
 * The metrics of the three fonts, read once per process and set of paths.
 * @throws CardFaceError FACE_FONT_MISSING naming the Debian package, FACE_FONT_UNREADABLE
 */
export function loadFonts(paths: FacePaths = DEBIAN_FONTS): FaceFonts {
  const key = JSON.stringify([paths.regular, paths.bold, paths.ocrB]);
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const fonts = Object.freeze({
    regular: load('regular', paths),
    bold: load('bold', paths),
    ocrB: load('ocrB', paths),
    files: Object.freeze([paths.regular, paths.bold, paths.ocrB]),
  });
  loaded.set(key, fonts);
  return fonts;
}

function load(name: FontName, paths: FacePaths): FontMetrics {
  let file: Uint8Array;
  try {
    file = readFileSync(paths[name]);
  } catch (cause) {
    throw new CardFaceError('FACE_FONT_MISSING', { where: paths[name], detail: `Debian package ${DEBIAN_PACKAGE[name]}`, cause });
  }
  return readFontMetrics(file, paths[name]);
}
