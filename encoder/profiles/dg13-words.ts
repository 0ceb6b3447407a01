import type { Dg13Citizen, Dg13Grammar } from '#encoder/lds';
import { parseDate, parsePartialDate, vietnameseDate } from './calendar.ts';
import type { CitizenRecord } from './citizen-record.ts';
import { ProfileError } from './profile-error.ts';
import type { CardProfile } from './profile-schema.ts';
import { residenceOf } from './residence.ts';

/** A chip id is what Vietnamese readers show as field 16 of DG13. */
const CHIP_ID = /^[0-9A-F]{16}$/;

/**
 * The grammar of DG13 in this profile: with it `citizenOf` of `#encoder/lds` reads a file back. `PROFILE_INVALID` for a
 * profile without that file.
 */
export function dg13Grammar({ dg13 }: CardProfile): Dg13Grammar & { readonly words: NonNullable<CardProfile['dg13']>['words'] } {
  if (dg13 === undefined) throw new ProfileError('PROFILE_INVALID', { where: '/dg13' });
  return dg13;
}

/** What DG13 says about this citizen, in the words of the profile; inspection compares it with what `citizenOf` reads. */
export function dg13Citizen(profile: CardProfile, record: CitizenRecord, chipId: string): Dg13Citizen {
  if (!CHIP_ID.test(chipId)) throw new ProfileError('CHIP_ID_FORMAT', { detail: `${chipId.length} characters, 16 upper-case hex needed` });
  const { words } = dg13Grammar(profile);
  return {
    personalNumber: record.personalNumber,
    fullName: record.fullName,
    dateOfBirth: birthWords(profile, record.dateOfBirth),
    sex: record.sex === 'male' ? words.male : words.female,
    nationality: nationalityWord(profile, record.nationality),
    ethnicity: record.ethnicity,
    religion: record.religion,
    placeOfOrigin: record.placeOfOrigin,
    placeOfResidence: residenceOf(profile, record),
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

function nationalityWord({ holder: { nationalities } }: CardProfile, code: string): string {
  const word = Object.hasOwn(nationalities, code) ? nationalities[code] : undefined;
  if (word === undefined) throw new ProfileError('RECORD_INVALID', { where: 'nationality' });
  return word;
}

/** With zeros for what is unknown, or without it, as the profile has it. */
function birthWords({ holder }: CardProfile, text: string): string {
  const date = parsePartialDate(text);
  const whole = date === undefined || (date.month !== null && date.day !== null);
  if (whole || holder.partialDateOfBirth === 'refused') return cardDate(text, 'dateOfBirth');
  const [year = '', month = '00'] = text.split('-');
  if (holder.partialDateOfBirth === 'zeros') return `00/${month}/${year}`;
  return text.split('-').toReversed().join('/');
}

function cardDate(text: string, field: string): string {
  const date = parseDate(text);
  if (date === undefined) throw new ProfileError('RECORD_INVALID', { where: field });
  return vietnameseDate(date);
}
