import { isCodedError } from '#encoder/bytes';
import { Dg13Error } from '#encoder/lds';
import { MrzError } from '#encoder/mrz';
import { compareDates, firstDayOf, formatDate, parseDate, parsePartialDate, plusYears, type CalendarDate } from './calendar.ts';
import type { CitizenRecord } from './citizen-record.ts';
import { buildDataGroups } from './data-groups.ts';
import { lintFinger, lintPortrait } from './lint-images.ts';
import { finding, refusal, warning, type FieldPath, type LintFinding } from './lint-finding.ts';
import { lintText, nameRule, textRule, type TextRule } from './lint-text.ts';
import { zoneFor } from './machine-readable-zone.ts';
import { placeholderChip } from './placeholder-chip.ts';
import { ProfileError } from './profile-error.ts';
import type { CardProfile } from './profile-schema.ts';
import { residenceOf } from './residence.ts';
import { expiryFor } from './validity.ts';

/**
 * Everything about a record that could spoil a blank, tried without one: identity, dates, texts, images, and a trial build
 * of all files with placeholder chip values. Pure. An empty answer, or warnings only, means that the record can be made
 * into a card of this profile; a refusal means that it goes back, and says why without a personal value.
 *
 * It does not know other records (duplicates are the plant's question), the face's print widths (`#encoder/card-face`)
 * or whether an image shows a face.
 *
 * @param today `YYYY-MM-DD`, the plant's date
 */
export function lintRecord(profile: CardProfile, record: CitizenRecord, today: string): readonly LintFinding[] {
  const wrongTypes = lintTypes(record);
  if (wrongTypes.length > 0) return wrongTypes;
  const findings = [
    ...lintIdentity(profile, record),
    ...lintDates(profile, record, today),
    ...lintTexts(profile, record),
    ...lintPortrait(record, profile),
    ...lintFinger(record, 'leftIndexFinger', profile),
    ...lintFinger(record, 'rightIndexFinger', profile),
  ];
  const sound = findings.every(({ severity }) => severity === 'warning');
  return sound ? [...findings, ...lintFiles(profile, record)] : findings;
}

const TEXTS = ['ethnicity', 'religion', 'placeOfOrigin', 'personalMarks'] as const;
const OPTIONAL_TEXTS = ['temporaryResidence', 'currentResidence', 'placeOfBirth', 'telephone', 'profession', 'title'] as const;
const STRINGS = ['personalNumber', 'fullName', 'dateOfBirth', 'sex', 'nationality', 'placeOfResidence', 'dateOfIssue', ...TEXTS] as const;
const NULLABLE_STRINGS = ['father', 'mother', 'oldIdentityNumber', 'dateOfExpiry'] as const;
const OPTIONAL_STRINGS = [...OPTIONAL_TEXTS, 'documentNumber'] as const;
/** DG16 counts them by one hexadecimal digit (Doc 9303-10 table 81). */
const PERSONS_MAX = 15;
const PERSON = ['dateRecorded', 'name', 'telephone', 'address'] as const;
const IMAGES = ['portrait', 'leftIndexFinger', 'rightIndexFinger'] as const;

/** Records reach this from JSON; the types of TypeScript are a promise and not a proof. */
function lintTypes(record: CitizenRecord): readonly LintFinding[] {
  const wrong: FieldPath[] = [
    ...STRINGS.filter((field) => typeof record[field] !== 'string'),
    ...NULLABLE_STRINGS.filter((field) => record[field] !== null && typeof record[field] !== 'string'),
    ...OPTIONAL_STRINGS.filter((field) => record[field] !== undefined && typeof record[field] !== 'string'),
    ...IMAGES.filter((field) => !(record[field] instanceof Uint8Array)),
  ];
  if (!isListOf(record.spouses, isString)) wrong.push('spouses');
  if (record.otherNames !== undefined && !isListOf(record.otherNames, isString)) wrong.push('otherNames');
  if (record.personsToNotify !== undefined && !isListOf(record.personsToNotify, isPerson)) wrong.push('personsToNotify');
  return wrong.map((field) => refusal('FIELD_TYPE', field));
}

function isListOf(value: unknown, isMember: (member: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isMember);
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function isPerson(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && PERSON.every((field) => isString((value as Partial<Record<string, unknown>>)[field]))
  );
}

/** Doc 9303-3 §5 part E: stateless persons, refugees, unspecified nationality. None of them is a citizen. */
const NO_NATIONALITY: ReadonlySet<string> = new Set(['', 'XXA', 'XXB', 'XXC', 'XXX']);

function lintIdentity(profile: CardProfile, record: CitizenRecord): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  const { personalNumber, oldIdentityNumber, documentNumber, nationality, sex } = record;
  if (!/^[0-9]{12}$/.test(personalNumber))
    findings.push(refusal('PERSONAL_ID_FORMAT', 'personalNumber', `${personalNumber.length} characters`));
  else if (profile.holder.personalNumber === 'decree-137-2015') findings.push(...lintNumberMeaning(record));
  if (oldIdentityNumber !== null && !/^([0-9]{9}|[0-9]{12})$/.test(oldIdentityNumber)) {
    findings.push(refusal('OLD_ID_FORMAT', 'oldIdentityNumber', `${oldIdentityNumber.length} characters`));
  }
  const { mrz } = profile;
  if (documentNumber === undefined && mrz.documentNumber === 'record') findings.push(refusal('FIELD_EMPTY', 'documentNumber'));
  if (documentNumber !== undefined && !/^[A-Z0-9]{1,22}$/.test(documentNumber)) {
    findings.push(refusal('CHAR_NOT_ALLOWED', 'documentNumber', `${documentNumber.length} characters, A-Z and 0-9 only`));
  }
  if (NO_NATIONALITY.has(nationality)) findings.push(refusal('NATIONALITY_UNDETERMINED', 'nationality'));
  else if (!Object.hasOwn(profile.holder.nationalities, nationality)) findings.push(refusal('CODE_UNKNOWN', 'nationality'));
  if (!['male', 'female'].includes(sex)) findings.push(refusal('CODE_UNKNOWN', 'sex'));
  return findings;
}

/**
 * PPP G YY RRRRRR (Decree 137/2015 art. 13): G is sex and century, YY the year of birth. The circular that fixed this has
 * lapsed and the law promises twelve digits only, so a contradiction is for people to look at and no refusal.
 */
function lintNumberMeaning({ personalNumber, sex, dateOfBirth }: CitizenRecord): readonly LintFinding[] {
  const birth = parsePartialDate(dateOfBirth);
  if (birth === undefined || birth.year < 1900) return [];
  const century = Math.floor(birth.year / 100) - 19;
  const findings: LintFinding[] = [];
  if (Number(personalNumber.charAt(3)) !== 2 * century + (sex === 'female' ? 1 : 0)) {
    findings.push(warning('PERSONAL_ID_INCONSISTENT', 'personalNumber', 'digit 4 against sex and century of birth'));
  }
  if (Number(personalNumber.slice(4, 6)) !== birth.year % 100) {
    findings.push(warning('PERSONAL_ID_INCONSISTENT', 'personalNumber', 'digits 5-6 against dateOfBirth'));
  }
  return findings;
}

function lintDates(profile: CardProfile, record: CitizenRecord, today: string): readonly LintFinding[] {
  const now = parseDate(today);
  if (now === undefined) throw new RangeError('today is YYYY-MM-DD');
  const { dateOfBirth, dateOfIssue, dateOfExpiry } = record;
  const [birth, issue] = [birthDay(profile, dateOfBirth), parseDate(dateOfIssue)];
  const expiry = dateOfExpiry === null ? null : parseDate(dateOfExpiry);
  const findings: LintFinding[] = [];
  if (birth === undefined) findings.push(refusal('DATE_INVALID', 'dateOfBirth'));
  if (issue === undefined) findings.push(refusal('DATE_INVALID', 'dateOfIssue'));
  if (expiry === undefined) findings.push(refusal('DATE_INVALID', 'dateOfExpiry'));
  if (birth === undefined || issue === undefined || expiry === undefined) return findings;
  return lintDateOrder(profile.validity, { birth, issue, expiry, now });
}

function birthDay({ holder }: CardProfile, text: string): CalendarDate | undefined {
  const date = holder.partialDateOfBirth === 'refused' ? parseDate(text) : parsePartialDate(text);
  return date === undefined ? undefined : firstDayOf(date);
}

function lintDateOrder(
  rule: CardProfile['validity'],
  { birth, issue, expiry, now }: { birth: CalendarDate; issue: CalendarDate; expiry: CalendarDate | null; now: CalendarDate },
): readonly LintFinding[] {
  const findings: LintFinding[] = [];
  if (compareDates(birth, now) > 0) return [refusal('DATE_IMPLAUSIBLE', 'dateOfBirth', 'in the future')];
  if (compareDates(plusYears(birth, rule.holderAge.most, rule.leapDay), now) < 0) {
    findings.push(refusal('DATE_IMPLAUSIBLE', 'dateOfBirth', `more than ${rule.holderAge.most} years ago`));
  }
  if (compareDates(issue, birth) < 0) return [...findings, refusal('DATE_IMPLAUSIBLE', 'dateOfIssue', 'before dateOfBirth')];
  if (compareDates(issue, plusYears(birth, rule.holderAge.least, rule.leapDay)) < 0) {
    findings.push(refusal('DATE_IMPLAUSIBLE', 'dateOfIssue', `the holder is younger than ${rule.holderAge.least}`));
  }
  // A date of issue lies a few days around production; a year ahead it is a mistake.
  if (compareDates(issue, plusYears(now, 1, rule.leapDay)) > 0)
    findings.push(refusal('DATE_IMPLAUSIBLE', 'dateOfIssue', 'more than a year ahead'));
  if (expiry !== null && compareDates(expiry, issue) <= 0) {
    return [...findings, refusal('DATE_IMPLAUSIBLE', 'dateOfExpiry', 'not after dateOfIssue')];
  }
  if (expiry !== null && compareDates(expiry, now) < 0)
    findings.push(refusal('DATE_IMPLAUSIBLE', 'dateOfExpiry', 'the card would be expired'));
  const ruled = expiryFor(rule, birth, issue);
  const same = ruled === null || expiry === null ? ruled === expiry : formatDate(ruled) === formatDate(expiry);
  if (!same) findings.push(refusal('DATE_IMPLAUSIBLE', 'dateOfExpiry', `not the date of the ${describe(rule)}`));
  return findings;
}

function describe(rule: CardProfile['validity']): string {
  return rule.rule === 'ages'
    ? `age rule: ages ${rule.ages.join(', ')}, grace ${rule.graceYears} years`
    : `term: ${rule.years} years from the date of issue, or fewer by age`;
}

function lintTexts(profile: CardProfile, record: CitizenRecord): readonly LintFinding[] {
  const [names, texts] = [nameRule(profile), textRule(profile)];
  const needed: ReadonlySet<string> = new Set(profile.holder.requiredTexts);
  const text = (value: string | undefined, field: FieldPath) =>
    value === undefined || (value === '' && !needed.has(field)) ? undefined : lintText(value, field, texts);
  const noResidence = needed.has('placeOfResidence') && residenceOf(profile, record) === '';
  const findings = [
    lintName(profile, record),
    ...TEXTS.map((field) => text(record[field], field)),
    noResidence
      ? refusal('RESIDENCE_MISSING', 'placeOfResidence')
      : record.placeOfResidence === ''
        ? undefined
        : lintText(record.placeOfResidence, 'placeOfResidence', texts),
    ...OPTIONAL_TEXTS.map((field) => text(record[field], field)),
    ...(record.otherNames ?? []).map((name, at) => lintText(name, `otherNames[${at}]`, names)),
    ...lintPersons(record, names, texts),
    ...(['father', 'mother'] as const).map((field) => {
      const name = record[field];
      return name === null ? undefined : lintText(name, field, names);
    }),
    ...record.spouses.slice(0, profile.text.spousesMost).map((name, at) => lintText(name, `spouses[${at}]`, names)),
    record.spouses.length > profile.text.spousesMost
      ? refusal('LIST_TOO_LONG', 'spouses', `${record.spouses.length} names, at most ${profile.text.spousesMost}`)
      : undefined,
  ];
  return findings.filter((found) => found !== undefined);
}

function lintPersons({ personsToNotify = [] }: CitizenRecord, names: TextRule, texts: TextRule): readonly (LintFinding | undefined)[] {
  return [
    personsToNotify.length > PERSONS_MAX
      ? refusal('LIST_TOO_LONG', 'personsToNotify', `${personsToNotify.length} persons, at most ${PERSONS_MAX}`)
      : undefined,
    ...personsToNotify
      .slice(0, PERSONS_MAX)
      .flatMap(({ dateRecorded, name, telephone, address }, at) => [
        parseDate(dateRecorded) === undefined ? refusal('DATE_INVALID', `personsToNotify[${at}]`) : undefined,
        lintText(name, `personsToNotify[${at}]`, names),
        lintText(telephone, `personsToNotify[${at}]`, texts),
        lintText(address, `personsToNotify[${at}]`, texts),
      ]),
  ];
}

function lintName(profile: CardProfile, record: CitizenRecord): LintFinding | undefined {
  const found = lintText(record.fullName, 'fullName', nameRule(profile));
  if (found !== undefined) return found;
  // The rest of the zone stands in for values that are judged elsewhere: here it is the name that matters.
  const zone = {
    personalNumber: '000000000000',
    documentNumber: '000000000',
    dateOfBirth: '2000-01-01',
    sex: 'male',
    nationality: profile.mrz.issuingState,
    dateOfExpiry: null,
  } as const;
  try {
    if (!zoneFor(profile, { ...zone, fullName: record.fullName }).truncated) return undefined;
    return finding(profile.mrz.longNames === 'refused' ? 'refusal' : 'warning', 'MRZ_TRUNCATED', 'fullName');
  } catch (error) {
    if (!(error instanceof MrzError)) throw error;
    return refusal('CHAR_NOT_ALLOWED', 'fullName', error.detail ?? error.code);
  }
}

const FIELD_OF_FILE: Readonly<Record<string, FieldPath>> = { 'EF.DG1': 'fullName', 'EF.DG2': 'portrait', 'EF.DG3': 'rightIndexFinger' };

/** Builds all files with keys and a chip id of the right size that belong to no chip. */
function lintFiles(profile: CardProfile, record: CitizenRecord): readonly LintFinding[] {
  try {
    buildDataGroups({ profile, record, ...placeholderChip(profile) });
    return [];
  } catch (error) {
    if (!isCodedError(error) && !(error instanceof RangeError)) throw error;
    if (error instanceof ProfileError && (error.code === 'DATA_GROUP_TOO_LARGE' || error.code === 'CHIP_CAPACITY_EXCEEDED')) {
      return [refusal(error.code, FIELD_OF_FILE[error.where ?? ''] ?? 'portrait', [error.where, error.detail].filter(Boolean).join(': '))];
    }
    const detail = isCodedError(error) ? `${error.code} ${error.where ?? ''}`.trim() : 'a value has no encoded form';
    return [refusal('FILES_NOT_BUILDABLE', error instanceof Dg13Error ? 'personalNumber' : 'fullName', detail)];
  }
}
