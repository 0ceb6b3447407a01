import { ByteReader, concat, fromHex } from '#encoder/bytes';

/** What the markers of a JPEG file say (ISO/IEC 10918-1 annex B), read without decoding a single block. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  readonly components: number;
  readonly bitsPerSample: number;
  /** Marker of the frame header: 0xC0 baseline, 0xC2 progressive, 0xC9 and up arithmetic. */
  readonly frame: number;
  /** The first segment is JFIF, as on Vietnamese cards (`FF D8 FF E0`). */
  readonly jfif: boolean;
  /** Segments that can carry what nobody ordered: EXIF with a position, comments, profiles, thumbnails of another picture. */
  readonly metadata: readonly ('exif' | 'comment' | 'application' | 'thumbnail')[];
}

/** A header has a dozen segments; a thousand is an attack on whoever walks them. */
const SEGMENTS_MAX = 256;

const SOI = 0xffd8;
const EOI = 0xd9;
const SOS = 0xda;
const COM = 0xfe;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP15 = 0xef;
/** SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
const NO_FRAMES: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/**
 * Walks all markers from SOI to EOI. Throws a `DecodeError` when the file is cut, has no or two frame headers, or goes on
 * after its end; judges nothing else.
 */
export function readJpegHeader(bytes: Uint8Array, path = 'JPEG'): JpegHeader {
  const reader = new ByteReader(bytes, path);
  if (reader.uint(2, 'SOI') !== SOI) throw reader.error('BYTES_UNEXPECTED', 'SOI');
  let frame: Pick<JpegHeader, 'width' | 'height' | 'components' | 'bitsPerSample' | 'frame'> | undefined;
  let jfif = false;
  let scans = 0;
  const metadata = new Set<JpegHeader['metadata'][number]>();

  for (let segments = 0; ; segments += 1) {
    if (segments >= SEGMENTS_MAX) throw reader.error('BYTES_LIMIT', undefined, `more than ${SEGMENTS_MAX} segments`);
    const marker = readMarker(reader);
    if (marker === EOI) break;
    const segment = reader.sub(segmentLength(reader), `segment ${marker.toString(16).toUpperCase()}`);
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.has(marker)) {
      if (frame !== undefined) throw segment.error('BYTES_UNEXPECTED', undefined, 'a second frame header');
      frame = readFrame(segment, marker);
    } else if (marker === APP0) {
      const { isJfif, thumbnail } = readApp0(segment);
      jfif ||= segments === 0 && isJfif;
      if (thumbnail) metadata.add('thumbnail');
      if (!isJfif && !thumbnail) metadata.add('application');
    } else if (marker === APP1) metadata.add('exif');
    else if (marker > APP1 && marker <= APP15) metadata.add('application');
    else if (marker === COM) metadata.add('comment');
    else if (marker === SOS) {
      scans += 1;
      skipEntropyCodedData(reader, bytes);
    }
  }
  reader.end();
  if (frame === undefined || scans === 0) throw reader.error('BYTES_UNEXPECTED', undefined, 'no frame or no scan');
  return { ...frame, jfif, metadata: [...metadata] };
}

/** APP0 of JFIF 1.02 (ISO/IEC 10918-5): no unit, aspect ratio 1 : 1, no thumbnail. */
const JFIF_SEGMENT = fromHex('FFE0 0010 4A46494600 0102 00 0001 0001 00 00');

/**
 * The same picture with a JFIF header behind SOI, for capture software whose library leaves it out (libvips does). A file
 * that has one already is returned as it is. No sample changes.
 */
export function withJfifHeader(bytes: Uint8Array): Uint8Array {
  return readJpegHeader(bytes).jfif ? bytes : concat(bytes.subarray(0, 2), JFIF_SEGMENT, bytes.subarray(2));
}

/** A marker may be preceded by fill bytes FF (B.1.1.2). */
function readMarker(reader: ByteReader): number {
  if (reader.uint(1, 'marker') !== 0xff) throw reader.error('BYTES_UNEXPECTED', 'marker');
  let marker = reader.uint(1, 'marker');
  while (marker === 0xff) marker = reader.uint(1, 'marker');
  // SOI again, RSTn, TEM and reserved markers do not stand between segments.
  if (marker < 0xc0 || (marker >= 0xd0 && marker <= 0xd8)) throw reader.error('BYTES_UNEXPECTED', 'marker');
  return marker;
}

function segmentLength(reader: ByteReader): number {
  const length = reader.uint(2, 'segment length');
  if (length < 2) throw reader.error('BYTES_UNEXPECTED', 'segment length');
  return length - 2;
}

function readFrame(segment: ByteReader, frame: number): Pick<JpegHeader, 'width' | 'height' | 'components' | 'bitsPerSample' | 'frame'> {
  const bitsPerSample = segment.uint(1, 'precision');
  const height = segment.uint(2, 'height');
  const width = segment.uint(2, 'width');
  const components = segment.uint(1, 'components');
  segment.take(3 * components, 'component parameters');
  segment.end();
  return { width, height, components, bitsPerSample, frame };
}

/** JFIF 1.02: `JFIF\0`, version, units, densities, then the size of an uncompressed thumbnail; `JFXX\0` is a thumbnail. */
function readApp0(segment: ByteReader): { readonly isJfif: boolean; readonly thumbnail: boolean } {
  const identifier = segment.remaining >= 5 ? Buffer.from(segment.take(5)).toString('latin1') : '';
  if (identifier === 'JFXX\0') return { isJfif: false, thumbnail: true };
  if (identifier !== 'JFIF\0') return { isJfif: false, thumbnail: false };
  segment.take(7, 'JFIF');
  return { isJfif: true, thumbnail: segment.uint(2, 'thumbnail') !== 0 };
}

/** Up to the next marker that is neither a stuffed FF00 nor a restart marker; the scan may not simply end. */
function skipEntropyCodedData(reader: ByteReader, bytes: Uint8Array): void {
  let at = reader.offset;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    const next = at < 0 ? undefined : bytes[at + 1];
    if (next === undefined) throw reader.error('BYTES_TRUNCATED', 'scan');
    if (next !== 0x00 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) break;
    at += next === 0xff ? 1 : 2;
  }
  reader.take(at - reader.offset, 'scan');
}
