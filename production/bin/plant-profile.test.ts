import { expect, test } from 'vitest';
import { loadProfile, profileById } from '#encoder/profiles';
import { assertMadeHere, assertPlantMakes } from './plant-profile.ts';

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

const { sod, ...algorithms } = profileById('cccd-2021-specimen').algorithms;
test.each([
  ['another digest', { digest: 'SHA-384' }],
  ['NULL parameters', { digestParameters: 'null' }],
  ['an RSA signature', { signature: { kind: 'rsassa-pss', bits: 3072, digest: 'SHA-256' } }],
  ['another digest in the signature', { signature: { ...sod.signature, digest: 'SHA-384' } }],
])('nor for a security object with %s, which its signer does not make', (_what, changes) => {
  const profile = loadProfile(
    JSON.stringify({ basedOn: 'cccd-2021-specimen', id: 'variant', algorithms: { ...algorithms, sod: { ...sod, ...changes } } }),
  );
  expect(() => assertMadeHere(profile)).toThrow(expect.objectContaining({ code: 'CONFIG_PROFILE_BEYOND_PLANT' }) as Error);
});
