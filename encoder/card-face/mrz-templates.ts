import { type FacePaths, loadFonts } from './fonts.ts';
import { FACE, MRZ } from './layout.ts';
import { ocrLineSvg } from './render.ts';
import { faceSvg, rasterise } from './svg.ts';

/** The characters an MRZ may hold: Doc 9303-3 §4.3, figure 4. */
export const MRZ_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<';

/** The cell of one character in pixels: the pitch wide, from above the tallest digit to below the base line. */
export const CELL = Object.freeze({ width: 30, height: 38, baseline: 34 });

export const CELL_PIXELS = CELL.width * CELL.height;

export interface Template {
  readonly character: string;
  /** Ink of the character in its cell, with mean 0 and length 1, so that a product with a cell is their correlation. */
  readonly shape: Float32Array;
}

export interface Templates {
  readonly all: readonly Template[];
  /** Mean ink of a cell by row and by column, for finding the lines. */
  readonly rows: Float32Array;
  readonly columns: Float32Array;
}

const made = new Map<string, Promise<Templates>>();

/** The alphabet drawn from the OCR-B font file at the size and resolution of the print, once per process. */
export function mrzTemplates(paths?: FacePaths): Promise<Templates> {
  const { files } = loadFonts(paths);
  const key = JSON.stringify(files);
  let templates = made.get(key);
  if (templates === undefined) {
    templates = drawTemplates(files);
    made.set(key, templates);
  }
  return templates;
}

async function drawTemplates(files: readonly string[]): Promise<Templates> {
  const widthPx = CELL.width * MRZ_ALPHABET.length;
  const line = ocrLineSvg(MRZ_ALPHABET, { x: 0, y: CELL.baseline / FACE.pxPerMm });
  const rgba = await rasterise(faceSvg(line, { widthPx, heightPx: CELL.height }), files);
  const rows = new Float32Array(CELL.height);
  const columns = new Float32Array(CELL.width);
  const all = Array.from(MRZ_ALPHABET, (character, i) => {
    const ink = new Float32Array(CELL_PIXELS);
    for (let y = 0; y < CELL.height; y += 1) {
      for (let x = 0; x < CELL.width; x += 1) {
        const alpha = (rgba[4 * (y * widthPx + i * CELL.width + x) + 3] ?? 0) / 255;
        ink[y * CELL.width + x] = alpha;
        rows[y] = (rows[y] ?? 0) + alpha;
        columns[x] = (columns[x] ?? 0) + alpha;
      }
    }
    return { character, shape: normalised(ink) };
  });
  return { all, rows, columns };
}

/** Mean 0 and length 1; a flat cell stays all zero. */
function normalised(ink: Float32Array): Float32Array {
  const mean = ink.reduce((sum, value) => sum + value, 0) / ink.length;
  const length = Math.sqrt(ink.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return length === 0 ? ink.fill(0) : ink.map((value) => (value - mean) / length);
}

/** Where line `line` of an MRZ in its place has its cell `column`: the upper left pixel. */
export function cellOrigin(line: number, column: number): { x: number; y: number } {
  return {
    x: Math.round(MRZ.xMm * FACE.pxPerMm) + column * CELL.width,
    y: Math.round((MRZ.yMm + line * MRZ.linePitchMm) * FACE.pxPerMm) - CELL.baseline,
  };
}
