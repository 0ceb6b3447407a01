import { afterAll, describe, expect, it } from 'vitest';
import { efCvcaOf, trustPointsFile } from '#encoder/access';
import { fromHex } from '#encoder/bytes';
import { cvCertificate, cvTrustPoint } from '#encoder/cv-certificate';
import { inApplication, inMasterFile } from '#encoder/testing';
import { ChipMemory } from '../memory.ts';
import { BINDING_TAG, CVCA, DV, openDriver, personalise, testCards, TRUST_POINT } from '../testing.ts';

const cards = testCards();
afterAll(cards.remove);

const EF_CVCA = efCvcaOf({ trustPoints: [cvTrustPoint(cvCertificate.decode(CVCA))], currentDate: '2026-11-01' });
const DG1 = [inApplication(0x0101), fromHex('6103 5F1F00')] as const;
const NO_KEYS = { activeAuthentication: null, chipAuthentication: null };

describe('chip specification §4.1: DGI A004 and A005, trust point and date', () => {
  it('one record that outlives the power, told by 86 of DF23, replaced by the next', async () => {
    const card = cards.open();
    const driver = await openDriver(card);
    await driver.writeBindingTag(BINDING_TAG);
    expect((await driver.status()).trustPointSet).toBe(false);
    await driver.setTrustPoint({ ...TRUST_POINT, date: '250102' });
    await driver.setTrustPoint(TRUST_POINT);
    expect((await (await openDriver(card)).status()).trustPointSet).toBe(true);
    await card.close();
    const stored = trustPointsFile.decode(ChipMemory.open(cards.lastImage()).trustPoints ?? new Uint8Array(0));
    expect(stored).toMatchObject({ currentDate: '2026-11-01', trustPoints: [{ reference: 'VNCVCA00001', role: 'cvca' }] });
  });

  it.each([
    ['before the binding tag', TRUST_POINT, false, 0x6985],
    ['a certificate of a DV', { certificate: DV, date: '261101' }, true, 0x6a80],
    ['bytes that are no certificate', { certificate: fromHex('7F210100'), date: '261101' }, true, 0x6a80],
    ['a certificate whose signature is wrong', { certificate: changed(CVCA), date: '261101' }, true, 0x6a80],
    ['a day that there is not', { certificate: CVCA, date: '260230' }, true, 0x6a80],
    ['a month that there is not', { certificate: CVCA, date: '261301' }, true, 0x6a80],
  ])('refuses %s', async (_name, trustPoint, tagged, sw) => {
    const driver = await openDriver(cards.open());
    if (tagged) await driver.writeBindingTag(BINDING_TAG);
    await expect(driver.setTrustPoint(trustPoint)).rejects.toMatchObject({ sw });
    expect((await driver.status()).trustPointSet).toBe(false);
  });
});

describe('chip specification §4: TERMINATE CARD USAGE asks for what the files announce', () => {
  it.each([
    ['DG15 needs the key of Active Authentication', inApplication(0x010f), { ...NO_KEYS, activeAuthentication: 'RSA-1024' }, undefined],
    [
      'DG14 needs the key of Chip Authentication',
      inApplication(0x010e),
      { ...NO_KEYS, chipAuthentication: 'EC-brainpoolP256r1' },
      undefined,
    ],
    ['EF.CVCA needs a trust point', inApplication(0x011c), NO_KEYS, TRUST_POINT],
  ] as const)('%s', async (_name, file, keys, trustPoint) => {
    const without = await personalise(cards.open(), { files: [DG1, [file, EF_CVCA]], keys: NO_KEYS });
    await expect(without.driver.lock()).rejects.toMatchObject({ sw: 0x6985 });
    const complete = { files: [DG1, [file, EF_CVCA] as const], keys, ...(trustPoint === undefined ? {} : { trustPoint }) };
    await (await personalise(cards.open(), complete)).driver.lock();
  });

  it('a card of BAC alone needs neither key; EF.CardAccess, which has the identifier of EF.CVCA, needs no trust point', async () => {
    const card = cards.open();
    const { driver } = await personalise(card, { files: [DG1, [inMasterFile(0x011c), fromHex('3100')]], keys: NO_KEYS });
    await driver.lock();
    expect(card.lifeCycle).toBe('locked');
  });
});

function changed(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte));
}
