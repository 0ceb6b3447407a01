import { type ByteReader, concat } from '#encoder/bytes';
import { DER, derInteger, derSequence, enter, tagName, tlv } from '#encoder/tlv';
import type { DataObject } from '../elementary-file.ts';

/**
 * FaceImageDataBlock of ISO/IEC 39794-5:2019 in DER, as the ICAO application profile for eMRTDs limits it and as the data
 * block 7F2E of DG2 holds it (Doc 9303-10 §4.5.6): one representation, with an image of two dimensions.
 *
 * ```
 * A1 { 65 { A0 version, A1 { 30 { 80 id, A1 { A0 { A0 { 80 image, A1 information, … } } }, … } } } }
 * ```
 */
export interface FaceImageData {
  readonly version: { readonly generation: number; readonly year: number };
  /** RepresentationBlocks ::= SEQUENCE SIZE (1). */
  readonly images: readonly FaceRepresentation[];
}

export interface FaceRepresentation {
  readonly representationId: number;
  /** representationData2D: the file of the picture. */
  readonly data: Uint8Array;
  /** imageDataFormat: 2 JPEG, 3 JPEG 2000 that lost something, 4 JPEG 2000 that lost nothing. */
  readonly dataFormat: number;
  /** faceImageKind2D: 0 MRTD, 1 general purpose. */
  readonly faceImageKind?: number;
  /** imageSizeBlock, in pixels. */
  readonly size?: { readonly width: number; readonly height: number };
  /** imageColourSpace: 2 is 24-bit RGB, 5 is 8-bit grey. */
  readonly colourSpace?: number;
  /** The members of the three blocks that no card of this system has, as they stand, with their context tags. */
  readonly others: {
    /** Of ImageInformation2DBlock, from postAcquisitionProcessingBlock [2] on, and coded values that use an extension. */
    readonly information: readonly DataObject[];
    /** Of ImageRepresentation2DBlock: captureDevice2DBlock [2]. */
    readonly image: readonly DataObject[];
    /** Of RepresentationBlock, from captureDateTimeBlock [2] to landmarkBlocks [9]. */
    readonly representation: readonly DataObject[];
  };
}

/** The first edition of the standard. */
export const VERSION_2019: FaceImageData['version'] = { generation: 3, year: 2019 };

const NUMBER_MAX = 0x7fffffff;
/** Context tags of one byte: numbers 0 to 30. */
const TAG_NUMBER = 0x1f;

export function encodeFaceImageData({ version, images }: FaceImageData): Uint8Array {
  const [image, ...more] = images;
  if (image === undefined || more.length > 0) throw new RangeError('face image data of an eMRTD have one representation');
  const versionBlock = block([integer(0x80, version.generation), integer(0x81, version.year)]);
  const representations = derSequence(encodeRepresentation(image));
  return tlv(0xa1, tlv(0x65, tlv(0xa0, versionBlock), tlv(0xa1, representations)));
}

export function readFaceImageData(reader: ByteReader): FaceImageData {
  const standardized = enter(reader, 0xa1);
  const data = enter(standardized, 0x65);
  standardized.end();
  const version = enter(data, 0xa0);
  const generation = readNumber(version, 0x80);
  const year = readNumber(version, 0x81);
  version.end();
  const representations = enter(data, 0xa1);
  data.end();
  const image = readRepresentation(enter(representations, DER.SEQUENCE));
  representations.end();
  return { version: { generation, year }, images: [image] };
}

function encodeRepresentation(image: FaceRepresentation): Uint8Array {
  const { others, faceImageKind, size, colourSpace } = image;
  const information = block([
    code(0xa0, image.dataFormat),
    ...(faceImageKind === undefined ? [] : [code(0xa1, faceImageKind)]),
    ...(size === undefined ? [] : [{ tag: 0xa7, value: block([integer(0x80, size.width), integer(0x81, size.height)]) }]),
    ...(colourSpace === undefined ? [] : [code(0xa9, colourSpace)]),
    ...others.information,
  ]);
  const image2D = block([{ tag: 0x80, value: image.data }, { tag: 0xa1, value: information }, ...others.image]);
  const base = tlv(0xa0, tlv(0xa0, image2D));
  return block([integer(0x80, image.representationId), { tag: 0xa1, value: base }, ...others.representation]);
}

function readRepresentation(reader: ByteReader): FaceRepresentation {
  const representationId = readNumber(reader, 0x80);
  // Two choices in one another, each with one alternative that the profile allows, so their tags are explicit.
  const alternatives = enter(reader, 0xa1);
  const base = enter(alternatives, 0xa0);
  alternatives.end();
  const image2D = enter(base, 0xa0);
  base.end();
  const data = enter(image2D, 0x80).rest();
  if (data.length === 0) throw image2D.error('BYTES_TRUNCATED', '80', 'no picture');
  const information = readInformation(enter(image2D, 0xa1));
  const others = { information: information.others, image: readOthers(image2D, 2), representation: readOthers(reader, 2) };
  return { representationId, data, ...information.known, others };
}

interface Information {
  readonly known: Pick<FaceRepresentation, 'dataFormat' | 'faceImageKind' | 'size' | 'colourSpace'>;
  readonly others: readonly DataObject[];
}

function readInformation(reader: ByteReader): Information {
  const dataFormat = readCode(enter(reader, 0xa0));
  const others: DataObject[] = [];
  let known: Information['known'] = { dataFormat };
  readMembers(reader, 1, (tag, member) => {
    const plain = member.peek() === 0x80;
    if (tag === 0xa1 && plain) known = { ...known, faceImageKind: readCode(member) };
    else if (tag === 0xa7) known = { ...known, size: readSize(member) };
    else if (tag === 0xa9 && plain) known = { ...known, colourSpace: readCode(member) };
    else others.push({ tag, value: member.rest() });
  });
  return { known, others };
}

function readSize(reader: ByteReader): { readonly width: number; readonly height: number } {
  const width = readNumber(reader, 0x80);
  const height = readNumber(reader, 0x81);
  reader.end();
  return { width, height };
}

/** CHOICE { code [0] ENUMERATED, extensionBlock [1] }: a value of the first edition is a code. */
function code(tag: number, value: number): DataObject {
  return { tag, value: block([integer(0x80, value)]) };
}

function readCode(reader: ByteReader): number {
  const value = readNumber(reader, 0x80);
  reader.end();
  return value;
}

function integer(tag: number, value: number): DataObject {
  // The tag is implicit, so what is left of an INTEGER is its content, behind one byte of tag and one of length.
  return { tag, value: derInteger(value).subarray(2) };
}

/** INTEGER and ENUMERATED under an implicit tag: not negative, in the fewest bytes. */
function readNumber(reader: ByteReader, tag: number): number {
  const content = enter(reader, tag);
  const [first = 0, second = 0] = [content.peek(), content.peek(1)];
  const size = content.remaining;
  if (size === 0) throw content.error('BYTES_TRUNCATED', undefined, 'a number without content');
  if (first >= 0x80 || (size > 1 && first === 0 && second < 0x80))
    throw content.error('BYTES_UNEXPECTED', undefined, 'negative, or not in its shortest form');
  const value = size > 5 ? Infinity : content.uint(size);
  if (value > NUMBER_MAX) throw content.error('BYTES_LIMIT', undefined, `more than ${NUMBER_MAX}`);
  return value;
}

/** Walks the members that are left in a block: context tags in ascending order, the first of them at least `least`. */
function readMembers(reader: ByteReader, least: number, read: (tag: number, member: ByteReader) => void): void {
  let next = least;
  for (let tag = reader.peek(); tag !== undefined; tag = reader.peek()) {
    if (!isContextTag(tag) || tagNumber(tag) < next) throw reader.error('BYTES_UNEXPECTED', undefined, `tag ${tagName(tag)} out of place`);
    next = tagNumber(tag) + 1;
    read(tag, enter(reader, tag));
  }
}

function readOthers(reader: ByteReader, least: number): readonly DataObject[] {
  const others: DataObject[] = [];
  readMembers(reader, least, (tag, member) => others.push({ tag, value: member.rest() }));
  return others;
}

/** The members of a SEQUENCE with implicit context tags, which stand in the order of their numbers, each once. */
function block(members: readonly DataObject[]): Uint8Array {
  const ordered = members.toSorted((a, b) => tagNumber(a.tag) - tagNumber(b.tag));
  const numbers = new Set(ordered.map(({ tag }) => tagNumber(tag)));
  if (numbers.size < members.length || !members.every(({ tag }) => isContextTag(tag)))
    throw new RangeError('members need context tags, each its own');
  return concat(...ordered.map(({ tag, value }) => tlv(tag, value)));
}

function isContextTag(tag: number): boolean {
  return tag >= 0x80 && tag <= 0xbf && tagNumber(tag) < TAG_NUMBER;
}

function tagNumber(tag: number): number {
  return tag & TAG_NUMBER;
}
