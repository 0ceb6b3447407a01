import { ByteReader, equalBytes, fromHex } from '#encoder/bytes';

/** What the boxes of a JP2 file and the markers of its codestream say (ISO/IEC 15444-1 annexes A and I), read without decoding a pixel. */
export interface Jpeg2000Header {
  /** A JP2 file, or the codestream alone (J2K). */
  readonly container: 'JP2' | 'codestream';
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour. */
  readonly components: number;
  /** The most that a component has. */
  readonly bitsPerSample: number;
  /** The 5-3 wavelet, by which nothing need be lost; the 9-7 always loses. */
  readonly reversible: boolean;
  readonly tiles: number;
  readonly layers: number;
  readonly decompositionLevels: number;
  /** Samples are places in a palette. */
  readonly palette: boolean;
  /** What can carry what nobody ordered: XML and UUID boxes (EXIF with a position among them), rights, comments. */
  readonly metadata: readonly string[];
}

const SIGNATURE = fromHex('0000000C 6A502020 0D0A870A');
const BRAND = 'jp2 ';
/** A file has a handful of boxes and a main header a dozen segments; thousands are an attack on whoever walks them. */
const BOXES_MAX = 64;
const SEGMENTS_MAX = 256;
const TILE_PARTS_MAX = 4096;
/** A.5.1: Isot has two bytes. */
const TILES_MAX = 0xffff;
/** B.10.5 and A.6.1. */
const DECOMPOSITION_LEVELS_MAX = 32;

const SOC = 0xff4f;
const SIZ = 0xff51;
const COD = 0xff52;
const COM = 0xff64;
const SOT = 0xff90;
const EOC = 0xffd9;

/** The first bytes are those of a JP2 file or of a codestream. */
export function looksLikeJpeg2000(bytes: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, SIGNATURE.length), SIGNATURE) || equalBytes(bytes.subarray(0, 4), fromHex('FF4F FF51'));
}

/**
 * Walks all boxes, markers and tile-parts to the end. Throws a `DecodeError` when the file is cut, contradicts itself, or
 * goes on after its end; judges nothing else.
 */
export function readJpeg2000Header(bytes: Uint8Array, path = 'JPEG 2000'): Jpeg2000Header {
  const reader = new ByteReader(bytes, path);
  if (!equalBytes(bytes.subarray(0, SIGNATURE.length), SIGNATURE)) {
    return { container: 'codestream', ...readCodestream(reader), palette: false };
  }
  reader.take(SIGNATURE.length);
  return readBoxes(reader);
}

interface Box {
  readonly name: string;
  readonly body: ByteReader;
}

type Codestream = Omit<Jpeg2000Header, 'container' | 'palette'>;

function readBoxes(reader: ByteReader): Jpeg2000Header {
  const [fileType, ...others] = boxes(reader);
  if (fileType?.name !== 'ftyp') throw reader.error('BYTES_UNEXPECTED', 'ftyp', 'the file type does not follow the signature');
  checkBrand(fileType.body);
  let image: { readonly header: ImageHeader; readonly palette: boolean } | undefined;
  let codestream: Codestream | undefined;
  const metadata: string[] = [];
  for (const { name, body } of others) {
    if (name === 'jp2h' && image === undefined && codestream === undefined) image = readHeaderBox(body);
    else if (name === 'jp2c' && image !== undefined && codestream === undefined) codestream = readCodestream(body);
    else if (['ftyp', 'jp2h', 'jp2c'].includes(name)) throw body.error('BYTES_UNEXPECTED', undefined, 'out of place or twice');
    else metadata.push(name.trim());
  }
  if (image === undefined || codestream === undefined) throw reader.error('BYTES_UNEXPECTED', undefined, 'no picture');
  const { header, palette } = image;
  const same = header.width === codestream.width && header.height === codestream.height && header.components === codestream.components;
  if (!same) throw reader.error('BYTES_UNEXPECTED', 'jp2h/ihdr', 'another picture than in the codestream');
  return { container: 'JP2', ...codestream, palette, metadata: [...metadata, ...codestream.metadata] };
}

/** All boxes to the end (I.4): a length of 0 is one that runs to the end, 1 one with a length of eight bytes. */
function boxes(reader: ByteReader): readonly Box[] {
  const found: Box[] = [];
  while (reader.remaining > 0) {
    if (found.length >= BOXES_MAX) throw reader.error('BYTES_LIMIT', undefined, `more than ${BOXES_MAX} boxes`);
    const stated = reader.uint(4, 'box length');
    const name = Buffer.from(reader.take(4, 'box type')).toString('latin1');
    if (!/^[\x20-\x7e]{4}$/.test(name)) throw reader.error('BYTES_UNEXPECTED', 'box type');
    const length = stated === 1 ? reader.uint(8, 'box length') - 16 : stated - 8;
    if (stated !== 0 && length < 0) throw reader.error('BYTES_UNEXPECTED', 'box length', 'less than its own header');
    found.push({ name, body: reader.sub(stated === 0 ? reader.remaining : length, name.trim()) });
  }
  return found;
}

function checkBrand(body: ByteReader): void {
  const brands = Buffer.from(body.rest()).toString('latin1');
  // Brand, minor version, then the list of compatible brands.
  const compatible: readonly string[] = brands.slice(8).match(/.{4}/gs) ?? [];
  if (brands.length % 4 !== 0 || !compatible.includes(BRAND)) throw body.error('BYTES_UNEXPECTED', undefined, 'not compatible with JP2');
}

interface ImageHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
}

function readHeaderBox(body: ByteReader): { readonly header: ImageHeader; readonly palette: boolean } {
  const [first, ...others] = boxes(body);
  if (first?.name !== 'ihdr') throw body.error('BYTES_UNEXPECTED', 'ihdr', 'the image header is the first box');
  const { body: ihdr } = first;
  const height = ihdr.uint(4, 'height');
  const width = ihdr.uint(4, 'width');
  const components = ihdr.uint(2, 'components');
  ihdr.take(1, 'bits per component');
  // I.5.3.1: the only compression type of this part of the standard.
  if (ihdr.uint(1, 'compression type') !== 7) throw ihdr.error('BYTES_UNEXPECTED', 'compression type');
  ihdr.take(2, 'colour space and rights');
  ihdr.end();
  return { header: { width, height, components }, palette: others.some(({ name }) => name === 'pclr') };
}

function readCodestream(reader: ByteReader): Codestream {
  if (reader.uint(2, 'SOC') !== SOC) throw reader.error('BYTES_UNEXPECTED', 'SOC');
  if (reader.uint(2, 'SIZ') !== SIZ) throw reader.error('BYTES_UNEXPECTED', 'SIZ', 'the size follows SOC');
  const size = readSize(segment(reader, 'SIZ'));
  let coding: Coding | undefined;
  let comments = 0;
  for (let segments = 0; reader.peek() !== SOT >> 8 || reader.peek(1) !== (SOT & 0xff); segments += 1) {
    if (segments >= SEGMENTS_MAX) throw reader.error('BYTES_LIMIT', undefined, `more than ${SEGMENTS_MAX} segments`);
    const marker = reader.uint(2, 'marker');
    // SOC, SOD, EOC and the markers without a segment have no place in a main header, nor has a second SIZ.
    if (marker <= SIZ || marker >= SOT) throw reader.error('BYTES_UNEXPECTED', 'marker', marker.toString(16));
    const body = segment(reader, `segment ${marker.toString(16).toUpperCase()}`);
    if (marker === COD) coding = readCoding(body);
    if (marker === COM) comments += 1;
  }
  if (coding === undefined) throw reader.error('BYTES_UNEXPECTED', 'COD', 'no coding style');
  skipTileParts(reader, size.tiles);
  return { ...size, ...coding, metadata: comments === 0 ? [] : ['comment'] };
}

function segment(reader: ByteReader, name: string): ByteReader {
  const length = reader.uint(2, `${name}/length`);
  if (length < 2) throw reader.error('BYTES_UNEXPECTED', `${name}/length`);
  return reader.sub(length - 2, name);
}

/** A.5.1: the reference grid, the tiles on it, then depth and sub-sampling of each component. */
function readSize(body: ByteReader): Pick<Codestream, 'width' | 'height' | 'components' | 'bitsPerSample' | 'tiles'> {
  body.take(2, 'capabilities');
  const pair = (field: string) => ({ x: body.uint(4, field), y: body.uint(4, field) });
  const [grid, offset, tile, tileOffset] = [pair('size'), pair('offset'), pair('tile size'), pair('tile offset')];
  const components = body.uint(2, 'components');
  const depths = Array.from({ length: components }, () => ((body.take(3, 'component')[0] ?? 0) & 0x7f) + 1);
  body.end();
  const inside = (axis: 'x' | 'y') =>
    offset[axis] < grid[axis] && tile[axis] > 0 && tileOffset[axis] <= offset[axis] && tileOffset[axis] + tile[axis] > offset[axis];
  if (components === 0 || !inside('x') || !inside('y')) throw body.error('BYTES_UNEXPECTED', 'size', 'no picture on this grid');
  const along = (axis: 'x' | 'y') => Math.ceil((grid[axis] - tileOffset[axis]) / tile[axis]);
  const tiles = along('x') * along('y');
  if (tiles > TILES_MAX) throw body.error('BYTES_LIMIT', 'tile size', `${tiles} tiles`);
  return { width: grid.x - offset.x, height: grid.y - offset.y, components, bitsPerSample: Math.max(...depths), tiles };
}

type Coding = Pick<Codestream, 'reversible' | 'layers' | 'decompositionLevels'>;

/** A.6.1: the default coding style. */
function readCoding(body: ByteReader): Coding {
  body.take(2, 'style and progression');
  const layers = body.uint(2, 'layers');
  body.take(1, 'component transformation');
  const decompositionLevels = body.uint(1, 'decomposition levels');
  body.take(3, 'code-blocks');
  const transformation = body.uint(1, 'transformation');
  if (layers === 0 || decompositionLevels > DECOMPOSITION_LEVELS_MAX || transformation > 1) throw body.error('BYTES_UNEXPECTED');
  return { reversible: transformation === 1, layers, decompositionLevels };
}

/** A.4.2: each tile-part says how long it is; 0 is one that runs to EOC, which ends every codestream. */
function skipTileParts(reader: ByteReader, tiles: number): void {
  for (let parts = 0; ; parts += 1) {
    const marker = reader.uint(2, 'SOT or EOC');
    if (marker === EOC && parts > 0) break;
    if (marker !== SOT) throw reader.error('BYTES_UNEXPECTED', 'SOT or EOC');
    if (parts >= TILE_PARTS_MAX) throw reader.error('BYTES_LIMIT', undefined, `more than ${TILE_PARTS_MAX} tile-parts`);
    const part = segment(reader, 'SOT');
    if (part.uint(2, 'tile') >= tiles) throw part.error('BYTES_UNEXPECTED', 'tile');
    const stated = part.uint(4, 'length');
    part.take(2, 'number');
    part.end();
    // The length counts from SOT on: marker, segment and data.
    const length = stated === 0 ? reader.remaining - 2 : stated - 12;
    if (length < 2) throw reader.error('BYTES_UNEXPECTED', 'SOT/length');
    reader.take(length, 'tile-part');
  }
  reader.end();
}
