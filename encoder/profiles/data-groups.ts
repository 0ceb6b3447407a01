import { DecodeError } from '#encoder/bytes';
import {
  cardAccess,
  decodeSubjectPublicKeyInfo,
  dg1,
  dg13,
  dg13Of,
  dg14,
  dg14Of,
  dg15,
  dg2,
  dg2Of,
  ecSubjectPublicKeyInfo,
  efCom,
  fileByName,
  PROTOCOL,
  type Dg13Citizen,
  type Dg13Grammar,
  type ProtocolName,
  type PublicKey,
  type SecurityInfo,
} from '#encoder/lds';
import { mrzFor } from '#encoder/mrz';
import { parseDate, vietnameseDate } from './calendar.ts';
import type { CitizenRecord } from './citizen-record.ts';
import { ProfileError } from './profile-error.ts';
import type { CardProfile, ProfileFileName } from './profile.ts';

export interface DataGroupInput {
  readonly profile: CardProfile;
  readonly record: CitizenRecord;
  /** 16 upper-case hex characters, as the chip itself reports it. */
  readonly chipId: string;
  /** SubjectPublicKeyInfo of the key pairs that were made on the chip. */
  readonly activeAuthenticationKey: Uint8Array;
  /** With named or explicit parameters; DG14 gets explicit ones (Doc 9303-11 §9.5.2). */
  readonly chipAuthenticationKey: Uint8Array;
}

export interface CardFileSet {
  /** By number; what EF.SOD hashes. */
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  /** By name, everything but EF.SOD, in writing order. */
  readonly files: ReadonlyMap<Exclude<ProfileFileName, 'EF.SOD'>, Uint8Array>;
}

/** An empty set of keys has no meaning on a card; a chip id is what Vietnamese readers show as field 16 of DG13. */
const CHIP_ID = /^[0-9A-F]{16}$/;

/**
 * All files of one card but EF.SOD. Pure: the same record and the same chip give the same bytes.
 *
 * Throws `ProfileError` (`CHIP_ID_FORMAT`, `CHIP_KEY_UNSUITABLE`, `DATA_GROUP_TOO_LARGE`, `CHIP_CAPACITY_EXCEEDED`,
 * `RECORD_INVALID`), `MrzError` for a name without MRZ form, `DecodeError` for a portrait that is no JPEG. `lintRecord`
 * finds all of these beforehand, without a chip.
 */
export function buildDataGroups(input: DataGroupInput): CardFileSet {
  const { profile } = input;
  const built = new Map<ProfileFileName, Uint8Array>();
  for (const name of profile.files) {
    if (name !== 'EF.SOD') built.set(name, BUILDERS[name](input));
  }
  assertSizes(profile, built);
  const dataGroups = new Map<number, Uint8Array>();
  for (const [name, bytes] of built) {
    const { dataGroup } = fileByName(name);
    if (dataGroup !== undefined) dataGroups.set(dataGroup, bytes);
  }
  return {
    dataGroups: new Map(Array.from(dataGroups).toSorted(([a], [b]) => a - b)),
    files: built as ReadonlyMap<Exclude<ProfileFileName, 'EF.SOD'>, Uint8Array>,
  };
}

const BUILDERS: Readonly<Record<Exclude<ProfileFileName, 'EF.SOD'>, (input: DataGroupInput) => Uint8Array>> = {
  'EF.CardAccess': ({ profile }) => cardAccess.encode({ securityInfos: announcedInfos(profile) }),
  'EF.COM': ({ profile }) => efCom.encode(profile.com),
  'EF.DG1': ({ profile, record }) => dg1.encode({ lines: mrzFor(record, profile.mrz).lines }),
  'EF.DG2': ({ record }) => dg2.encode(dg2Of(record.portrait)),
  'EF.DG13': ({ profile, record, chipId }) => dg13.encode(dg13Of(dg13Grammar(profile), dg13Citizen(profile, record, chipId))),
  'EF.DG14': ({ profile, chipAuthenticationKey }) =>
    dg14.encode(dg14Of(announcedInfos(profile), [chipAuthenticationKeyInfo(profile, chipAuthenticationKey)])),
  'EF.DG15': ({ profile, activeAuthenticationKey }) =>
    dg15.encode({ subjectPublicKeyInfo: suitableAaKey(profile, activeAuthenticationKey) }),
};

/** What EF.CardAccess announces, in DER order. */
export function announcedInfos(profile: CardProfile): readonly SecurityInfo[] {
  const infos = profile.access.announces.map(({ kind, protocol, version, parameterId }): SecurityInfo => {
    const oid = PROTOCOL[protocol as ProtocolName] as string | undefined;
    if (oid === undefined) throw new ProfileError('PROFILE_INVALID', { where: `/access/announces ${protocol}` });
    if (kind === 'PACEInfo') return { kind, protocol: oid, version, ...(parameterId === undefined ? {} : { parameterId }) };
    return { kind, protocol: oid, version };
  });
  return dg14Of(infos, []).securityInfos;
}

/** The grammar of DG13 in this profile: with it `citizenOf` of `#encoder/lds` reads a file back. */
export function dg13Grammar(profile: CardProfile): Dg13Grammar {
  return profile.dg13;
}

/** What DG13 says about this citizen, in the words of the profile; inspection compares it with what `citizenOf` reads. */
export function dg13Citizen(profile: CardProfile, record: CitizenRecord, chipId: string): Dg13Citizen {
  if (!CHIP_ID.test(chipId)) throw new ProfileError('CHIP_ID_FORMAT', { detail: `${chipId.length} characters, 16 upper-case hex needed` });
  const { words } = profile.dg13;
  return {
    personalNumber: record.personalNumber,
    fullName: record.fullName,
    dateOfBirth: cardDate(record.dateOfBirth, 'dateOfBirth'),
    sex: record.sex === 'male' ? words.male : words.female,
    nationality: nationalityWord(profile, record.nationality),
    ethnicity: record.ethnicity,
    religion: record.religion,
    placeOfOrigin: record.placeOfOrigin,
    placeOfResidence: record.placeOfResidence,
    personalMarks: record.personalMarks,
    dateOfIssue: cardDate(record.dateOfIssue, 'dateOfIssue'),
    dateOfExpiry: record.dateOfExpiry === null ? words.noExpiry : cardDate(record.dateOfExpiry, 'dateOfExpiry'),
    father: record.father,
    mother: record.mother,
    spouses: record.spouses,
    oldIdentityNumber: record.oldIdentityNumber,
    chipId,
  };
}

function nationalityWord(profile: CardProfile, code: string): string {
  const { nationalities } = profile.dg13.words;
  const word = Object.hasOwn(nationalities, code) ? nationalities[code] : undefined;
  if (word === undefined) throw new ProfileError('RECORD_INVALID', { where: 'nationality' });
  return word;
}

function cardDate(text: string, field: string): string {
  const date = parseDate(text);
  if (date === undefined) throw new ProfileError('RECORD_INVALID', { where: field });
  return vietnameseDate(date);
}

function chipAuthenticationKeyInfo(profile: CardProfile, spki: Uint8Array): SecurityInfo {
  const key = readKey(spki, 'chipAuthenticationKey');
  if (key.kind !== 'ec' || key.curve !== profile.algorithms.chipAuthentication.curve) throw unsuitable('chipAuthenticationKey');
  return {
    kind: 'ChipAuthenticationPublicKeyInfo',
    protocol: PROTOCOL['id-PK-ECDH'],
    subjectPublicKeyInfo: ecSubjectPublicKeyInfo(key.curve, key.point),
  };
}

function suitableAaKey(profile: CardProfile, spki: Uint8Array): Uint8Array {
  const key = readKey(spki, 'activeAuthenticationKey');
  if (key.kind !== 'rsa' || key.bits !== profile.algorithms.activeAuthentication.bits) throw unsuitable('activeAuthenticationKey');
  // An even modulus or exponent is no RSA key; a chip whose generator failed has been seen to answer with one.
  if (key.modulus % 2n === 0n || key.exponent % 2n === 0n || key.exponent < 3n) throw unsuitable('activeAuthenticationKey');
  return spki;
}

function readKey(spki: Uint8Array, where: string): PublicKey {
  try {
    return decodeSubjectPublicKeyInfo(spki, where);
  } catch (cause) {
    if (cause instanceof DecodeError) throw new ProfileError('CHIP_KEY_UNSUITABLE', { where: `${cause.path} @${cause.offset}`, cause });
    throw cause;
  }
}

function unsuitable(where: string): ProfileError {
  return new ProfileError('CHIP_KEY_UNSUITABLE', { where });
}

function assertSizes({ limits }: CardProfile, files: ReadonlyMap<ProfileFileName, Uint8Array>): void {
  let total = limits.sodBytes;
  for (const [name, { length }] of files) {
    if (length > limits.fileBytes)
      throw new ProfileError('DATA_GROUP_TOO_LARGE', { where: name, detail: `${length} bytes, at most ${limits.fileBytes}` });
    total += length;
  }
  if (total > limits.chipBytes) throw new ProfileError('CHIP_CAPACITY_EXCEEDED', { detail: `${total} bytes, at most ${limits.chipBytes}` });
}
