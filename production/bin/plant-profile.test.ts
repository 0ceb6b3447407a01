import { expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { loadProfile, profileById } from '#encoder/profiles';
import { SoftwareHsm } from '#hsm-mocks';
import { specimenPki } from '#pki/testing';
import { assertMadeHere, assertPlantMakes, assertSignedAsProfiled, assertSignedInLab } from './plant-profile.ts';

test('a plant makes the specimen card', () => expect(() => assertPlantMakes('cccd-2021-specimen', 'specimen')).not.toThrow());

test.each([
  ['cccd-2021', 'CONFIG_PROFILE_WITHOUT_AUTHORITY'],
  ['can-cuoc-2024', 'CONFIG_PROFILE_WITHOUT_AUTHORITY'],
  ['icao-td1', 'CONFIG_PROFILE_BEYOND_PLANT'],
  ['icao-td3', 'CONFIG_PROFILE_BEYOND_PLANT'],
  ['cccd-1999', 'PROFILE_UNKNOWN'],
])('it does not start for %s: %s', (id, code) => {
  expect(() => assertPlantMakes(id, 'specimen')).toThrow(expect.objectContaining({ code }) as Error);
});

test('with keys of your own ceremony it makes the card itself', () => {
  expect(() => assertPlantMakes('cccd-2021', 'own')).not.toThrow();
  expect(() => assertPlantMakes('icao-td3', 'own')).toThrow(expect.objectContaining({ code: 'CONFIG_PROFILE_BEYOND_PLANT' }) as Error);
});

const { sod, ...algorithms } = profileById('cccd-2021-specimen').algorithms;
const variant = (changes: object) =>
  loadProfile(JSON.stringify({ basedOn: 'cccd-2021-specimen', id: 'variant', algorithms: { ...algorithms, sod: { ...sod, ...changes } } }));
const beyond = expect.objectContaining({ code: 'CONFIG_PROFILE_BEYOND_PLANT' }) as Error;

test.each([
  ['another digest', { digest: 'SHA-384', signature: { ...sod.signature, digest: 'SHA-384' } }],
  ['NULL parameters', { digestParameters: 'null' }],
  ['an RSA signature', { signature: { kind: 'rsassa-pss', bits: 3072, digest: 'SHA-256' } }],
])('a security object with %s is made by a plant, but not in a lab', (_what, changes) => {
  expect(() => assertMadeHere(variant(changes), 'specimen')).not.toThrow();
  expect(() => assertSignedInLab(variant(changes))).toThrow(beyond);
});

test('a plant does not start with Document Signers of another kind of key than its profile names', async () => {
  const pin = new Secret(utf8('1'));
  const hsm = new SoftwareHsm({ pin });
  await hsm.open(pin);
  const { certificate } = (await specimenPki(hsm)).signer.certificate;
  const { curve } = sod.signature as { readonly curve: string };
  expect(() => assertSignedAsProfiled(variant({}), [{ certificate }])).not.toThrow();
  const other = curve === 'P-256' ? 'brainpoolP384r1' : 'P-256';
  expect(() => assertSignedAsProfiled(variant({ signature: { ...sod.signature, curve: other } }), [{ certificate }])).toThrow(beyond);
});
