import sharp from 'sharp';
import type { CitizenRecord } from '#encoder/profiles';
import { BACKGROUND_DEFS, backgroundSvg } from './artwork/background.ts';
import { EMBLEM_DEFS, emblemSvg } from './artwork/emblem.ts';
import { chipPlateSvg, chipSymbolSvg, MARKS_DEFS, sealSvg, signatureSvg, specimenSvg } from './artwork/marks.ts';
import { CardFaceError } from './card-face-error.ts';
import { faceValues } from './face-values.ts';
import { setText } from './fit.ts';
import { type FaceFonts, type FacePaths, loadFonts, SVG_FONT } from './fonts.ts';
import { type Box, CAPTIONS, COLOUR, FACE, FIELDS, type FieldName, MRZ, PLACES, type Side } from './layout.ts';
import { qrSvg } from './qr-symbol.ts';
import { escapeXml, faceSvg, rasterise, short, textSvg } from './svg.ts';

export interface FacesInput {
  readonly record: CitizenRecord;
  readonly mrz: readonly [string, string, string];
  readonly qrText: string;
  /** Prints MẪU / SPECIMEN on both faces; QR, MRZ and texts stay pixel for pixel where they are. */
  readonly specimen: boolean;
}

export interface Faces {
  readonly front: Uint8Array;
  readonly back: Uint8Array;
}

/**
 * Draws both faces of a card as PNG, 1011 × 638 pixels at 300 dpi (`pHYs` says so). The same input gives the same pixels.
 * @throws CardFaceError FACE_TEXT_UNFIT (field, millimetres), FACE_QR_TOO_LONG, FACE_MRZ_FORM, FACE_IMAGE_UNREADABLE, FACE_FONT_MISSING
 */
export async function renderFaces(input: FacesInput, paths?: FacePaths): Promise<Faces> {
  const fonts = loadFonts(paths);
  const [front, back] = await Promise.all([frontSvg(input, fonts), backSvg(input, fonts)]);
  return {
    front: await printed('front', front, { fonts, specimen: input.specimen }),
    back: await printed('back', back, { fonts, specimen: input.specimen }),
  };
}

async function frontSvg({ record, qrText }: FacesInput, fonts: FaceFonts): Promise<string> {
  const photo = await imageSvg(record.portrait, PLACES.photo, 'portrait');
  return photo + fieldsSvg('front', record, fonts) + qrSvg(qrText);
}

async function backSvg({ record, mrz }: FacesInput, fonts: FaceFonts): Promise<string> {
  const left = await imageSvg(record.leftIndexFinger, PLACES.leftFinger, 'leftIndexFinger');
  const right = await imageSvg(record.rightIndexFinger, PLACES.rightFinger, 'rightIndexFinger');
  return left + right + fieldsSvg('back', record, fonts) + mrzSvg(mrz);
}

function fieldsSvg(side: Side, record: CitizenRecord, fonts: FaceFonts): string {
  const values = faceValues(record);
  return (Object.keys(FIELDS) as FieldName[])
    .filter((name) => FIELDS[name].side === side)
    .map((name) => {
      const field = FIELDS[name];
      const set = setText(values[name], field, fonts);
      if ('reason' in set) {
        const detail = set.codePoint ?? `${set.measuredMm} mm needed, ${set.limitMm} mm there`;
        throw new CardFaceError('FACE_TEXT_UNFIT', { where: name, detail });
      }
      const { size, pitch, raise = 0 } = set.step;
      const anchor = field.anchor ?? 'start';
      return set.lines
        .map((line, i) =>
          textSvg(line, { x: field.x, y: field.y - raise + i * pitch, size, font: field.font, colour: COLOUR.data, anchor }),
        )
        .join('');
    })
    .join('');
}

/** The three MRZ lines in OCR-B, every character placed on its own so that the pitch is exact. */
export function mrzSvg(mrz: readonly string[]): string {
  if (mrz.length !== MRZ.lines || mrz.some((line) => !/^[A-Z0-9<]{30}$/.test(line))) throw new CardFaceError('FACE_MRZ_FORM');
  return mrz.map((line, i) => ocrLineSvg(line, { x: MRZ.xMm, y: MRZ.yMm + i * MRZ.linePitchMm })).join('');
}

/** One line of OCR-B at the size and pitch of the MRZ; the reader's templates are drawn by it as well. */
export function ocrLineSvg(line: string, at: { x: number; y: number }): string {
  const places = Array.from(line, (_, i) => short(at.x + i * MRZ.pitchMm)).join(' ');
  return `<text x="${places}" y="${short(at.y)}" font-size="${MRZ.emMm}" fill="#000" ${SVG_FONT.ocrB}>${escapeXml(line)}</text>`;
}

/** Images from an order are decoded here, once, within limits, and only their pixels reach the drawing. */
async function imageSvg(image: Uint8Array, box: Box, where: string): Promise<string> {
  const [width, height] = [Math.round(box.width * FACE.pxPerMm), Math.round(box.height * FACE.pxPerMm)];
  try {
    const png = await sharp(image, { limitInputPixels: 4_000_000, failOn: 'warning' })
      .resize(width, height, { fit: 'cover' })
      .flatten({ background: '#fff' })
      .png({ compressionLevel: 1 })
      .toBuffer();
    const { x, y } = box;
    return (
      `<image x="${x}" y="${y}" width="${box.width}" height="${box.height}" preserveAspectRatio="none" href="data:image/png;base64,${png.toString('base64')}"/>` +
      `<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" fill="none" stroke="#7f97b5" stroke-width="0.12"/>`
    );
  } catch (cause) {
    throw new CardFaceError('FACE_IMAGE_UNREADABLE', { where, cause });
  }
}

const grounds = new Map<string, Promise<Uint8Array>>();

/** What is the same on every card is drawn once per process: background, captions, emblem, seal, contact plate. */
export function ground(side: Side, specimen: boolean, fonts: FaceFonts): Promise<Uint8Array> {
  const key = JSON.stringify([side, specimen, fonts.files]);
  let pixels = grounds.get(key);
  if (pixels === undefined) {
    pixels = rasterise(groundSvg(side, specimen, fonts), fonts.files);
    grounds.set(key, pixels);
  }
  return pixels;
}

function groundSvg(side: Side, specimen: boolean, fonts: FaceFonts): string {
  const captions = CAPTIONS.filter((caption) => caption.side === side)
    .map((caption) => textSvg(caption.text, { ...caption, font: caption.font ?? 'regular', colour: caption.colour ?? COLOUR.caption }))
    .join('');
  const artwork = side === 'front' ? emblemSvg(PLACES.emblem) + chipSymbolSvg() + mottoRule() : chipPlateSvg() + sealSvg() + signatureSvg();
  return faceSvg(
    `<defs>${BACKGROUND_DEFS}${EMBLEM_DEFS}${MARKS_DEFS}</defs>${backgroundSvg(side)}` +
      `${specimen ? specimenSvg(side, fonts) : ''}${artwork}${captions}`,
  );
}

/** The line under "Độc lập - Tự do - Hạnh phúc". */
function mottoRule(): string {
  return `<path d="M38.2 7.95H52.6" stroke="${COLOUR.caption}" stroke-width="0.12"/>`;
}

async function printed(side: Side, svg: string, use: { fonts: FaceFonts; specimen: boolean }): Promise<Uint8Array> {
  const [under, over] = await Promise.all([ground(side, use.specimen, use.fonts), rasterise(faceSvg(svg), use.fonts.files)]);
  const rgb = new Uint8Array(FACE.widthPx * FACE.heightPx * 3);
  for (let from = 0, to = 0; from < over.length; from += 4, to += 3) {
    const rest = 255 - (over[from + 3] ?? 0);
    for (let channel = 0; channel < 3; channel += 1) {
      const below = under[from + channel] ?? 0;
      rgb[to + channel] = rest === 255 ? below : Math.min(255, (over[from + channel] ?? 0) + Math.round((below * rest) / 255));
    }
  }
  const png = await sharp(rgb, { raw: { width: FACE.widthPx, height: FACE.heightPx, channels: 3 } })
    .withDensity(FACE.dpi)
    .png({ compressionLevel: 6 })
    .toBuffer();
  return new Uint8Array(png.buffer, png.byteOffset, png.byteLength);
}
