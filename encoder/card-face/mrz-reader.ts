import { CardFaceError } from './card-face-error.ts';
import type { FacePaths } from './fonts.ts';
import { FACE, MRZ } from './layout.ts';
import { CELL, CELL_PIXELS, cellOrigin, mrzTemplates, type Template, type Templates } from './mrz-templates.ts';
import type { Picture } from './picture.ts';

export interface MrzReading {
  readonly lines: readonly [string, string, string];
  /** The lowest correlation of any character with its template: 1 is a perfect print. */
  readonly confidence: number;
}

/** How far out of place a print may be, in pixels of 300 dpi (2 mm). */
const SHIFT_MAX = 24;

/** A card whose lower part has less contrast than this between ground and darkest ink carries no MRZ. */
const CONTRAST_MIN = 40;

/**
 * A character counts as read when its cell correlates at least this well with one template, and clearly less with every other.
 * The nearest pair of the alphabet, drawn perfectly, differs by more than twice the margin; below either number nothing is returned.
 */
const SCORE_MIN = 0.85;
const MARGIN_MIN = 0.03;

/**
 * Reads three lines of 30 OCR-B characters from the lower part of the back, by correlation with templates of the font: first where the
 * lines are (ink projected on rows, then on columns), then each character. Every doubt is an error, never a guess.
 * @throws CardFaceError FACE_MRZ_NOT_FOUND, FACE_MRZ_UNREADABLE (line and column, both from 1)
 */
export async function readMrz(back: Picture, paths?: FacePaths): Promise<MrzReading> {
  const templates = await mrzTemplates(paths);
  const place = refine(back, templates, locate(back, templates));
  let confidence = 1;
  const read = (line: number): string => {
    let text = '';
    for (let column = 0; column < MRZ.columns; column += 1) {
      const { best, score, margin } = recognise(back, templates, { line, column, ...place });
      if (score < SCORE_MIN || margin < MARGIN_MIN) {
        const detail = `correlation ${score.toFixed(2)}, margin ${margin.toFixed(3)}`;
        throw new CardFaceError('FACE_MRZ_UNREADABLE', { where: `line ${line + 1} column ${column + 1}`, detail });
      }
      confidence = Math.min(confidence, score);
      text += best.character;
    }
    return text;
  };
  return { lines: [read(0), read(1), read(2)], confidence };
}

interface Shift {
  readonly dx: number;
  readonly dy: number;
}

/** The shift of the whole MRZ by projection: ink by row against the mean rows of the alphabet, then the same by column. */
function locate(back: Picture, templates: Templates): Shift {
  const ink = inkOf(back);
  const first = cellOrigin(0, 0);
  const last = cellOrigin(MRZ.lines - 1, MRZ.columns - 1);
  const byRow = new Float32Array(back.height);
  for (let y = first.y - SHIFT_MAX; y < last.y + CELL.height + SHIFT_MAX; y += 1) {
    for (let x = 0; x < back.width; x += 1) byRow[y] = (byRow[y] ?? 0) + (ink[y * back.width + x] ?? 0);
  }
  const rowModel = new Float32Array(last.y + CELL.height - first.y);
  for (let line = 0; line < MRZ.lines; line += 1) rowModel.set(templates.rows, cellOrigin(line, 0).y - first.y);
  const dy = bestShift(byRow, rowModel, first.y);

  const byColumn = new Float32Array(back.width);
  for (let line = 0; line < MRZ.lines; line += 1) {
    const top = cellOrigin(line, 0).y + dy;
    for (let y = top; y < top + CELL.height; y += 1) {
      for (let x = 0; x < back.width; x += 1) byColumn[x] = (byColumn[x] ?? 0) + (ink[y * back.width + x] ?? 0);
    }
  }
  const columnModel = new Float32Array(MRZ.columns * CELL.width);
  for (let column = 0; column < MRZ.columns; column += 1) columnModel.set(templates.columns, column * CELL.width);
  return { dx: bestShift(byColumn, columnModel, first.x), dy };
}

/** 1 where the lower part is darker than half way between its ground (the median) and its darkest hundredth. */
function inkOf(back: Picture): Uint8Array {
  const top = cellOrigin(0, 0).y - SHIFT_MAX;
  const bottom = cellOrigin(MRZ.lines - 1, 0).y + CELL.height + SHIFT_MAX;
  const zone = back.grey.subarray(top * back.width, bottom * back.width);
  const histogram = new Uint32Array(256);
  for (const value of zone) histogram[value] = (histogram[value] ?? 0) + 1;
  const [dark, groundLevel] = [percentile(histogram, zone.length * 0.01), percentile(histogram, zone.length * 0.5)];
  if (groundLevel - dark < CONTRAST_MIN) throw new CardFaceError('FACE_MRZ_NOT_FOUND', { where: 'back', detail: 'no ink' });
  const threshold = (groundLevel + dark) / 2;
  return back.grey.map((value) => (value < threshold ? 1 : 0));
}

function percentile(histogram: Uint32Array, count: number): number {
  let sum = 0;
  return Math.max(
    0,
    histogram.findIndex((n) => (sum += n) >= count),
  );
}

/** The shift within ±SHIFT_MAX at which the profile agrees best with the model; ink beside the model counts against it. */
function bestShift(profile: Float32Array, model: Float32Array, origin: number): number {
  const window = model.length + 2 * SHIFT_MAX;
  const mean = model.reduce((sum, value) => sum + value, 0) / window;
  let [best, bestSum] = [0, -Infinity];
  for (let shift = -SHIFT_MAX; shift <= SHIFT_MAX; shift += 1) {
    let sum = 0;
    for (let i = -SHIFT_MAX; i < model.length + SHIFT_MAX; i += 1) {
      sum += (profile[origin + shift + i] ?? 0) * ((model[i] ?? 0) - mean);
    }
    if (sum > bestSum) [best, bestSum] = [shift, sum];
  }
  return best;
}

/** Projection is right to a few pixels; correlation of a sample of cells settles it, and says whether there is text at all. */
function refine(back: Picture, templates: Templates, coarse: Shift): Shift {
  const agreement = ({ dx, dy }: Shift): number =>
    SAMPLE.reduce((sum, [line, column]) => {
      const cell = cellAt(back, { line, column, dx, dy });
      return cell === null ? sum : sum + Math.max(...templates.all.map((template) => correlation(cell, template.shape, 2)));
    }, 0) / SAMPLE.length;
  let near = bestOf(around(coarse, [-4, -2, 0, 2, 4]), agreement);
  // Text of one letter can draw the projection away from its place: the search follows while the agreement rises.
  for (let round = 0; round < 3; round += 1) {
    const further = bestOf(around(near.best, [-4, -2, 0, 2, 4]), agreement);
    if (further.score <= near.score) break;
    near = further;
  }
  const { best, score } = bestOf(around(near.best, [-1, 0, 1]), agreement);
  if (score < 0.5) throw new CardFaceError('FACE_MRZ_NOT_FOUND', { where: 'back', detail: 'no OCR-B text' });
  return best;
}

function around(centre: Shift, steps: readonly number[]): readonly Shift[] {
  return steps.flatMap((y) => steps.map((x) => ({ dx: centre.dx + x, dy: centre.dy + y })));
}

function bestOf(shifts: readonly Shift[], agreement: (shift: Shift) => number): { best: Shift; score: number } {
  let found = { best: { dx: 0, dy: 0 }, score: -Infinity };
  for (const best of shifts) {
    const score = agreement(best);
    if (score > found.score) found = { best, score };
  }
  return found;
}

const SAMPLE: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 8],
  [0, 17],
  [0, 29],
  [1, 3],
  [1, 12],
  [1, 29],
  [2, 0],
  [2, 4],
  [2, 9],
];

interface Recognition {
  readonly best: Template;
  readonly score: number;
  readonly margin: number;
}

/** Ranks all templates in place, then lets the three best try one pixel around it, so that a print that is not rigid still reads. */
function recognise(back: Picture, templates: Templates, at: Shift & { line: number; column: number }): Recognition {
  const cell = cellAt(back, at) ?? new Float32Array(CELL_PIXELS);
  const ranked = templates.all
    .map((template) => ({ best: template, score: correlation(cell, template.shape, 1) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ best, score }) => {
      let top = score;
      for (const [x, y] of AROUND) {
        const near = cellAt(back, { ...at, dx: at.dx + x, dy: at.dy + y });
        if (near !== null) top = Math.max(top, correlation(near, best.shape, 1));
      }
      return { best, score: top };
    })
    .sort((a, b) => b.score - a.score);
  const [first, second] = ranked;
  if (first === undefined || second === undefined) throw new RangeError('the alphabet is empty');
  return { ...first, margin: first.score - second.score };
}

const AROUND: readonly (readonly [number, number])[] = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
];

/** The ink of one cell with mean 0 and length 1, or null when it is flat or leaves the card. */
function cellAt(back: Picture, at: Shift & { line: number; column: number }): Float32Array | null {
  const origin = cellOrigin(at.line, at.column);
  const [left, top] = [origin.x + at.dx, origin.y + at.dy];
  if (left < 0 || top < 0 || left + CELL.width > FACE.widthPx || top + CELL.height > FACE.heightPx) return null;
  const cell = new Float32Array(CELL_PIXELS);
  let [sum, squares] = [0, 0];
  for (let y = 0, i = 0; y < CELL.height; y += 1) {
    const row = (top + y) * back.width + left;
    for (let x = 0; x < CELL.width; x += 1, i += 1) {
      const ink = 255 - (back.grey[row + x] ?? 255);
      cell[i] = ink;
      sum += ink;
      squares += ink * ink;
    }
  }
  const mean = sum / CELL_PIXELS;
  const length = Math.sqrt(Math.max(0, squares - sum * mean));
  // Under 8 levels of spread there is paper, not a character: normalising it would only amplify its noise.
  if (length < 8 * Math.sqrt(CELL_PIXELS)) return null;
  for (let i = 0; i < CELL_PIXELS; i += 1) cell[i] = ((cell[i] ?? 0) - mean) / length;
  return cell;
}

/** With `step` 2 every other pixel only, scaled alike: enough to find the place. */
function correlation(cell: Float32Array, shape: Float32Array, step: 1 | 2): number {
  let sum = 0;
  for (let i = 0; i < CELL_PIXELS; i += step) sum += (cell[i] ?? 0) * (shape[i] ?? 0);
  return sum * step;
}
