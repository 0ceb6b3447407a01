import QRCode from 'qrcode';
import { CardFaceError } from './card-face-error.ts';
import { FACE, PLACES } from './layout.ts';

/** ISO/IEC 18004 §6.3.8: four light modules on every side. */
const QUIET_ZONE = 4;

/** Three pixels of 300 dpi a module where the symbol allows it; never less than this, or a plain phone camera loses it. */
const MODULE_MIN_MM = 0.22;

interface Matrix {
  readonly size: number;
  isDark(row: number, column: number): boolean;
}

/** Error correction M, UTF-8 bytes, the smallest version that holds them; null when version 40 does not. */
function matrixOf(text: string): Matrix | null {
  try {
    const { modules } = QRCode.create([{ data: Buffer.from(text, 'utf8'), mode: 'byte' }], { errorCorrectionLevel: 'M' });
    return { size: modules.size, isDark: (row, column) => modules.get(row, column) === 1 };
  } catch {
    return null;
  }
}

/** Whether the symbol of a text can be printed in its field, in millimetres with the quiet zone; what no version holds needs infinitely many. */
export function qrFit(text: string): { readonly neededMm: number; readonly limitMm: number } {
  return fitOf(matrixOf(text));
}

function fitOf(matrix: Matrix | null): { neededMm: number; limitMm: number } {
  const neededMm = matrix === null ? Infinity : Math.round((matrix.size + 2 * QUIET_ZONE) * MODULE_MIN_MM * 100) / 100;
  return { neededMm, limitMm: PLACES.qr.width };
}

/**
 * The QR code as SVG in card millimetres: a white field and one path of dark modules, on whole pixels of 300 dpi so that no module is grey.
 * @throws CardFaceError FACE_QR_TOO_LONG with the millimetres needed and there
 */
export function qrSvg(text: string): string {
  const matrix = matrixOf(text);
  const { neededMm, limitMm } = fitOf(matrix);
  if (matrix === null || neededMm > limitMm) {
    throw new CardFaceError('FACE_QR_TOO_LONG', { where: 'qr', detail: `${neededMm} mm needed, ${limitMm} mm there` });
  }
  const { x, y, width, height } = PLACES.qr;
  const [left, top, side] = [px(x), px(y), px(width)];
  // Whole pixels a module where they fit; the largest symbols share the field out and round each edge.
  const share = side / (matrix.size + 2 * QUIET_ZONE);
  const modulePx = share >= 3 ? Math.floor(share) : share;
  const inset = Math.round((side - matrix.size * modulePx) / 2);
  let path = '';
  for (let row = 0; row < matrix.size; row += 1) {
    const [y0, y1] = [Math.round(row * modulePx), Math.round((row + 1) * modulePx)];
    for (let column = 0; column < matrix.size; column += 1) {
      if (!matrix.isDark(row, column)) continue;
      let end = column;
      while (end + 1 < matrix.size && matrix.isDark(row, end + 1)) end += 1;
      const [x0, x1] = [Math.round(column * modulePx), Math.round((end + 1) * modulePx)];
      path += `M${x0} ${y0}H${x1}V${y1}H${x0}z`;
      column = end;
    }
  }
  const scale = 1 / FACE.pxPerMm;
  return (
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="0.5" fill="#fff"/>` +
    `<path transform="scale(${scale}) translate(${left + inset} ${top + inset})" d="${path}" fill="#000" shape-rendering="crispEdges"/>`
  );
}

function px(mm: number): number {
  return Math.round(mm * FACE.pxPerMm);
}
