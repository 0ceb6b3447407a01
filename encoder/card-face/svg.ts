import { renderAsync } from '@resvg/resvg-js';
import { CONDENSED, FACE } from './layout.ts';
import { type FontName, SVG_FONT } from './fonts.ts';

/** Text for an SVG: markup becomes references; what XML 1.0 §2.2 has no character for cannot be drawn and becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}');
}

/**
 * One line of text at its base line, set condensed as `measureText` measures it. Kerning is off, and by a style: resvg does not heed the
 * attribute of that name.
 */
export function textSvg(
  text: string,
  at: { x: number; y: number; size: number; font: FontName; colour: string; anchor?: 'start' | 'middle' },
): string {
  return (
    `<text transform="translate(${at.x} ${at.y}) scale(${CONDENSED} 1)" font-size="${at.size}" fill="${at.colour}" style="font-kerning:none" ` +
    `text-anchor="${at.anchor ?? 'start'}" xml:space="preserve" ${SVG_FONT[at.font]}>${escapeXml(text)}</text>`
  );
}

/** A whole face in card millimetres at 300 dpi. */
export function faceSvg(body: string, size: { widthPx: number; heightPx: number } = FACE): string {
  const box = `0 0 ${size.widthPx / FACE.pxPerMm} ${size.heightPx / FACE.pxPerMm}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.widthPx}" height="${size.heightPx}" viewBox="${box}">${body}</svg>`;
}

/** RGBA pixels with the colour multiplied by alpha, drawn with these font files and no others. */
export async function rasterise(svg: string, fontFiles: readonly string[]): Promise<Uint8Array> {
  const image = await renderAsync(svg, {
    font: { loadSystemFonts: false, fontFiles: [...fontFiles], defaultFontFamily: 'DejaVu Sans' },
    shapeRendering: 2,
    textRendering: 2,
    logLevel: 'off',
  });
  return image.pixels;
}

/** A number short enough for a path. */
export function short(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
