import { type FaceFonts, SVG_FONT } from '../fonts.ts';
import { measureText } from '../fit.ts';
import { COLOUR, PLACES, type Side } from '../layout.ts';
import { escapeXml, short } from '../svg.ts';
import { star } from './emblem.ts';

/** The symbol of a chip inside (Doc 9303-9 §2.3): a bar cut by a circle, between two outlines. */
export function chipSymbolSvg(): string {
  const { x, y, width, height } = PLACES.chipSymbol;
  return (
    `<g transform="translate(${x} ${y}) scale(${short(width / 10)} ${short(height / 6.4)})" fill="none" stroke="${COLOUR.caption}" stroke-width="0.85">` +
    '<path d="M0.43 0.43H9.57V2.75H6.95A2 2 0 0 0 3.05 2.75H0.43z"/><path d="M0.43 5.97H9.57V3.65H6.95A2 2 0 0 1 3.05 3.65H0.43z"/>' +
    '<circle cx="5" cy="3.2" r="1.05"/></g>'
  );
}

/** The gold contact plate: eight fields around an island, as on a dual-interface module. */
export function chipPlateSvg(): string {
  const { x, y, width, height } = PLACES.chipPlate;
  const [w, h] = [width, height];
  const lines =
    `M0 ${h * 0.27}H${w * 0.33}M0 ${h * 0.5}H${w * 0.33}M0 ${h * 0.73}H${w * 0.33}` +
    `M${w} ${h * 0.27}H${w * 0.67}M${w} ${h * 0.5}H${w * 0.67}M${w} ${h * 0.73}H${w * 0.67}` +
    `M${w * 0.33} 0V${h * 0.2}Q${w * 0.33} ${h * 0.27} ${w * 0.38} ${h * 0.27}H${w * 0.62}Q${w * 0.67} ${h * 0.27} ${w * 0.67} ${h * 0.2}V0` +
    `M${w * 0.33} ${h}V${h * 0.8}Q${w * 0.33} ${h * 0.73} ${w * 0.38} ${h * 0.73}H${w * 0.62}Q${w * 0.67} ${h * 0.73} ${w * 0.67} ${h * 0.8}V${h}` +
    `M${w * 0.33} ${h * 0.27}V${h * 0.73}M${w * 0.67} ${h * 0.27}V${h * 0.73}`;
  return (
    `<g transform="translate(${x} ${y})"><rect x="0.12" y="0.16" width="${w}" height="${h}" rx="1.5" fill="#5b4a12" fill-opacity="0.28"/>` +
    `<rect width="${w}" height="${h}" rx="1.5" fill="url(#gold)" stroke="#9c7a1c" stroke-width="0.16"/>` +
    `<path d="${lines}" fill="none" stroke="#8a6a14" stroke-width="0.2"/>` +
    `<path d="${lines}" transform="translate(0.13 0.13)" fill="none" stroke="#fff3c0" stroke-width="0.08"/></g>`
  );
}

export const MARKS_DEFS =
  '<linearGradient id="gold" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#f9e7a0"/><stop offset="0.35" stop-color="#e2b94a"/>' +
  '<stop offset="0.55" stop-color="#f6df8e"/><stop offset="1" stop-color="#c8962c"/></linearGradient>';

/** A round seal that says it is one of a specimen: it imitates no authority's. */
export function sealSvg(): string {
  const { x, y, diameter } = PLACES.seal;
  const r = diameter / 2;
  const words = 'CARDMINT · MẪU · SPECIMEN · CON DẤU MẪU · ';
  const ring = r * 0.74;
  const letters = Array.from(words);
  const signs = letters
    .map(
      (letter, i) =>
        `<text transform="rotate(${short((360 * i) / letters.length)})" y="${short(-ring)}" text-anchor="middle">${escapeXml(letter)}</text>`,
    )
    .join('');
  return (
    `<g transform="translate(${x} ${y}) rotate(-8)" opacity="0.78"><g fill="none" stroke="#c4161c">` +
    `<circle r="${short(r * 0.97)}" stroke-width="0.26"/><circle r="${short(r * 0.9)}" stroke-width="0.1"/><circle r="${short(r * 0.64)}" stroke-width="0.12"/></g>` +
    `<path d="${star({ x: 0, y: 0, radius: r * 0.42 })}" fill="#c4161c"/>` +
    `<g font-size="0.7" fill="#c4161c" ${SVG_FONT.bold}>${signs}</g></g>`
  );
}

/** A signature drawn by hand of nobody. */
export function signatureSvg(): string {
  const { x, y, width, height } = PLACES.signature;
  return (
    `<g transform="translate(${x} ${y}) scale(${short(width / 150)} ${short(height / 60)})" fill="none" stroke="#1c2f8f" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round">` +
    '<path d="M6 44C16 20 25 5 29 9C34 15 19 42 22 48C26 53 38 22 42 24C46 27 38 44 42 46C47 48 52 31 57 32C61 33 55 45 60 45C67 45 68 30 75 31C79 32 74 44 79 44C88 44 84 16 93 8C98 5 97 17 91 31C88 40 87 47 92 46C99 44 104 30 110 32C114 34 108 43 114 43C122 43 130 33 145 29"/>' +
    '<path d="M14 53C52 47 98 50 138 40C120 48 96 55 70 57"/></g>'
  );
}

/** Says on every face of a demo card that it is none: a pale mark under the data and a plain one beside it. */
export function specimenSvg(side: Side, fonts: FaceFonts): string {
  const [mark, tag] = [PLACES.specimenMark[side], PLACES.specimenTag[side]];
  const words = 'MẪU / SPECIMEN';
  const size = side === 'front' ? 6 : 5;
  const { widthMm } = measureText(words, { font: 'bold', size: 1.9, fonts });
  return (
    `<g transform="translate(${mark.x} ${mark.y}) rotate(${side === 'front' ? -17 : -9})" text-anchor="middle" ${SVG_FONT.bold} font-size="${size}">` +
    `<text fill="${COLOUR.specimen}" fill-opacity="0.13" stroke="${COLOUR.specimen}" stroke-opacity="0.28" stroke-width="0.1">${words}</text></g>` +
    `<g transform="translate(${tag.x} ${tag.y})"><rect x="${short(-widthMm / 2 - 0.8)}" y="-2.05" width="${short(widthMm + 1.6)}" height="2.8" rx="0.5" fill="none" stroke="${COLOUR.specimen}" stroke-width="0.18"/>` +
    `<text transform="scale(0.86 1)" text-anchor="middle" font-size="1.9" fill="${COLOUR.specimen}" style="font-kerning:none" ${SVG_FONT.bold}>${words}</text></g>`
  );
}
