import { afterAll, describe, expect, it } from 'vitest';
import { fromHex } from '#encoder/bytes';
import {
  getKeyInformation,
  openScp02,
  openScp03,
  putKey,
  type OfferedKeys,
  type ScpKeys,
  type SecureChannel,
} from '#encoder/globalplatform';
import { testKeySets } from '#encoder/testing';
import type { CpsConfiguration } from './cps-applet/configuration.ts';
import type { Defect, Personality } from './memory.ts';
import { clearChannel, connect, random, sw, testCards } from './testing.ts';
import { FAILURES_MAX } from './transport-keys.ts';
import type { VirtualCard } from './virtual-card.ts';

const cards = testCards();
afterAll(cards.remove);

const HOST = fromHex('0011223344556677');
const withVersion = (keys: ScpKeys, version: number): ScpKeys => ({ ...keys, version });
const cps = (scp: CpsConfiguration['scp']): Partial<Personality> => ({ program: 'cps', cps: { scp } });

describe.each([
  ['the reference chip', {}, 'SCP03'],
  ['cps SCP02-15', cps('SCP02-15'), 'SCP02'],
  ['cps SCP02-55', cps('SCP02-55'), 'SCP02'],
  ['cps SCP03', cps('SCP03'), 'SCP03'],
] as const)('chip specification §2: PUT KEY (GPC 2.3.1 §11.8), %s', (_name, personality, protocol) => {
  const blank = (defect?: Defect): VirtualCard => cards.open({ personality, ...(defect === undefined ? {} : { defect }) });
  const open = (card: VirtualCard, keys: OfferedKeys): Promise<SecureChannel> =>
    (protocol === 'SCP03' ? openScp03 : openScp02)(connect(card), keys, { hostChallenge: HOST });

  it("the plant's keys take the place of the maker's, which open nothing any more, over a power cut too", async () => {
    const { maker, plant } = testKeySets();
    const card = blank();
    expect(card.keyVersions()).toEqual([1]);
    await putKey(await open(card, maker), { keys: plant, replaces: 1 });
    await card.close();
    const again = cards.again();
    expect(again.keyVersions()).toEqual([2]);
    await expect(open(again, withVersion(maker, 0))).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
    await expect(open(again, maker)).rejects.toMatchObject({ code: 'CARD_REFUSED', sw: 0x6a88 });
    for (const keys of [plant, withVersion(plant, 0), [maker, plant]]) await expect(open(again, keys)).resolves.toMatchObject({ protocol });
    await again.close();
  });

  it('a set beside the others is opened by its version; the first one is what version 00 asks for', async () => {
    const { maker, plant } = testKeySets();
    const card = blank();
    await putKey(await open(card, maker), { keys: withVersion(plant, 0x30) });
    await expect(open(card, withVersion(plant, 0x30))).resolves.toBeDefined();
    await expect(open(card, maker)).resolves.toBeDefined();
    expect((await open(card, withVersion(maker, 0))).card.keyVersion).toBe(1);
  });

  it('a power cut inside it keeps the old set whole, one after it the new one', async () => {
    const { maker, plant } = testKeySets();
    for (const [effect, versions] of [
      [{ kind: 'torn', bytes: 5 } as const, [1]],
      [{ kind: 'after' } as const, [2]],
    ] as const) {
      await blank().close();
      const card = cards.again({ faults: [{ at: { ins: 0xd8 }, effect }] });
      await expect(putKey(await open(card, maker), { keys: plant, replaces: 1 })).rejects.toMatchObject({ code: 'CARD_UNPOWERED' });
      expect(card.keyVersions()).toEqual(versions);
      await expect(open(card, [maker, plant])).resolves.toMatchObject({ card: { keyVersion: versions[0] } });
      await card.close();
    }
  });

  it('threat: a check value that does not fit the key changes nothing; in clear it is refused', async () => {
    const { maker } = testKeySets();
    const card = blank();
    const channel = await open(card, maker);
    const [length, type] = protocol === 'SCP03' ? ['1110', '88'] : ['10', '80'];
    const field = `${type}${length}00112233445566778899AABBCCDDEEFF03000000`;
    const garbage = { cla: 0x80, ins: 0xd8, p1: 0x01, p2: 0x81, data: fromHex(`02${field.repeat(3)}`), le: 256 };
    expect((await channel.send(garbage)).sw).toBe(0x9485);
    expect(card.keyVersions()).toEqual([1]);
    expect(await sw(clearChannel(card), '80D80181AA')).toBe('6982');
  });

  it(`${FAILURES_MAX} failed authentications in a row, counted over power cuts, end all channels; a success begins anew`, async () => {
    const { maker } = testKeySets();
    const fail = async (card: VirtualCard, times: number): Promise<void> => {
      for (let time = 0; time < times; time += 1) {
        const clear = clearChannel(card);
        card.powerOn();
        expect(await sw(clear, '805000000011223344556677')).toBe('9000');
        expect(await sw(clear, `84820100${'AA'.repeat(16)}`)).toBe('6982');
      }
    };
    const card = blank();
    await fail(card, FAILURES_MAX - 1);
    await open(card, maker);
    await fail(card, FAILURES_MAX - 1);
    await card.close();
    const again = cards.again();
    await open(again, maker);
    await fail(again, FAILURES_MAX);
    await expect(open(again, maker)).rejects.toMatchObject({ code: 'CARD_REFUSED', sw: 0x6983 });
    // A session that is only begun counts nothing: whoever asks which keys a chip has may ask again.
    const asked = blank();
    for (let time = 0; time < 2 * FAILURES_MAX; time += 1) {
      asked.powerOn();
      expect(await sw(clearChannel(asked), '805000000011223344556677')).toBe('9000');
    }
    await expect(open(asked, maker)).resolves.toBeDefined();
  });
});

describe('chip specification §4: the reference chip says which keys it has', () => {
  it('Key Information Template (GPC 2.3.1 §11.3.3.1), by version and identifier', async () => {
    const { maker, plant } = testKeySets();
    const channel = await openScp03(connect(cards.open()), maker, { hostChallenge: random(8) });
    await putKey(channel, { keys: plant, replaces: 1 });
    expect((await getKeyInformation(channel)).map(({ id, version }) => `${version}/${id}`)).toEqual(['2/1', '2/2', '2/3']);
  });
});
