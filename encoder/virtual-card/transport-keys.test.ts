import { afterAll, describe, expect, it } from 'vitest';
import { fromHex, Secret } from '#encoder/bytes';
import { diversify, getKeyInformation, openScp03, putKey, type ScpKeys, type SecureChannel } from '#encoder/globalplatform';
import { TEST_CHIP_ID, TEST_MASTER } from '#encoder/testing';
import { testCards } from './testing.ts';
import { VirtualCard } from './virtual-card.ts';

const cards = testCards();
afterAll(cards.remove);

const HOST = fromHex('0011223344556677');
const maker = (version = 0): ScpKeys => ({ ...diversify(TEST_MASTER, TEST_CHIP_ID), version });
/** The plant's own, diversified from another master. */
const plant = (version = 2): ScpKeys => ({ ...diversify(new Secret(fromHex('F0E0D0C0B0A090807060504030201000')), TEST_CHIP_ID), version });

function open(card: VirtualCard, keys: ScpKeys): Promise<SecureChannel> {
  card.powerOn();
  return openScp03({ transmit: (command) => card.process(command) }, keys, { hostChallenge: HOST });
}

describe('chip specification §4: PUT KEY (GPC 2.3.1 §11.8)', () => {
  it("the plant's keys take the place of the maker's, which open nothing any more, over a power cut too", async () => {
    const card = cards.open();
    const channel = await open(card, maker());
    await putKey(channel, { keys: plant(), replaces: 1 });
    expect((await getKeyInformation(channel)).map(({ id, version }) => `${version}/${id}`)).toEqual(['2/1', '2/2', '2/3']);
    await card.close();
    const again = VirtualCard.open(cards.lastImage(), { durable: false });
    await expect(open(again, maker())).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
    await expect(open(again, maker(1))).rejects.toMatchObject({ code: 'CARD_REFUSED', sw: 0x6a88 });
    for (const version of [0, 2]) await expect(open(again, plant(version))).resolves.toMatchObject({ protocol: 'SCP03' });
    await again.close();
  });

  it('a set beside the others is opened by its version', async () => {
    const card = cards.open();
    await putKey(await open(card, maker(1)), { keys: plant(0x30) });
    await expect(open(card, plant(0x30))).resolves.toBeDefined();
    await expect(open(card, maker(1))).resolves.toBeDefined();
  });

  it('threat: a check value that does not fit the key changes nothing', async () => {
    const card = cards.open();
    const channel = await open(card, maker());
    const garbage = {
      cla: 0x80,
      ins: 0xd8,
      p1: 0x01,
      p2: 0x81,
      data: fromHex('02 8811 10 00112233445566778899AABBCCDDEEFF 03 000000'),
      le: 256,
    };
    expect((await channel.send(garbage)).sw).toBe(0x6a80);
    await expect(open(card, maker())).resolves.toBeDefined();
  });
});
