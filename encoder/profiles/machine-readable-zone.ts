import {
  canFor,
  encodeTd1,
  encodeTd2,
  encodeTd3,
  mrzFor,
  mrzInformation,
  mrzInformationTd2,
  mrzInformationTd3,
  nameComponents,
} from '#encoder/mrz';
import { parseDate, parsePartialDate } from './calendar.ts';
import type { CitizenRecord } from './citizen-record.ts';
import { ProfileError } from './profile-error.ts';
import type { CardProfile } from './profile-schema.ts';

/** What the zone needs to know of a person. */
export type ZoneHolder = Pick<
  CitizenRecord,
  'personalNumber' | 'fullName' | 'dateOfBirth' | 'sex' | 'nationality' | 'dateOfExpiry' | 'documentNumber'
>;

export interface Zone {
  /** Three lines (TD1) or two (TD2, TD3). */
  readonly lines: readonly string[];
  /** The name did not fit: quality control compares such a line with the order, not with the reader's eye. */
  readonly truncated: boolean;
}

/** What each form of the zone does; nothing asks for the form afterwards. */
interface ZoneForm {
  encode(profile: CardProfile, holder: ZoneHolder): Zone;
  information(lines: readonly string[]): string;
}

const FORMS: Readonly<Record<CardProfile['mrz']['form'], ZoneForm>> = {
  'td1-vietnam': { encode: ({ mrz }, holder) => mrzFor(holder, mrz), information: mrzInformation },
  td1: {
    encode: (profile, holder) =>
      encodeTd1({
        ...commonFields(profile, holder),
        documentNumber: documentNumberOf(profile, holder),
        optionalData1: optionalDataOf(profile, holder),
        optionalData2: '',
      }),
    information: mrzInformation,
  },
  td2: {
    encode: (profile, holder) =>
      encodeTd2({
        ...commonFields(profile, holder),
        documentNumber: documentNumberOf(profile, holder),
        optionalData: optionalDataOf(profile, holder),
      }),
    information: mrzInformationTd2,
  },
  td3: {
    encode: (profile, holder) =>
      encodeTd3({
        ...commonFields(profile, holder),
        passportNumber: documentNumberOf(profile, holder),
        personalNumber: optionalDataOf(profile, holder),
      }),
    information: mrzInformationTd3,
  },
};

/**
 * The machine readable zone of this holder in the form of the profile. Throws `MrzError` for a name without MRZ form or a
 * field that has no place, `ProfileError` `RECORD_INVALID` for a date that is none and a document number that is missing.
 */
export function zoneFor(profile: CardProfile, holder: ZoneHolder): Zone {
  return FORMS[profile.mrz.form].encode(profile, holder);
}

/** What opens the finished chip: the input of BAC and of the PACE password MRZ, and the card access number. Personal. */
export function accessSecretsFor(profile: CardProfile, holder: ZoneHolder): { readonly mrzInformation: string; readonly can: string } {
  const { lines } = zoneFor(profile, holder);
  return { mrzInformation: FORMS[profile.mrz.form].information(lines), can: canFor(holder) };
}

/** The same from printed lines; `MrzError` when they are none of this form. */
export function mrzInformationOf(profile: CardProfile, lines: readonly string[]): string {
  return FORMS[profile.mrz.form].information(lines);
}

function commonFields({ mrz }: CardProfile, holder: ZoneHolder) {
  const { primary, secondary } = nameComponents(holder.fullName, new Map(Object.entries(mrz.furtherLetters)));
  return {
    documentCode: mrz.documentCode,
    issuingState: mrz.issuingState,
    dateOfBirth: birthField(holder.dateOfBirth),
    sex: holder.sex === 'male' ? 'M' : 'F',
    dateOfExpiry: holder.dateOfExpiry === null ? mrz.noExpiry : sixDigits(holder.dateOfExpiry, 'dateOfExpiry'),
    nationality: holder.nationality,
    primaryIdentifier: primary,
    secondaryIdentifier: secondary,
  } as const;
}

/** Of its own, or the last nine digits of the personal number, as Vietnamese cards have it. */
function documentNumberOf({ mrz }: CardProfile, { documentNumber, personalNumber }: ZoneHolder): string {
  const own = mrz.documentNumber === 'personal-number' ? undefined : documentNumber;
  if (own !== undefined) return own;
  if (mrz.documentNumber === 'record') throw new ProfileError('RECORD_INVALID', { where: 'documentNumber' });
  return personalNumber.slice(-9);
}

function optionalDataOf({ mrz }: CardProfile, { personalNumber }: ZoneHolder): string {
  return mrz.optionalData === 'personal-number' ? personalNumber : '';
}

/** Fillers stand for what is unknown (Doc 9303-3 §4.8). */
function birthField(iso: string): string {
  if (parsePartialDate(iso) === undefined) throw new ProfileError('RECORD_INVALID', { where: 'dateOfBirth' });
  return iso.slice(2).replaceAll('-', '').padEnd(6, '<');
}

function sixDigits(iso: string, where: string): string {
  if (parseDate(iso) === undefined) throw new ProfileError('RECORD_INVALID', { where });
  return iso.slice(2).replaceAll('-', '');
}
