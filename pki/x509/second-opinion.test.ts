import { beforeAll, expect, test } from 'vitest';
import { Secret, utf8 } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { specimenPki, type SpecimenPki } from '#pki/testing';
import { secondOpinion } from './second-opinion.ts';

const pin = new Secret(utf8('1'));
const hsm = new SoftwareHsm({ pin });
let pki: SpecimenPki;
beforeAll(async () => {
  await hsm.open(pin);
  pki = await specimenPki(hsm);
});

test('pkijs over @peculiar/webcrypto verifies brainpool certificates with explicit parameters', async () => {
  expect(await secondOpinion(pki.csca, pki.csca)).toBe(true);
  expect(await secondOpinion(pki.signer.certificate.certificate, pki.csca)).toBe(true);
});

test('it does not verify under another key of the same name, nor with a byte changed, nor what is no certificate', async () => {
  const other = await specimenPki(hsm);
  const der = pki.signer.certificate.certificate;
  expect(await secondOpinion(der, other.csca)).toBe(false);
  expect(await secondOpinion(pki.csca, der)).toBe(false);
  for (const at of [der.length - 1, 200, 60]) {
    expect(
      await secondOpinion(
        der.map((byte, index) => (index === at ? byte ^ 1 : byte)),
        pki.csca,
      ),
    ).toBe(false);
  }
  expect(await secondOpinion(utf8('no'), pki.csca)).toBe(false);
});
