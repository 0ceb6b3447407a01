import { describe, expect, it } from 'vitest';
import { fromHex, Secret } from '#encoder/bytes';
import { importedKeys } from './key-import.ts';
import { makeKeyPair, type ChipKeyPair, type ChipKeyPairs } from './key-pair.ts';

const capabilities = { activeAuthentication: ['RSA-1024', 'EC-P-256'], chipAuthentication: ['EC-brainpoolP256r1'] } as const;

/** Remembers what was sent, and whether its private half was there when it was. */
function chip(pairs?: ChipKeyPairs, fail?: Error) {
  const sent: ChipKeyPair[] = [];
  const keys = importedKeys({
    pairs,
    capabilities,
    put: async (_role, pair) => {
      await Promise.resolve();
      expect(pair.privateKey.reveal().length).toBeGreaterThan(0);
      sent.push(pair);
      if (fail !== undefined) throw fail;
    },
  });
  return { keys, sent };
}

const BOTH = { activeAuthentication: 'EC-P-256', chipAuthentication: 'EC-brainpoolP256r1' } as const;

describe('key pairs that are put into a chip', () => {
  it('those of the caller are used, kept and not sent twice', async () => {
    const pairs = { activeAuthentication: makeKeyPair('EC-P-256'), chipAuthentication: makeKeyPair('EC-brainpoolP256r1') };
    const { keys, sent } = chip(pairs);
    expect(keys.held()).toBeNull();
    const made = await keys.generateKeys(BOTH);
    expect(made).toEqual({
      activeAuthentication: pairs.activeAuthentication.publicKey,
      chipAuthentication: pairs.chipAuthentication.publicKey,
    });
    expect(await keys.generateKeys(BOTH)).toEqual(made);
    expect(keys.held()).toEqual(made);
    expect(sent).toEqual([pairs.activeAuthentication, pairs.chipAuthentication]);
    expect(pairs.activeAuthentication.privateKey.reveal().length).toBeGreaterThan(0);
  });

  it('the private half of a pair that was made here is wiped, whether the chip took it or not', async () => {
    const taken = chip();
    await taken.keys.generateKeys(BOTH);
    const lost = chip(undefined, new Error('the card is gone'));
    await expect(lost.keys.generateKeys(BOTH)).rejects.toThrow('the card is gone');
    expect(lost.keys.held()).toBeNull();
    for (const pair of [...taken.sent, ...lost.sent]) expect(() => pair.privateKey.reveal()).toThrow('destroyed');
  });

  const pair = makeKeyPair('EC-P-256');
  it.each<readonly [string, ChipKeyPair]>([
    ['of another algorithm', makeKeyPair('RSA-1024')],
    ['whose halves do not belong together', { ...pair, publicKey: makeKeyPair('EC-P-256').publicKey }],
    ['whose private half is none', { ...pair, privateKey: new Secret(fromHex('3003020100')) }],
    ['whose public half is none', { ...pair, publicKey: fromHex('3000') }],
  ])('a pair %s is refused before either key is sent', async (_name, wrong) => {
    const { keys, sent } = chip({ activeAuthentication: wrong, chipAuthentication: null });
    const wanted = { activeAuthentication: 'EC-P-256', chipAuthentication: 'EC-brainpoolP256r1' } as const;
    await expect(keys.generateKeys(wanted)).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    expect(sent).toEqual([]);
  });

  it('an algorithm that the chip does not take is refused before either key is sent', async () => {
    const { keys, sent } = chip();
    await expect(keys.generateKeys({ activeAuthentication: 'EC-P-256', chipAuthentication: 'EC-P-384' })).rejects.toMatchObject({
      code: 'DRIVER_CANNOT',
    });
    expect(sent).toEqual([]);
  });
});
