/**
 * Card profiles as data, the canonical record that every file and face is derived from, and what follows from the two: the
 * files of one card, and the checks that a record must pass before any blank is touched. Pure: no clock, no randomness, no
 * input or output. It draws no face (`#encoder/card-face`) and signs nothing (`pki/sod`).
 */
export { compareDates, formatDate, parseDate, plusYears, vietnameseDate, type CalendarDate } from './calendar.ts';
export { CARD_PROFILES, cccd2021, cccd2021Specimen, profileById } from './cccd-2021.ts';
export type { CitizenRecord } from './citizen-record.ts';
export { announcedInfos, buildDataGroups, dg13Citizen, dg13Grammar, type CardFileSet, type DataGroupInput } from './data-groups.ts';
export { LINT_CODES, type LintCode, type LintFinding, type LintSeverity } from './lint-finding.ts';
export { lintRecord } from './lint.ts';
export { ProfileError, type ProfileErrorCode } from './profile-error.ts';
export { CardProfileSchema, validateProfile, type CardProfile, type ProfileFileName } from './profile.ts';
export { expiryFor, expiryOf } from './validity.ts';
