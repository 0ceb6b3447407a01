import { decodeUtf8, utf8 } from '#encoder/bytes';
import { decodeDn, encodeDn, type RelativeName } from './distinguished-name.ts';
import type { LdifAttribute, LdifEntry } from './ldif.ts';
import { PkdError } from './pkd-error.ts';

/** Document Signer's certificate, CRL, CSCA Master List, Deviation List. */
export type PkdKind = 'dsc' | 'crl' | 'ml' | 'dl';

/** What the PKD says about an object: one code and one text each. */
export interface PkdConformance {
  readonly code: string;
  readonly text: string;
}

export interface PkdObject {
  readonly kind: PkdKind;
  /** Two letters. */
  readonly country: string;
  /** Name of the CSCA that stands behind it, in the form of RFC 4514. */
  readonly issuer: string;
  /** Of a Document Signer's certificate, in hex. */
  readonly serialNumber?: string;
  /** DER. */
  readonly content: Uint8Array;
  /** Which branch it is in: `dc=data` or `dc=nc-data`. */
  readonly conformant: boolean;
  /** What is wrong with it; on what is conformant these are warnings, which the PKD gives and we do not. */
  readonly conformance: readonly PkdConformance[];
  /** Counted by the PKD; on what is downloaded. */
  readonly version?: number;
}

interface Shape {
  readonly objectClasses: readonly string[];
  /** The attribute that holds the object; then those that older collections have instead. */
  readonly content: readonly [string, ...string[]];
}

/**
 * Names: `docs.keyfactor.com/npkd/latest/pkd-objects-paths-on-icao` (upload: `cn=…+sn=…,o=dsc`, and `cn=…` for the rest). Classes and
 * attributes: as the PKD's public collections 001 to 003 have them (iland112/local-pkd docs/PHASE_17_ICAO_FILE_ANALYSIS.md, JMRTD PKDCertStoreSpi
 * for `CscaMasterListData`, which the collections had until 2021). The PKD's interface specification itself is not public; no collection
 * has a Deviation List, so that class and attribute of `dl` are by analogy with `ml` and must be confirmed with the PKD operator.
 */
const SHAPES: Readonly<Record<PkdKind, Shape>> = {
  dsc: {
    objectClasses: ['top', 'person', 'organizationalPerson', 'inetOrgPerson', 'pkdDownload'],
    content: ['userCertificate;binary', 'userCertificate'],
  },
  crl: {
    objectClasses: ['top', 'cRLDistributionPoint', 'pkdDownload'],
    content: ['certificateRevocationList;binary', 'certificateRevocationList'],
  },
  ml: {
    objectClasses: ['top', 'person', 'pkdMasterList', 'pkdDownload'],
    content: ['pkdMasterListContent', 'pkdMasterListContent;binary', 'CscaMasterListData'],
  },
  dl: {
    objectClasses: ['top', 'person', 'pkdDeviationList', 'pkdDownload'],
    content: ['pkdDeviationListContent', 'pkdDeviationListContent;binary'],
  },
};

const KINDS: readonly PkdKind[] = ['dsc', 'crl', 'ml', 'dl'];
const ROOT: readonly RelativeName[] = ['pkd', 'icao', 'int'].map((value) => [{ type: 'dc', value }]);
/** What the classes of the tree itself are; their entries carry nothing. */
const CONTAINERS = new Set(['domain', 'country', 'organization']);

/** Where it is uploaded: `cn=…+sn=…,o=dsc,c=VN,dc=data,dc=upload,dc=pkd,dc=icao,dc=int`. */
export function pkdDn({ kind, country, issuer, serialNumber, conformant }: PkdObject): string {
  const own: RelativeName = [
    { type: 'cn', value: issuer },
    ...(kind === 'dsc' && serialNumber !== undefined ? [{ type: 'sn', value: serialNumber }] : []),
  ];
  const branch = conformant ? 'data' : 'nc-data';
  return encodeDn([
    own,
    ...[['o', kind] as const, ['c', country] as const, ['dc', branch] as const, ['dc', 'upload'] as const].map(relative),
    ...ROOT,
  ]);
}

function relative([type, value]: readonly [string, string]): RelativeName {
  return [{ type, value }];
}

export function encodePkdObject(object: PkdObject): LdifEntry {
  const { objectClasses, content } = SHAPES[object.kind];
  const text = (type: string, value: string): LdifAttribute => ({ type, value: utf8(value) });
  // A person of LDAP has a surname: lists, which have no serial number, have 1, as in the PKD's collections.
  const surname = object.kind === 'crl' ? [] : [text('sn', object.serialNumber ?? '1')];
  return {
    dn: pkdDn(object),
    attributes: [
      ...objectClasses.map((name) => text('objectClass', name)),
      text('cn', object.issuer),
      ...surname,
      ...(object.version === undefined ? [] : [text('pkdVersion', String(object.version))]),
      ...object.conformance.flatMap((finding) => [text('pkdConformanceCode', finding.code), text('pkdConformanceText', finding.text)]),
      { type: content[0], value: object.content },
    ],
  };
}

/**
 * The object of an entry, of an upload or of a downloaded collection; undefined for the entries of the tree above it (domain, country,
 * organization). The content is not looked at. Errors: PKD_ENTRY_MALFORMED with the line.
 */
export function decodePkdObject(entry: LdifEntry): PkdObject | undefined {
  const refuse = (detail: string): PkdError => new PkdError('PKD_ENTRY_MALFORMED', { where: `line ${entry.line ?? 0}`, detail });
  const name = decodeDn(entry.dn);
  if (isContainer(entry, name)) return undefined;
  const place = placeOf(name);
  if (place === undefined) throw refuse('not a name of the PKD');
  const { own, kind, country, conformant } = place;
  if (!/^[A-Z]{2}$/.test(country)) throw refuse('no country of two letters');
  for (const { type, value } of own) {
    // X.501 §9.3: the values of the relative name are values of the entry.
    if (!textsOf(entry, type).some((present) => matched(present) === matched(value)))
      throw refuse(`${type} of the name is not in the entry`);
  }
  const inName = (type: string): string | undefined => own.find((candidate) => candidate.type.toLowerCase() === type)?.value;
  const [issuer, serialNumber] = [inName('cn'), inName('sn')];
  if (issuer === undefined || (kind === 'dsc') !== (serialNumber !== undefined)) throw refuse('the relative name is not cn, or cn and sn');
  const contents = valuesOf(entry, SHAPES[kind].content);
  const [content] = contents;
  if (content === undefined || contents.length !== 1) throw refuse(`${contents.length} values of ${SHAPES[kind].content[0]}`);
  const [codes, texts] = [textsOf(entry, 'pkdConformanceCode'), textsOf(entry, 'pkdConformanceText')];
  if (!conformant && codes.length === 0 && texts.length === 0) throw refuse('non-conformant, and no code says why');
  const [version] = textsOf(entry, 'pkdVersion');
  if (version !== undefined && !/^\d{1,9}$/.test(version)) throw refuse('pkdVersion is no number');
  return {
    kind,
    country,
    issuer,
    ...(serialNumber === undefined ? {} : { serialNumber }),
    content,
    conformant,
    conformance: Array.from({ length: Math.max(codes.length, texts.length) }, (_, at) => ({
      code: codes[at] ?? '',
      text: texts[at] ?? '',
    })),
    ...(version === undefined ? {} : { version: Number(version) }),
  };
}

interface Place {
  readonly own: RelativeName;
  readonly kind: PkdKind;
  readonly country: string;
  readonly conformant: boolean;
}

/** Where in the tree a name is; undefined for a name of another tree. */
function placeOf([own = [], kindPart, countryPart, branchPart, directionPart, ...root]: readonly RelativeName[]): Place | undefined {
  const kind = KINDS.find((candidate) => isPart(kindPart, 'o', candidate));
  const branch = ['data', 'nc-data'].find((candidate) => isPart(branchPart, 'dc', candidate));
  const directed = ['upload', 'download'].some((direction) => isPart(directionPart, 'dc', direction));
  const country = countryPart?.[0]?.value ?? '';
  const placed = directed && isPart(countryPart, 'c', country) && encodeDn(root).toLowerCase() === encodeDn(ROOT);
  if (kind === undefined || branch === undefined || !placed) return undefined;
  return { own, kind, country, conformant: branch === 'data' };
}

function isContainer(entry: LdifEntry, [own = []]: readonly RelativeName[]): boolean {
  const isObject = own.some(({ type }) => type.toLowerCase() === 'cn');
  return !isObject && textsOf(entry, 'objectClass').some((name) => CONTAINERS.has(name.toLowerCase()));
}

function valuesOf({ attributes }: LdifEntry, types: readonly string[]): readonly Uint8Array[] {
  const wanted = new Set(types.map((type) => type.toLowerCase()));
  return attributes.flatMap(({ type, value }) => (wanted.has(type.toLowerCase()) ? [value] : []));
}

function textsOf(entry: LdifEntry, type: string): readonly string[] {
  return valuesOf(entry, [type]).map((value) => decodeUtf8(value, type));
}

/** caseIgnoreMatch (RFC 4517 §4.2.11), as directories compare names. */
function matched(text: string): string {
  return text.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}

function isPart(part: RelativeName | undefined, type: string, value: string): boolean {
  const [only] = part ?? [];
  return part?.length === 1 && only?.type.toLowerCase() === type && only.value.toLowerCase() === value.toLowerCase();
}
