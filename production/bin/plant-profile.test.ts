import { expect, test } from 'vitest';
import { assertPlantMakes } from './plant-profile.ts';

test('a plant makes the specimen card', () => expect(() => assertPlantMakes('cccd-2021-specimen')).not.toThrow());

test.each([
  ['cccd-2021', 'CONFIG_PROFILE_WITHOUT_AUTHORITY'],
  ['can-cuoc-2024', 'CONFIG_PROFILE_WITHOUT_AUTHORITY'],
  ['icao-td1', 'CONFIG_PROFILE_BEYOND_PLANT'],
  ['icao-td3', 'CONFIG_PROFILE_BEYOND_PLANT'],
  ['cccd-1999', 'PROFILE_UNKNOWN'],
])('it does not start for %s: %s', (id, code) => {
  expect(() => assertPlantMakes(id)).toThrow(expect.objectContaining({ code }) as Error);
});
