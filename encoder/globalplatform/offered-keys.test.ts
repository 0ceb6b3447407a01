import { describe, expect, it } from 'vitest';
import { fromHex, Secret } from '#encoder/bytes';
import { diversify, isPublishedKey, openScp02, openScp03, Scp02CardSession, Scp03CardSession, type ScpKeys } from './index.ts';
import { chipAround, echo, someKeys } from './testing.ts';

const HOST = fromHex('0011223344556677');
const DATA = { diversificationData: fromHex('00010203040506070809') };
const withVersion = (version: number, seed = 0): ScpKeys => ({ ...someKeys(16, seed), version });

describe.each(['SCP02', 'SCP03'] as const)('GPC v2.3.1 §E.5.1.3, Amendment D v1.2 §7.1.1: the chip names its key set, %s', (protocol) => {
  const chip = (keys: ScpKeys) =>
    chipAround(
      protocol === 'SCP02'
        ? new Scp02CardSession(keys, { ...DATA, sequenceCounter: fromHex('0001'), challenge: { random: fromHex('A1A2A3A4A5A6') } })
        : new Scp03CardSession(keys, { ...DATA, sequenceCounter: fromHex('000001'), aid: HOST }),
      echo,
    );
  const open = protocol === 'SCP02' ? openScp02 : openScp03;

  it('of two sets the one that it names is used, after one question', async () => {
    for (const version of [1, 2]) {
      const one = chip(withVersion(version, version));
      const channel = await open(one.transceiver, [withVersion(1, 1), withVersion(2, 2)], { hostChallenge: HOST });
      expect(channel.card.keyVersion).toBe(version);
      expect(one.wire[0]?.slice(0, 8)).toBe('80500000');
      expect(one.wire.length).toBe(4);
    }
  });

  it('a version that is none of them: refused, and no key is tried', async () => {
    const one = chip(withVersion(0x42, 1));
    const opened = open(one.transceiver, [withVersion(1, 1), withVersion(2, 2)], { hostChallenge: HOST });
    await expect(opened).rejects.toMatchObject({ code: 'SCP_KEY_VERSION', detail: 'key version 66, 1 and 2 known' });
    expect(one.wire.length).toBe(2);
  });

  it('the right version without the keys: found out before anything is shown to the chip', async () => {
    const one = chip(withVersion(2, 9));
    const opened = open(one.transceiver, [withVersion(1, 1), withVersion(2, 2)], { hostChallenge: HOST });
    await expect(opened).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM', where: 'key set 2' });
    expect(one.wire.length).toBe(2);
  });

  it('a set of another length: nothing is sent', async () => {
    const one = chip(withVersion(1));
    const unfit = { ...withVersion(2), dek: new Secret(new Uint8Array(15)) };
    await expect(open(one.transceiver, [withVersion(1), unfit], { hostChallenge: HOST })).rejects.toMatchObject({ code: 'SCP_NOT_ASKED' });
    expect(one.wire).toEqual([]);
  });
});

describe('E6: keys that everybody knows', () => {
  it.each([
    ["GlobalPlatform's default test key", '404142434445464748494A4B4C4D4E4F', true],
    ['the same, repeated to 24 bytes', '404142434445464748494A4B4C4D4E4F4041424344454647', true],
    ['the same, counted on to 32 bytes', '404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F', true],
    ["Gemplus's sample key", '47454D5850524553534F53414D504C45', true],
    ['zeros', '00000000000000000000000000000000', true],
    ['one bit of the default key changed', '404142434445464748494A4B4C4D4E4E', false],
    ['any other', '404142434445464748494A4B4C4D0000', false],
  ])('%s: %s', (_name, hex, published) => {
    expect(isPublishedKey(new Secret(fromHex(hex)))).toBe(published);
  });
});

describe('NIST SP 800-108: keys of the two owners', () => {
  it('one master makes different keys for maker and plant', () => {
    const master = new Secret(new Uint8Array(16).fill(7));
    const keys = (['maker', 'plant'] as const).flatMap((owner) => Object.values(diversify(master, new Uint8Array(8), owner)));
    expect(new Set(keys.map((key) => key.reveal().toString())).size).toBe(6);
  });
});
