/**
 * Card profiles as data, the canonical record that every file and face is derived from, and what follows from the two: the
 * files of one card, and the checks that a record must pass before any blank is touched. Pure, but for the profiles that it
 * reads from its own folder once: no clock, no randomness, no output. It draws no face (`#encoder/card-face`) and signs
 * nothing (`pki/sod`).
 */
export { compareDates, formatDate, parseDate, plusYears, vietnameseDate, type CalendarDate } from './calendar.ts';
export { chipKeyAlgorithms } from './chip-keys.ts';
export type { CitizenRecord, NotifiedPerson } from './citizen-record.ts';
export { buildDataGroups, filesOf, type BuiltFileName, type CardFileSet, type DataGroupInput, type SignedFileName } from './data-groups.ts';
export { dg13Citizen, dg13Grammar } from './dg13-words.ts';
export { CARD_PROFILES, cccd2021, cccd2021Specimen, loadProfile, profileById } from './installed.ts';
export { LINT_CODES, type LintCode, type LintFinding, type LintSeverity } from './lint-finding.ts';
export { lintRecord } from './lint.ts';
export { accessSecretsFor, mrzInformationOf, zoneFor, type Zone, type ZoneHolder } from './machine-readable-zone.ts';
export { ProfileError, type ProfileErrorCode } from './profile-error.ts';
export { CardProfileSchema, type CardProfile, type ProfileFileName } from './profile-schema.ts';
export { validateProfile } from './profile.ts';
export { residenceOf } from './residence.ts';
export { announcedInfos } from './security-infos.ts';
export { expiryFor, expiryOf, lastDayOfUse } from './validity.ts';
