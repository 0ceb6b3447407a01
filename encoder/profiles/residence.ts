import type { CitizenRecord } from './citizen-record.ts';
import type { CardProfile } from './profile-schema.ts';

/** The residence that the card shows: the first of the profile's list that the record has (Circular 17/2024 art. 4); empty when none. */
export function residenceOf({ holder }: CardProfile, record: CitizenRecord): string {
  return holder.residence.map((field) => record[field] ?? '').find((text) => text.trim() !== '') ?? '';
}
