import type { ByteReader } from '#encoder/bytes';
import { enter, tlv } from '#encoder/tlv';
import type { DataObject } from '../elementary-file.ts';
import {
  block,
  code,
  encodeDataBlock,
  integer,
  readCode,
  readDataBlock,
  readMembers,
  readNumber,
  readOthers,
  readPicture,
  type Versioned,
} from '../iso-39794.ts';

/**
 * FaceImageDataBlock of ISO/IEC 39794-5:2019 in DER, as the ICAO application profile for eMRTDs limits it and as the data
 * block 7F2E of DG2 holds it (Doc 9303-10 §4.5.6): one representation, with an image of two dimensions.
 *
 * ```
 * A1 { 65 { A0 version, A1 { 30 { 80 id, A1 { A0 { A0 { 80 image, A1 information, … } } }, … } } } }
 * ```
 */
export interface FaceImageData extends Versioned {
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

export function encodeFaceImageData({ version, images }: FaceImageData): Uint8Array {
  const [image, ...more] = images;
  if (image === undefined || more.length > 0) throw new RangeError('face image data of an eMRTD have one representation');
  return encodeDataBlock(0x65, version, representationMembers(image));
}

export function readFaceImageData(reader: ByteReader): FaceImageData {
  const { version, representation } = readDataBlock(reader, 0x65, readRepresentation);
  return { version, images: [representation] };
}

function representationMembers(image: FaceRepresentation): readonly DataObject[] {
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
  return [integer(0x80, image.representationId), { tag: 0xa1, value: base }, ...others.representation];
}

function readRepresentation(reader: ByteReader): FaceRepresentation {
  const representationId = readNumber(reader, 0x80);
  // Two choices in one another, each with one alternative that the profile allows, so their tags are explicit.
  const alternatives = enter(reader, 0xa1);
  const base = enter(alternatives, 0xa0);
  alternatives.end();
  const image2D = enter(base, 0xa0);
  base.end();
  const data = readPicture(image2D, 0x80);
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
