import { decodeUtf8, equalBytes, utf8 } from '#encoder/bytes';
import { decodeDn, encodeDn, type RelativeName } from './distinguished-name.ts';
import type { LdifAttribute, LdifEntry } from './ldif.ts';
import { PkdError } from './pkd-error.ts';

/** Document Signer's certificate, CRL, CSCA Master List, Deviation List. */
export type PkdKind = 'dsc' | 'crl' | 'ml' | 'dl';

/** Why the PKD would call something non-conformant: one code and one text each. */
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
  /** Empty for what is conformant, and then it belongs under `dc=data`, else under `dc=nc-data`. */
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
export function pkdDn({ kind, country, issuer, serialNumber, conformance }: PkdObject): string {
  const own: RelativeName = [
    { type: 'cn', value: issuer },
    ...(kind === 'dsc' && serialNumber !== undefined ? [{ type: 'sn', value: serialNumber }] : []),
  ];
  const branch = conformance.length === 0 ? 'data' : 'nc-data';
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
  const valuesOf = (...types: readonly string[]): readonly Uint8Array[] => {
    const wanted = new Set(types.map((type) => type.toLowerCase()));
    return entry.attributes.flatMap(({ type, value }) => (wanted.has(type.toLowerCase()) ? [value] : []));
  };
  const texts = (type: string): readonly string[] => valuesOf(type).map((value) => decodeUtf8(value, type));
  const classes = texts('objectClass').map((name) => name.toLowerCase());
  if (classes.some((name) => CONTAINERS.has(name))) return undefined;

  const [own = [], kindPart, countryPart, branchPart, directionPart, ...root] = decodeDn(entry.dn);
  const kind = KINDS.find((candidate) => isPart(kindPart, 'o', candidate));
  const country = countryPart?.[0]?.value ?? '';
  const branch = ['data', 'nc-data'].find((candidate) => isPart(branchPart, 'dc', candidate));
  const directed = ['upload', 'download'].some((direction) => isPart(directionPart, 'dc', direction));
  if (kind === undefined || branch === undefined || !directed || encodeDn(root).toLowerCase() !== encodeDn(ROOT))
    throw refuse('not a name of the PKD');
  if (!isPart(countryPart, 'c', country) || !/^[A-Z]{2}$/.test(country)) throw refuse('no country of two letters');
  for (const { type, value } of own) {
    // X.501: the values of the relative name are values of the entry.
    if (!valuesOf(type).some((present) => equalBytes(present, utf8(value)))) throw refuse(`${type} of the name is not in the entry`);
  }
  const attribute = (type: string): string | undefined => own.find((candidate) => candidate.type.toLowerCase() === type)?.value;
  const [issuer, serialNumber, contents] = [attribute('cn'), attribute('sn'), valuesOf(...SHAPES[kind].content)];
  const content = contents[0];
  if (issuer === undefined || (kind === 'dsc') !== (serialNumber !== undefined)) throw refuse('the relative name is not cn, or cn and sn');
  if (content === undefined || contents.length !== 1) throw refuse(`${contents.length} values of ${SHAPES[kind].content[0]}`);
  const [codes, conformanceTexts] = [texts('pkdConformanceCode'), texts('pkdConformanceText')];
  // Warnings stand in the conformant branch too.
  if (branch === 'nc-data' && codes.length === 0 && conformanceTexts.length === 0) throw refuse('non-conformant, and no code says why');
  const version = texts('pkdVersion')[0];
  if (version !== undefined && !/^\d{1,9}$/.test(version)) throw refuse('pkdVersion is no number');
  return {
    kind,
    country,
    issuer,
    ...(serialNumber === undefined ? {} : { serialNumber }),
    content,
    conformance: Array.from({ length: Math.max(codes.length, conformanceTexts.length) }, (_, at) => ({
      code: codes[at] ?? '',
      text: conformanceTexts[at] ?? '',
    })),
    ...(version === undefined ? {} : { version: Number(version) }),
  };
}

function isPart(part: RelativeName | undefined, type: string, value: string): boolean {
  const [only] = part ?? [];
  return part?.length === 1 && only?.type.toLowerCase() === type && only.value.toLowerCase() === value.toLowerCase();
}
