import { ascii, ByteReader } from '#encoder/bytes';
import {
  decodeOnly,
  DER,
  derInteger,
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
  enter,
  readOid,
  readPrintableString,
  readRaw,
  readSmallInteger,
  readTlv,
  tlv,
} from '#encoder/tlv';
import { decodeTime } from '#pki/x509';

/**
 * What a State says of documents that deviate from Doc 9303 (Doc 9303-12 §10.2):
 *
 *     DeviationList ::= SEQUENCE { version INTEGER {v0(0)}, digestAlgorithm AlgorithmIdentifier OPTIONAL, deviations SET OF Deviation }
 */
export interface DeviationListContent {
  readonly version: number;
  /** Of the digests in `certificateDigest`: a whole AlgorithmIdentifier. */
  readonly digestAlgorithm?: Uint8Array;
  readonly deviations: readonly Deviation[];
}

/** `Deviation ::= SEQUENCE { documents DeviationDocuments, descriptions SET OF DeviationDescription }` */
export interface Deviation {
  readonly documents: DeviationDocuments;
  readonly descriptions: readonly DeviationDescription[];
}

/** Which documents: all that every member which is present names. */
export interface DeviationDocuments {
  /** Two letters, as in the MRZ. */
  readonly documentType?: string;
  readonly documentSigner?: DocumentSignerIdentifier;
  readonly issued?: { readonly first: Date; readonly last: Date };
  readonly documentNumbers?: readonly string[];
}

export type DocumentSignerIdentifier =
  /** Issuer in DER and the content octets of the serial number. */
  | { readonly issuer: Uint8Array; readonly serialNumber: Uint8Array }
  | { readonly subjectKeyIdentifier: Uint8Array }
  | { readonly certificateDigest: Uint8Array };

export interface DeviationDescription {
  readonly text?: string;
  /** Object identifier; those of Doc 9303-12 are in `DEVIATION_TYPES`. */
  readonly type: string;
  /** DER of whatever the type defines. */
  readonly parameters?: Uint8Array;
  readonly nationalUse?: Uint8Array;
}

/** The one published list has one deviation; a recall of a year's cards is a period, not a list of numbers. */
const DEVIATIONS_MAX = 1024;
const NUMBERS_MAX = 200_000;
const TEXT_MAX = 4096;

/** Members of every SET OF in DER order, whatever the order given. Throws `RangeError` for text that no PrintableString holds. */
export function encodeDeviationList({ version, digestAlgorithm, deviations }: DeviationListContent): Uint8Array {
  return derSequence(
    derInteger(version),
    ...(digestAlgorithm === undefined ? [] : [digestAlgorithm]),
    derSetOf(
      deviations.map(({ documents, descriptions }) =>
        derSequence(encodeDocuments(documents), derSetOf(descriptions.map(encodeDescription))),
      ),
    ),
  );
}

function encodeDocuments({ documentType, documentSigner, issued, documentNumbers }: DeviationDocuments): Uint8Array {
  return derSequence(
    ...(documentType === undefined ? [] : [retagged(0x80, derPrintableString(documentType))]),
    ...(documentSigner === undefined ? [] : [encodeSigner(documentSigner)]),
    ...(issued === undefined ? [] : [tlv(0xa4, generalizedTime(issued.first), generalizedTime(issued.last))]),
    ...(documentNumbers === undefined ? [] : [retagged(0xa5, derSetOf(documentNumbers.map(derPrintableString)))]),
  );
}

function encodeSigner(signer: DocumentSignerIdentifier): Uint8Array {
  if ('issuer' in signer) return tlv(0xa1, signer.issuer, tlv(DER.INTEGER, signer.serialNumber));
  if ('subjectKeyIdentifier' in signer) return tlv(0x82, signer.subjectKeyIdentifier);
  return tlv(0x83, signer.certificateDigest);
}

function encodeDescription({ text, type, parameters, nationalUse }: DeviationDescription): Uint8Array {
  return derSequence(
    ...(text === undefined ? [] : [derPrintableString(text)]),
    derOid(type),
    // A tag before ANY is explicit, whatever the module says (ISO/IEC 8824-1 §31.2.7).
    ...(parameters === undefined ? [] : [tlv(0xa0, parameters)]),
    ...(nationalUse === undefined ? [] : [tlv(0xa1, nationalUse)]),
  );
}

/** GeneralizedTime in every year: the type has no other choice. Whole seconds, Zulu. */
function generalizedTime(at: Date): Uint8Array {
  return tlv(0x18, ascii(`${at.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`));
}

/** The same content under another tag of one byte. */
function retagged(tag: number, der: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(der);
  copy[0] = tag;
  return copy;
}

/** Sets in the order in which they stand; which rules the content keeps is the lint's question. Throws `DecodeError`, `X509Error`. */
export function readDeviationList(content: Uint8Array): DeviationListContent {
  const list = decodeOnly(content, DER.SEQUENCE, 'DeviationList');
  const version = readSmallInteger(list);
  const digestAlgorithm = list.peek() === DER.SEQUENCE ? { digestAlgorithm: Uint8Array.from(readRaw(list)) } : {};
  const deviations = each(enter(list, DER.SET), DEVIATIONS_MAX, (set) => readDeviation(enter(set, DER.SEQUENCE)));
  list.end();
  return { version, ...digestAlgorithm, deviations };
}

function readDeviation(deviation: ByteReader): Deviation {
  const documents = readDocuments(enter(deviation, DER.SEQUENCE));
  const descriptions = each(enter(deviation, DER.SET), DEVIATIONS_MAX, (set) => readDescription(enter(set, DER.SEQUENCE)));
  deviation.end();
  return { documents, descriptions };
}

function readDocuments(reader: ByteReader): DeviationDocuments {
  const documentType = reader.peek() === 0x80 ? { documentType: printable(reader, 0x80) } : {};
  const documentSigner = [0xa1, 0x82, 0x83].includes(reader.peek() ?? 0) ? { documentSigner: readSigner(reader) } : {};
  const issued = reader.peek() === 0xa4 ? { issued: readPeriod(enter(reader, 0xa4)) } : {};
  const documentNumbers =
    reader.peek() === 0xa5 ? { documentNumbers: each(enter(reader, 0xa5), NUMBERS_MAX, (set) => readPrintableString(set)) } : {};
  reader.end();
  return { ...documentType, ...documentSigner, ...issued, ...documentNumbers };
}

function readSigner(reader: ByteReader): DocumentSignerIdentifier {
  if (reader.peek() === 0x82) return { subjectKeyIdentifier: Uint8Array.from(enter(reader, 0x82).rest()) };
  if (reader.peek() === 0x83) return { certificateDigest: Uint8Array.from(enter(reader, 0x83).rest()) };
  const pair = enter(reader, 0xa1);
  const issuer = tlv(DER.SEQUENCE, enter(pair, DER.SEQUENCE).rest());
  const serialNumber = Uint8Array.from(enter(pair, DER.INTEGER).rest());
  pair.end();
  return { issuer, serialNumber };
}

function readPeriod(period: ByteReader): { first: Date; last: Date } {
  const [first, last] = [readTlv(period), readTlv(period)];
  period.end();
  if (first.tag !== 0x18 || last.tag !== 0x18) throw period.error('BYTES_UNEXPECTED', undefined, 'not GeneralizedTime');
  return { first: decodeTime(first, `${period.path}/firstIssued`), last: decodeTime(last, `${period.path}/lastIssued`) };
}

function readDescription(reader: ByteReader): DeviationDescription {
  const text = reader.peek() === DER.PRINTABLE_STRING ? { text: printable(reader, DER.PRINTABLE_STRING) } : {};
  const type = readOid(reader);
  const parameters = reader.peek() === 0xa0 ? { parameters: readAny(enter(reader, 0xa0)) } : {};
  const nationalUse = reader.peek() === 0xa1 ? { nationalUse: readAny(enter(reader, 0xa1)) } : {};
  reader.end();
  return { ...text, type, ...parameters, ...nationalUse };
}

function readAny(explicit: ByteReader): Uint8Array {
  const value = Uint8Array.from(readRaw(explicit));
  explicit.end();
  return value;
}

/** A PrintableString under any tag of one byte. */
function printable(reader: ByteReader, tag: number): string {
  const inner = enter(reader, tag);
  if (inner.remaining > TEXT_MAX) throw inner.error('BYTES_LIMIT', undefined, `${inner.remaining} characters`);
  return readPrintableString(new ByteReader(tlv(DER.PRINTABLE_STRING, inner.rest()), inner.path));
}

function each<T>(set: ByteReader, max: number, read: (set: ByteReader) => T): readonly T[] {
  const members: T[] = [];
  while (set.remaining > 0) {
    if (members.length >= max) throw set.error('BYTES_LIMIT', undefined, `more than ${max} members`);
    members.push(read(set));
  }
  return members;
}
