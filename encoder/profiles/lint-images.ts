import { DecodeError } from '#encoder/bytes';
import { PORTRAIT_BYTES_LEAST, readJpegHeader, readPngHeader } from '#encoder/lds';
import type { CitizenRecord } from './citizen-record.ts';
import { finding, refusal, type LintFinding } from './lint-finding.ts';
import type { CardProfile } from './profile-schema.ts';
import { isBelowAge } from './validity.ts';

type Finger = 'leftIndexFinger' | 'rightIndexFinger';
type Bounds = { readonly width: Range; readonly height: Range };
type Range = { readonly least: number; readonly most: number };

const BASELINE = 0xc0;
const PNG_GREY = 0;

/**
 * The portrait by its headers alone; nothing is decoded. It goes on the chip byte for byte, so whatever it carries beyond
 * the picture is refused here and stripped by nobody.
 */
export function lintPortrait(record: CitizenRecord, { portrait, validity }: CardProfile): readonly LintFinding[] {
  const field = 'portrait';
  const bytes = record.portrait;
  if (bytes.length === 0 && isBelowAge(validity, record, portrait.absentBelowAge)) return [];
  if (bytes.length > portrait.bytesMost) return [refusal('IMAGE_TOO_LARGE', field, `${bytes.length} bytes, at most ${portrait.bytesMost}`)];
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8 || bytes[2] !== 0xff) return [refusal('IMAGE_FORMAT', field, 'not a JPEG file')];
  if (bytes.length < PORTRAIT_BYTES_LEAST) return [refusal('IMAGE_TOO_SMALL', field, `${bytes.length} bytes`)];
  return reading(field, () => {
    const header = readJpegHeader(bytes, field);
    const findings: LintFinding[] = [];
    if (header.frame !== BASELINE)
      findings.push(refusal('IMAGE_PROFILE', field, `frame ${header.frame.toString(16).toUpperCase()}, not baseline`));
    if (header.bitsPerSample !== 8) findings.push(refusal('IMAGE_PROFILE', field, `${header.bitsPerSample} bits a sample`));
    if (!portrait.components.some((count) => count === header.components)) {
      findings.push(refusal('IMAGE_PROFILE', field, `${header.components} components`));
    }
    if (portrait.jfif && !header.jfif) findings.push(refusal('IMAGE_PROFILE', field, 'no JFIF header behind SOI (FF D8 FF E0)'));
    if (header.metadata.length > 0) findings.push(refusal('IMAGE_METADATA', field, header.metadata.join(', ')));
    return [...findings, ...dimensions(field, header, portrait)];
  });
}

/**
 * Where a finger image goes into DG3 it goes byte for byte, and what it carries beyond the picture is refused; where it is
 * only printed, that is worth a warning.
 */
export function lintFinger(record: CitizenRecord, field: Finger, { finger, validity, dg3 }: CardProfile): readonly LintFinding[] {
  const bytes = record[field];
  if (bytes.length === 0 && isBelowAge(validity, record, finger.absentBelowAge)) return [];
  if (bytes.length > finger.bytesMost) return [refusal('IMAGE_TOO_LARGE', field, `${bytes.length} bytes, at most ${finger.bytesMost}`)];
  if (bytes[0] !== 0x89 || bytes[1] !== 0x50) return [refusal('IMAGE_FORMAT', field, 'not a PNG file')];
  return reading(field, () => {
    const header = readPngHeader(bytes, field);
    const findings: LintFinding[] = [];
    if (header.colourType !== PNG_GREY || header.bitDepth !== 8) {
      findings.push(refusal('IMAGE_PROFILE', field, `colour type ${header.colourType}, ${header.bitDepth} bits: 8-bit grey is needed`));
    }
    if (header.ancillary.length > 0) {
      const severity = dg3?.content === 'index-fingers' ? 'refusal' : 'warning';
      findings.push(finding(severity, 'IMAGE_METADATA', field, [...new Set(header.ancillary)].slice(0, 8).join(', ')));
    }
    return [...findings, ...dimensions(field, header, finger)];
  });
}

function dimensions(
  field: 'portrait' | Finger,
  image: { readonly width: number; readonly height: number },
  bounds: Bounds,
): readonly LintFinding[] {
  const inside = within(image.width, bounds.width) && within(image.height, bounds.height);
  return inside ? [] : [refusal('IMAGE_DIMENSIONS', field, `${image.width} × ${image.height}`)];
}

function within(value: number, { least, most }: Range): boolean {
  return value >= least && value <= most;
}

function reading(field: 'portrait' | Finger, lint: () => readonly LintFinding[]): readonly LintFinding[] {
  try {
    return lint();
  } catch (error) {
    if (error instanceof DecodeError) return [refusal('IMAGE_CORRUPT', field, `${error.code} ${error.where ?? ''}`.trim())];
    throw error;
  }
}
