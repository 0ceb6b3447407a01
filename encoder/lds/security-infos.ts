import { ByteReader } from '#encoder/bytes';
import { DER, derInteger, derOid, derSequence, derSet, enter, inSetOrder, readOid, readRaw, readSmallInteger, readTlv } from '#encoder/tlv';
import { checkSubjectPublicKeyInfo } from './public-key.ts';

/**
 * SecurityInfos (Doc 9303-11 §9.2): what a chip announces. The order of the set is kept as it is read, so that a file can
 * be written back byte for byte; `inDerOrder` gives the order to write a new one in.
 *
 * ```
 * SecurityInfo ::= SEQUENCE { protocol OBJECT IDENTIFIER, requiredData ANY, optionalData ANY OPTIONAL }
 * ```
 */
export type SecurityInfo =
  /** §9.2.1 */
  | { readonly kind: 'PACEInfo'; readonly protocol: string; readonly version: number; readonly parameterId?: number }
  /** §9.2.5 */
  | { readonly kind: 'ChipAuthenticationInfo'; readonly protocol: string; readonly version: number; readonly keyId?: number }
  /** §9.2.6; the key is a whole SubjectPublicKeyInfo. */
  | {
      readonly kind: 'ChipAuthenticationPublicKeyInfo';
      readonly protocol: string;
      readonly subjectPublicKeyInfo: Uint8Array;
      readonly keyId?: number;
    }
  /** §9.2.4 */
  | {
      readonly kind: 'ActiveAuthenticationInfo';
      readonly protocol: string;
      readonly version: number;
      readonly signatureAlgorithm: string;
    }
  /** §9.2.8; older cards name EF.CVCA here (TR-03110), kept as it stands. */
  | { readonly kind: 'TerminalAuthenticationInfo'; readonly protocol: string; readonly version: number; readonly efCvca?: Uint8Array }
  /** Anything else: the whole SecurityInfo with its tag ("the inspection system MAY discard any unknown entry", §9.2). */
  | { readonly kind: 'unknown'; readonly protocol: string; readonly raw: Uint8Array };

const BSI = '0.4.0.127.0.7.2.2';

/** Object identifiers of Doc 9303-11 §9.2, by the names of the document. */
export const PROTOCOL = {
  'id-PK-DH': `${BSI}.1.1`,
  'id-PK-ECDH': `${BSI}.1.2`,
  'id-TA': `${BSI}.2`,
  'id-CA-DH-3DES-CBC-CBC': `${BSI}.3.1.1`,
  'id-CA-DH-AES-CBC-CMAC-128': `${BSI}.3.1.2`,
  'id-CA-DH-AES-CBC-CMAC-192': `${BSI}.3.1.3`,
  'id-CA-DH-AES-CBC-CMAC-256': `${BSI}.3.1.4`,
  'id-CA-ECDH-3DES-CBC-CBC': `${BSI}.3.2.1`,
  'id-CA-ECDH-AES-CBC-CMAC-128': `${BSI}.3.2.2`,
  'id-CA-ECDH-AES-CBC-CMAC-192': `${BSI}.3.2.3`,
  'id-CA-ECDH-AES-CBC-CMAC-256': `${BSI}.3.2.4`,
  'id-PACE-ECDH-GM-3DES-CBC-CBC': `${BSI}.4.2.1`,
  'id-PACE-ECDH-GM-AES-CBC-CMAC-128': `${BSI}.4.2.2`,
  'id-PACE-ECDH-GM-AES-CBC-CMAC-192': `${BSI}.4.2.3`,
  'id-PACE-ECDH-GM-AES-CBC-CMAC-256': `${BSI}.4.2.4`,
  'id-icao-mrtd-security-aaProtocolObject': '2.23.136.1.1.5',
} as const;

export type ProtocolName = keyof typeof PROTOCOL;

type Kind = SecurityInfo['kind'];

/** §9.2.3, §9.2.7: a mapping (1 DH-GM … 6 ECDH-CAM) and a cipher suite follow id-PACE; id-CA has DH and ECDH. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^0\.4\.0\.127\.0\.7\.2\.2\.4\.[12346]\.[1-4]$/, 'PACEInfo'],
  [/^0\.4\.0\.127\.0\.7\.2\.2\.3\.[12]\.[1-4]$/, 'ChipAuthenticationInfo'],
  [/^0\.4\.0\.127\.0\.7\.2\.2\.1\.[12]$/, 'ChipAuthenticationPublicKeyInfo'],
  [/^0\.4\.0\.127\.0\.7\.2\.2\.2$/, 'TerminalAuthenticationInfo'],
  [/^2\.23\.136\.1\.1\.5$/, 'ActiveAuthenticationInfo'],
];

/** A card has three to ten; a national one that was published has nineteen. */
const INFOS_MAX = 64;

export function encodeSecurityInfos(infos: readonly SecurityInfo[]): Uint8Array {
  return derSet(...infos.map(encodeSecurityInfo));
}

/** The infos in the order that DER gives a SET OF; byte-equal ones once, as a set has them. */
export function inDerOrder(infos: readonly SecurityInfo[]): readonly SecurityInfo[] {
  const encoded = new Map(infos.map((info) => [Buffer.from(encodeSecurityInfo(info)).toString('hex'), info]));
  return inSetOrder(Array.from(encoded.keys(), (hex) => Buffer.from(hex, 'hex'))).flatMap((bytes) => {
    const info = encoded.get(Buffer.from(bytes).toString('hex'));
    return info === undefined ? [] : [info];
  });
}

/** Reads the whole set from a reader that stands before it. */
export function readSecurityInfos(reader: ByteReader): readonly SecurityInfo[] {
  const set = enter(reader, DER.SET);
  const infos: SecurityInfo[] = [];
  while (set.remaining > 0) {
    if (infos.length >= INFOS_MAX) throw set.error('BYTES_LIMIT', undefined, `more than ${INFOS_MAX} SecurityInfos`);
    infos.push(readSecurityInfo(set, infos.length + 1));
  }
  return infos;
}

export function encodeSecurityInfo(info: SecurityInfo): Uint8Array {
  const number = (value: number | undefined) => (value === undefined ? new Uint8Array() : derInteger(value));
  switch (info.kind) {
    case 'PACEInfo':
      return derSequence(derOid(info.protocol), derInteger(info.version), number(info.parameterId));
    case 'ChipAuthenticationInfo':
      return derSequence(derOid(info.protocol), derInteger(info.version), number(info.keyId));
    case 'ChipAuthenticationPublicKeyInfo':
      return derSequence(derOid(info.protocol), info.subjectPublicKeyInfo, number(info.keyId));
    case 'ActiveAuthenticationInfo':
      return derSequence(derOid(info.protocol), derInteger(info.version), derOid(info.signatureAlgorithm));
    case 'TerminalAuthenticationInfo':
      return derSequence(derOid(info.protocol), derInteger(info.version), info.efCvca ?? new Uint8Array());
    case 'unknown':
      return info.raw;
  }
}

function readSecurityInfo(set: ByteReader, number: number): SecurityInfo {
  const start = set.offset;
  const { tag, value, offset = start } = readTlv(set);
  const body = new ByteReader(value, `${set.path}[${number}]`, offset);
  if (tag !== DER.SEQUENCE) throw body.error('BYTES_UNEXPECTED', undefined, 'not a SEQUENCE');
  const protocol = readOid(body);
  const kind = KINDS.find(([shape]) => shape.test(protocol))?.[1];
  const info = kind === undefined ? undefined : readKnown(kind, protocol, body);
  if (info !== undefined) {
    body.end();
    return info;
  }
  return { kind: 'unknown', protocol, raw: derSequence(value) };
}

function readKnown(kind: Kind, protocol: string, body: ByteReader): SecurityInfo | undefined {
  const optionalNumber = <K extends string>(name: K): { readonly [key in K]?: number } =>
    body.remaining === 0 ? {} : ({ [name]: readSmallInteger(body) } as { readonly [key in K]: number });
  switch (kind) {
    case 'PACEInfo':
      return { kind, protocol, version: readSmallInteger(body), ...optionalNumber('parameterId') };
    case 'ChipAuthenticationInfo':
      return { kind, protocol, version: readSmallInteger(body), ...optionalNumber('keyId') };
    case 'ChipAuthenticationPublicKeyInfo': {
      const { offset } = body;
      const subjectPublicKeyInfo = readRaw(body);
      checkSubjectPublicKeyInfo(subjectPublicKeyInfo, `${body.path}/chipAuthenticationPublicKey`, offset);
      return { kind, protocol, subjectPublicKeyInfo, ...optionalNumber('keyId') };
    }
    case 'ActiveAuthenticationInfo':
      return { kind, protocol, version: readSmallInteger(body), signatureAlgorithm: readOid(body) };
    case 'TerminalAuthenticationInfo':
      return { kind, protocol, version: readSmallInteger(body), ...(body.remaining === 0 ? {} : { efCvca: readRaw(body) }) };
    case 'unknown':
      return undefined;
  }
}
