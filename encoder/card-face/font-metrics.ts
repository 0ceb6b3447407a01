import { CardFaceError } from './card-face-error.ts';

/** What measuring a text needs from a font: the advance of each character, in units of the em. */
export interface FontMetrics {
  /** Advance width in em, or null when the font has no glyph for the code point. */
  advance(codePoint: number): number | null;
}

/**
 * Reads the metrics of a TrueType or OpenType font (OpenType 1.9: `head`, `hhea`, `hmtx`, and a Unicode `cmap` of format 4 or 12).
 * No kerning, ligature or mark positioning: the faces are drawn with kerning off, from NFC text, so that the sum of the
 * advances is the width that is printed. A font is installed by the operator, but a damaged file is still input.
 */
export function readFontMetrics(file: Uint8Array, path: string): FontMetrics {
  try {
    return parse(new DataView(file.buffer, file.byteOffset, file.byteLength));
  } catch (cause) {
    if (cause instanceof CardFaceError) throw cause;
    throw new CardFaceError('FACE_FONT_UNREADABLE', { where: path, cause });
  }
}

function parse(font: DataView): FontMetrics {
  const tables = tableDirectory(font);
  const unitsPerEm = font.getUint16(offsetOf(tables, 'head') + 18);
  const metricsCount = font.getUint16(offsetOf(tables, 'hhea') + 34);
  const hmtx = offsetOf(tables, 'hmtx');
  const glyphOf = characterMap(font, offsetOf(tables, 'cmap'));
  if (unitsPerEm === 0 || metricsCount === 0) throw new RangeError('empty head or hhea');
  return {
    advance(codePoint) {
      const glyph = glyphOf(codePoint);
      // Glyphs past the last full metric share its advance (OpenType `hmtx`).
      return glyph === 0 ? null : font.getUint16(hmtx + 4 * Math.min(glyph, metricsCount - 1)) / unitsPerEm;
    },
  };
}

function tableDirectory(font: DataView): ReadonlyMap<string, number> {
  const tables = new Map<string, number>();
  for (let i = 0; i < font.getUint16(4); i += 1) {
    const at = 12 + 16 * i;
    const tag = String.fromCharCode(font.getUint8(at), font.getUint8(at + 1), font.getUint8(at + 2), font.getUint8(at + 3));
    tables.set(tag, font.getUint32(at + 8));
  }
  return tables;
}

function offsetOf(tables: ReadonlyMap<string, number>, tag: string): number {
  const offset = tables.get(tag);
  if (offset === undefined) throw new RangeError(`no ${tag} table`);
  return offset;
}

/** Prefers format 12 (all planes) to format 4 (the basic plane, which holds all Vietnamese letters). */
function characterMap(font: DataView, cmap: number): (codePoint: number) => number {
  const subtables = new Map<number, number>();
  for (let i = 0; i < font.getUint16(cmap + 2); i += 1) {
    const record = cmap + 4 + 8 * i;
    const [platform, encoding] = [font.getUint16(record), font.getUint16(record + 2)];
    const unicode = platform === 0 || (platform === 3 && (encoding === 1 || encoding === 10));
    const at = cmap + font.getUint32(record + 4);
    if (unicode) subtables.set(font.getUint16(at), at);
  }
  const [full, basic] = [subtables.get(12), subtables.get(4)];
  if (full !== undefined) return (codePoint) => glyphFormat12(font, full, codePoint);
  if (basic !== undefined) return (codePoint) => glyphFormat4(font, basic, codePoint);
  throw new RangeError('no Unicode cmap of format 4 or 12');
}

function glyphFormat12(font: DataView, at: number, codePoint: number): number {
  let [low, high] = [0, font.getUint32(at + 12) - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const group = at + 16 + 12 * middle;
    if (codePoint < font.getUint32(group)) high = middle - 1;
    else if (codePoint > font.getUint32(group + 4)) low = middle + 1;
    else return font.getUint32(group + 8) + codePoint - font.getUint32(group);
  }
  return 0;
}

function glyphFormat4(font: DataView, at: number, codePoint: number): number {
  if (codePoint > 0xffff) return 0;
  const size = font.getUint16(at + 6);
  const [ends, starts, deltas, ranges] = [at + 14, at + 16 + size, at + 16 + 2 * size, at + 16 + 3 * size];
  for (let i = 0; i < size; i += 2) {
    if (codePoint > font.getUint16(ends + i)) continue;
    const start = font.getUint16(starts + i);
    if (codePoint < start) return 0;
    const delta = font.getUint16(deltas + i);
    const range = font.getUint16(ranges + i);
    if (range === 0) return (codePoint + delta) & 0xffff;
    const glyph = font.getUint16(ranges + i + range + 2 * (codePoint - start));
    return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
  }
  return 0;
}
