import { fromHex } from '#encoder/bytes';
import {
  cardAccess,
  dg1,
  dg11,
  dg12,
  dg13,
  dg13Of,
  dg14,
  dg15,
  dg16,
  dg2,
  dg2Of,
  dg3,
  efAtrInfo,
  efCom,
  efCvca,
  efDir,
  fileByName,
  fingerOf,
  type Dg3,
} from '#encoder/lds';
import { activeAuthenticationKeyInfo } from './chip-keys.ts';
import type { CitizenRecord } from './citizen-record.ts';
import { dg11Elements, dg12Elements, personsToNotify } from './details.ts';
import { dg13Citizen, dg13Grammar } from './dg13-words.ts';
import { zoneFor } from './machine-readable-zone.ts';
import { ProfileError } from './profile-error.ts';
import type { CardProfile, ProfileFileName } from './profile-schema.ts';
import { announcedInfos, cardSecurityContent, dg14Infos } from './security-infos.ts';

export interface DataGroupInput {
  readonly profile: CardProfile;
  readonly record: CitizenRecord;
  /** 16 upper-case hex characters, as the chip itself reports it. */
  readonly chipId: string;
  /** SubjectPublicKeyInfo of the key pairs that were made on the chip; null where the profile has none. */
  readonly activeAuthenticationKey: Uint8Array | null;
  /** With named or explicit parameters; DG14 gets explicit ones (Doc 9303-11 §9.5.2). */
  readonly chipAuthenticationKey: Uint8Array | null;
  /** What EF.CVCA names: the Certification Authority References that the chip trusts at first, the most recent first. */
  readonly cvcaReferences?: readonly string[];
  /** Random bytes for a DG3 without fingers, so that its hash does not tell that it is empty (Doc 9303-10 §4.7.3.2.2). */
  readonly emptyDg3Content?: Uint8Array;
}

/** Signed after everything else is known: by `pki/`, not here. */
export type SignedFileName = 'EF.CardSecurity' | 'EF.SOD';
export type BuiltFileName = Exclude<ProfileFileName, SignedFileName>;

export interface CardFileSet {
  /** By number; what EF.SOD hashes. */
  readonly dataGroups: ReadonlyMap<number, Uint8Array>;
  /** By name, everything but the signed files, in writing order. */
  readonly files: ReadonlyMap<BuiltFileName, Uint8Array>;
  /** All files of this card in writing order, the signed ones included: a record may leave out some of the profile's. */
  readonly writingOrder: readonly ProfileFileName[];
  /** SecurityInfos to be signed for EF.CardSecurity, DER; null where the profile has no such file. */
  readonly cardSecurityContent: Uint8Array | null;
}

/**
 * All files of one card but the signed ones. Pure: the same record and the same chip give the same bytes.
 *
 * Throws `ProfileError` (`CHIP_ID_FORMAT`, `CHIP_KEY_UNSUITABLE`, `CVCA_REFERENCES_UNSUITABLE`, `DATA_GROUP_TOO_LARGE`,
 * `CHIP_CAPACITY_EXCEEDED`, `RECORD_INVALID`), `MrzError` for a name without MRZ form, `DecodeError` for a picture that is
 * none. `lintRecord` finds all of these beforehand, without a chip.
 */
export function buildDataGroups(input: DataGroupInput): CardFileSet {
  const { profile, record, chipAuthenticationKey } = input;
  const writingOrder = filesOf(profile, record);
  const files = new Map(writingOrder.flatMap((name) => (isSigned(name) ? [] : [[name, BUILDERS[name](input)] as const])));
  assertSizes(profile, files, writingOrder.filter(isSigned).length);
  const numbered = Array.from(files, ([name, bytes]) => [fileByName(name).dataGroup, bytes] as const);
  return {
    dataGroups: new Map(
      numbered.flatMap(([number, bytes]) => (number === undefined ? [] : [[number, bytes] as const])).toSorted(([a], [b]) => a - b),
    ),
    files,
    writingOrder,
    cardSecurityContent: writingOrder.includes('EF.CardSecurity') ? cardSecurityContent(profile, chipAuthenticationKey) : null,
  };
}

/** The files of this holder's card in writing order, the signed ones included: the profile's, but for those that would be empty. */
export function filesOf(profile: CardProfile, record: CitizenRecord): readonly ProfileFileName[] {
  return profile.files.filter((name) => LEFT_OUT[name]?.(profile, record) !== true);
}

/** When a record has nothing for a file that is never empty. */
const LEFT_OUT: Readonly<Partial<Record<ProfileFileName, (profile: CardProfile, record: CitizenRecord) => boolean>>> = {
  'EF.DG2': ({ dg2: { withoutPortrait } }, { portrait }) => portrait.length === 0 && withoutPortrait === 'no-file',
  'EF.DG11': (profile, record) => dg11Elements(profile, record).length === 0,
  'EF.DG16': (_profile, record) => personsToNotify(record).length === 0,
};

function isSigned(name: ProfileFileName): name is SignedFileName {
  return name === 'EF.CardSecurity' || name === 'EF.SOD';
}

const BUILDERS: Readonly<Record<BuiltFileName, (input: DataGroupInput) => Uint8Array>> = {
  'EF.ATR/INFO': ({ profile }) => {
    const { softwareFunctions, extendedLength } = part(profile, 'atrInfo');
    return efAtrInfo.encode({
      objects: [
        { kind: 'cardCapabilities', softwareFunctions: fromHex(softwareFunctions) },
        ...(extendedLength === undefined ? [] : [{ kind: 'extendedLength', ...extendedLength } as const]),
      ],
    });
  },
  'EF.DIR': ({ profile }) =>
    efDir.encode({ applications: part(profile, 'directory').applications.map((id) => ({ applicationId: fromHex(id), further: [] })) }),
  'EF.CardAccess': ({ profile }) => cardAccess.encode({ securityInfos: announcedInfos(profile) }),
  'EF.COM': ({ profile, record }) => {
    const files: ReadonlySet<string> = new Set(filesOf(profile, record));
    return efCom.encode({ ...profile.com, dataGroups: profile.com.dataGroups.filter((number) => files.has(`EF.DG${number}`)) });
  },
  'EF.CVCA': ({ cvcaReferences }) => cvcaFile(cvcaReferences),
  'EF.DG1': ({ profile, record }) => dg1.encode({ lines: zoneFor(profile, record).lines }),
  'EF.DG2': ({ profile, record }) => dg2.encode(dg2Of(portraitFor(profile, record), profile.dg2.standard)),
  'EF.DG3': (input) => dg3.encode(fingersFor(input)),
  'EF.DG11': ({ profile, record }) => dg11.encode({ elements: dg11Elements(profile, record) }),
  'EF.DG12': ({ profile, record }) => dg12.encode({ elements: dg12Elements(profile, record) }),
  'EF.DG13': ({ profile, record, chipId }) => dg13.encode(dg13Of(dg13Grammar(profile), dg13Citizen(profile, record, chipId))),
  'EF.DG14': ({ profile, chipAuthenticationKey }) => dg14.encode({ securityInfos: dg14Infos(profile, chipAuthenticationKey) }),
  'EF.DG15': ({ profile, activeAuthenticationKey }) =>
    dg15.encode({ subjectPublicKeyInfo: activeAuthenticationKeyInfo(profile, activeAuthenticationKey) }),
  'EF.DG16': ({ record }) => dg16.encode({ persons: personsToNotify(record) }),
};

/** A part that every profile with its file has, by the rules of a profile. */
function part<Name extends 'atrInfo' | 'directory'>(profile: CardProfile, name: Name): NonNullable<CardProfile[Name]> {
  const value = profile[name];
  if (value === undefined) throw new ProfileError('PROFILE_INVALID', { where: `/${name}` });
  return value;
}

/** The holder's picture, or the profile's where none was taken. */
function portraitFor({ dg2: { withoutPortrait } }: CardProfile, { portrait }: CitizenRecord): Uint8Array {
  return portrait.length > 0 || withoutPortrait === 'no-file' ? portrait : Uint8Array.from(Buffer.from(withoutPortrait.jpeg, 'base64'));
}

/** Positions of ISO/IEC 19794-4 table 5: right index finger before left. */
const FINGERS = [
  [2, 'rightIndexFinger'],
  [7, 'leftIndexFinger'],
] as const;

function fingersFor({ profile, record, emptyDg3Content }: DataGroupInput): Dg3 {
  const wanted = profile.dg3?.content === 'index-fingers' ? FINGERS : [];
  const fingers = wanted.flatMap(([position, name]) => (record[name].length === 0 ? [] : [fingerOf(position, record[name], name)]));
  return fingers.length > 0 || emptyDg3Content === undefined ? { fingers } : { fingers, issuerContent: emptyDg3Content };
}

function cvcaFile(references: readonly string[] | undefined): Uint8Array {
  if (references === undefined || references.length === 0) throw new ProfileError('CVCA_REFERENCES_UNSUITABLE', { detail: 'none given' });
  try {
    return efCvca.encode({ references });
  } catch (cause) {
    if (cause instanceof RangeError) throw new ProfileError('CVCA_REFERENCES_UNSUITABLE', { detail: cause.message, cause });
    throw cause;
  }
}

function assertSizes({ limits }: CardProfile, files: ReadonlyMap<ProfileFileName, Uint8Array>, signedFiles: number): void {
  let total = limits.sodBytes * signedFiles;
  for (const [name, { length }] of files) {
    if (length > limits.fileBytes)
      throw new ProfileError('DATA_GROUP_TOO_LARGE', { where: name, detail: `${length} bytes, at most ${limits.fileBytes}` });
    total += length;
  }
  if (total > limits.chipBytes) throw new ProfileError('CHIP_CAPACITY_EXCEEDED', { detail: `${total} bytes, at most ${limits.chipBytes}` });
}
