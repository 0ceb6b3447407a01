import { DecodeError, toHex } from '#encoder/bytes';
import { PORTRAIT_BYTES_LEAST, readJpeg2000Header, readJpegHeader, readPngHeader } from '#encoder/lds';
import type { CitizenRecord } from './citizen-record.ts';
import { finding, refusal, type LintFinding } from './lint-finding.ts';
import type { CardProfile } from './profile-schema.ts';
import { isBelowAge } from './validity.ts';

type Finger = 'leftIndexFinger' | 'rightIndexFinger';
type Bounds = { readonly width: Range; readonly height: Range };
type Range = { readonly least: number; readonly most: number };

const BASELINE = 0xc0;
const PNG_GREY = 0;
/** The standard lets a file have 65535 layers and 32 levels: work for a decoder that no portrait has a use for. */
const LAYERS_MOST = 64;
const LEVELS_MOST = 10;

/**
 * The portrait by its headers alone; nothing is decoded. It goes on the chip byte for byte, so whatever it carries beyond
 * the picture is refused here and stripped by nobody.
 */
export function lintPortrait(record: CitizenRecord, { portrait, validity }: CardProfile): readonly LintFinding[] {
  const field = 'portrait';
  const bytes = record.portrait;
  if (bytes.length === 0 && isBelowAge(validity, record, portrait.absentBelowAge)) return [];
  if (bytes.length > portrait.bytesMost) return [refusal('IMAGE_TOO_LARGE', field, `${bytes.length} bytes, at most ${portrait.bytesMost}`)];
  const format = formatOf(bytes);
  if (format === undefined || !portrait.formats.includes(format)) {
    return [refusal('IMAGE_FORMAT', field, `not a ${portrait.formats.join(' or ')} file`)];
  }
  if (bytes.length < PORTRAIT_BYTES_LEAST) return [refusal('IMAGE_TOO_SMALL', field, `${bytes.length} bytes`)];
  return reading(field, () => {
    const { width, height, components, bitsPerSample, metadata, unsuitable } = PORTRAIT_FORMATS[format](bytes, portrait);
    const findings = unsuitable.map((detail) => refusal('IMAGE_PROFILE', field, detail));
    if (bitsPerSample !== 8) findings.push(refusal('IMAGE_PROFILE', field, `${bitsPerSample} bits a sample`));
    if (!portrait.components.some((count) => count === components)) {
      findings.push(refusal('IMAGE_PROFILE', field, `${components} components`));
    }
    if (metadata.length > 0) findings.push(refusal('IMAGE_METADATA', field, metadata.join(', ')));
    return [...findings, ...dimensions(field, { width, height }, portrait)];
  });
}

type PortraitFormat = CardProfile['portrait']['formats'][number];

interface PortraitFacts {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bitsPerSample: number;
  /** What a file carries beyond the picture. */
  readonly metadata: readonly string[];
  /** What is not allowed in a file of this format. */
  readonly unsuitable: readonly string[];
}

const PORTRAIT_FORMATS: Readonly<Record<PortraitFormat, (bytes: Uint8Array, rules: CardProfile['portrait']) => PortraitFacts>> = {
  JPEG(bytes, { jfif }) {
    const header = readJpegHeader(bytes, 'portrait');
    const unsuitable = [
      ...(header.frame === BASELINE ? [] : [`frame ${header.frame.toString(16).toUpperCase()}, not baseline`]),
      ...(jfif && !header.jfif ? ['no JFIF header behind SOI (FF D8 FF E0)'] : []),
    ];
    return { ...header, unsuitable };
  },
  'JPEG 2000'(bytes) {
    const header = readJpeg2000Header(bytes, 'portrait');
    const unsuitable = [
      ...(header.palette ? ['a palette'] : []),
      ...(header.layers > LAYERS_MOST ? [`${header.layers} quality layers`] : []),
      ...(header.decompositionLevels > LEVELS_MOST ? [`${header.decompositionLevels} decomposition levels`] : []),
    ];
    return { ...header, unsuitable };
  },
};

/** By the first bytes: SOI and a marker; the signature box of a JP2 file, or SOC and SIZ of a codestream (ISO/IEC 15444-1 A.4, I.5.1). */
function formatOf(bytes: Uint8Array): PortraitFormat | undefined {
  const start = toHex(bytes.subarray(0, 4));
  if (start.startsWith('FFD8FF')) return 'JPEG';
  return start === '0000000C' || start === 'FF4FFF51' ? 'JPEG 2000' : undefined;
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
