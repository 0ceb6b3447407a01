/** Card profiles as data, and the canonical record that every file and face is derived from. */
export type { CitizenRecord } from './citizen-record.ts';
