import { afterAll, describe, expect, it } from 'vitest';
import { fromHex, Secret, toHex, uintBE } from '#encoder/bytes';
import { encodeDataGrouping, encryptGrouping, openScp02, type SecureChannel } from '#encoder/globalplatform';
import { TEST_CHIP_ID } from '#encoder/testing';
import { openImageLog } from '../image-log.ts';
import { BINDING_TAG, clearChannel, connect, CVCA, DV, random, sw } from '../testing.ts';
import type { VirtualCard } from '../virtual-card.ts';
import type { CpsConfiguration } from './configuration.ts';
import { cpsCards, EC_KEY, LOCK, openChannelTo, openPersonalisation, RSA_KEY, type ScpName, secretsFor, store, TAG } from './testing.ts';

const cards = cpsCards();
afterAll(cards.remove);

const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 11) & 0xff);
/** Type of the memory's record of the sequence counter. */
const SESSION_RECORD = 10;
const DG1 = { dgi: 0x0101, data: content(93) };
const DG2 = { dgi: 0x0102, data: content(20_000) };
const DATE = { dgi: 0xa005, data: Uint8Array.of(2, 6, 1, 1, 0, 1) };

async function tagOf(channel: SecureChannel, object = 0xdf22): Promise<string> {
  const { data, sw: status } = await channel.send({ cla: 0x80, ins: 0xca, p1: object >> 8, p2: object & 0xff, le: 256 });
  return toHex(data) + toHex(uintBE(status, 2));
}

async function block(channel: SecureChannel, p1: number, p2: number, data: Uint8Array): Promise<string> {
  return toHex(uintBE((await channel.send({ cla: 0x80, ins: 0xe2, p1, p2, data })).sw, 2));
}

const files = (card: VirtualCard): readonly string[] =>
  card.fileDigests().map(({ directory, fid, size }) => `${directory} ${toHex(uintBE(fid, 2))} ${size}`);

describe('before the lock, in clear', () => {
  it('says who it is and opens a channel, nothing else', async () => {
    const card = cards.open();
    expect(Buffer.from(card.answerToReset.slice(4, 13)).toString('latin1')).toBe('CPSEMRTD1');
    const clear = clearChannel(card);
    const number = await clear.send({ cla: 0x80, ins: 0xca, p1: 0x00, p2: 0x45, le: 256 });
    expect(toHex(number.data)).toBe(`4508${toHex(TEST_CHIP_ID)}`);
    expect((await clear.send({ cla: 0x80, ins: 0xca, p1: 0x9f, p2: 0x7f, le: 256 })).data.length).toBe(3 + 42);
    for (const hex of ['80CADF22', '80E28800AA', '80E62000', '00A4020C0101', '84CADF22']) expect(await sw(clear, hex), hex).toBe('6982');
    for (const hex of ['00D6000001', '00E0000062', '00B00000', '00DA0062', '00FE0000']) expect(await sw(clear, hex), hex).toBe('6D00');
    expect(await sw(clear, '80CADF23')).toBe('6A88');
    expect(await sw(clear, 'A0A40000')).toBe('6E00');
    expect(await sw(clear, '00A4040CA0000002471001')).toBe('9000');
    expect(await sw(clear, '00A4040CA000000151000000')).toBe('9000');
    expect(await sw(clear, '00A4040CA000000151000001')).toBe('6A82');
    expect(toHex(await card.process(fromHex('80CA00450000FF')))).toBe('6700');
  });
});

describe('facts/applets.md §3: SCP02 or SCP03', () => {
  it.each(['SCP02-15', 'SCP02-55', 'SCP03'] as const)('%s carries a personalisation', async (scp: ScpName) => {
    const card = cards.open({ scp });
    const channel = await openPersonalisation(card, scp);
    expect(channel.protocol).toBe(scp.slice(0, 5));
    expect(await store(channel, [TAG, DG1, ...secretsFor(channel)])).toBe('9000');
    expect(await tagOf(channel)).toBe(`DF2210${toHex(BINDING_TAG)}9000`);
    expect(files(card)).toEqual(['eMRTD 0101 93']);
  });

  it('i = 55: the challenge follows from the counter; no counter comes twice, across a power cut either', async () => {
    cards.open({ scp: 'SCP02-55' });
    const challenges = new Set<string>();
    for (let session = 0; session < 3; session += 1) {
      const card = cards.again();
      const { card: said } = await openChannelTo(card, 'SCP02-55');
      challenges.add(toHex(said.sequenceCounter ?? new Uint8Array(0)) + toHex(said.cardChallenge));
      await card.close();
    }
    expect(challenges.size).toBe(3);
  });

  it('SCP02 counts to FFFF and then opens no more (GPC §E.1.2.2)', async () => {
    const card = cards.open();
    await card.close();
    const log = openImageLog(cards.lastImage(), { durable: false });
    log.append({ type: SESSION_RECORD, payload: fromHex('00FFFE') });
    log.close();
    const last = cards.again();
    expect((await openChannelTo(last)).card.sequenceCounter).toEqual(fromHex('FFFF'));
    await expect(openChannelTo(last)).rejects.toMatchObject({ sw: 0x6985 });
  });

  it('another key opens nothing; a command in clear ends the channel', async () => {
    const card = cards.open();
    const key = (): Secret => new Secret(content(16));
    const keys = { enc: key(), mac: key(), dek: key(), version: 1 };
    await expect(openScp02(connect(card), keys, { hostChallenge: random(8) })).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
    const channel = await openPersonalisation(card);
    expect(await sw(clearChannel(card), '80CA0045')).toBe('9000');
    expect(await store(channel, [TAG])).toBe('6982');
    expect(card.lifeCycle).toBe('blank');
  });
});

describe('facts/applets.md §3: INSTALL [for personalization], then STORE DATA', () => {
  it('STORE DATA without INSTALL is 6985, INSTALL of another application 6A88', async () => {
    const channel = await openChannelTo(cards.open());
    expect(await store(channel, [TAG])).toBe('6985');
    const other = fromHex('00000702A000000247100200 0000'.replace('0702', '07').replaceAll(' ', ''));
    expect((await channel.send({ cla: 0x80, ins: 0xe6, p1: 0x20, p2: 0, data: other })).sw).toBe(0x6a88);
    expect((await channel.send({ cla: 0x80, ins: 0xe6, p1: 0x0c, p2: 0, data: other })).sw).toBe(0x6a86);
    expect((await channel.send({ cla: 0x80, ins: 0xb0, p1: 0, p2: 0, le: 1 })).sw).toBe(0x6d00);
  });

  it('grouping: several DGIs in one block; chaining: one DGI over many', async () => {
    const card = cards.open();
    const channel = await openPersonalisation(card);
    expect(await store(channel, [TAG, DG1, { dgi: 0x011e, data: content(10) }, DG2, { dgi: 0xf11c, data: content(5) }])).toBe('9000');
    expect(files(card)).toEqual(['eMRTD 0101 93', 'eMRTD 0102 20000', 'eMRTD 011E 10', 'MF 011C 5']);
  });

  it('P1 bits 5-4 name the DGI structure (GPC) or not (EMV CPS 1.1); P2 counts', async () => {
    const channel = await openPersonalisation(cards.open());
    const tag = encodeDataGrouping(TAG);
    expect(await block(channel, 0x80, 0, tag)).toBe('9000');
    expect(await block(channel, 0x88, 0, tag)).toBe('9000');
    expect(await block(channel, 0x90, 0, tag)).toBe('6A86');
    expect(await block(channel, 0xa8, 0, tag)).toBe('6A86');
    expect(await block(channel, 0x88, 1, tag)).toBe('6A86');
    expect(await block(channel, 0x08, 0, tag.slice(0, 4))).toBe('9000');
    expect(await block(channel, 0x88, 2, tag.slice(4))).toBe('6A86');
    expect(await block(channel, 0x88, 1, tag.slice(4))).toBe('6A86');
  });

  it('only the last block puts into force: a power cut before it leaves nothing, whatever the block', async () => {
    const groupings = [TAG, DG1, { dgi: 0x0102, data: content(700) }];
    for (let cut = 0; cut < 4; cut += 1) {
      const card = cards.open();
      const channel = await openPersonalisation(card);
      const all = groupings.map(encodeDataGrouping).reduce((sum, bytes) => Uint8Array.of(...sum, ...bytes), new Uint8Array(0));
      for (let at = 0; at < cut; at += 1) expect(await block(channel, 0x08, at, all.slice(at * 230, (at + 1) * 230))).toBe('9000');
      expect(files(card)).toEqual([]);
      await card.close();
      const again = cards.again();
      expect(again.lifeCycle).toBe('blank');
      const resumed = await openPersonalisation(again);
      expect(await tagOf(resumed)).toBe('6A88');
      expect(await block(resumed, 0x88, cut === 0 ? 1 : cut, all.slice(cut * 230, (cut + 1) * 230))).toBe('6A86');
      expect(await store(resumed, groupings)).toBe('9000');
      await again.close();
      expect(files(cards.again())).toEqual(['eMRTD 0101 93', 'eMRTD 0102 700']);
    }
  });

  it('one unfit grouping, and none of its sequence is there', async () => {
    const card = cards.open();
    const channel = await openPersonalisation(card);
    expect(await store(channel, [TAG, DG1, { dgi: 0x7777, data: content(3) }])).toBe('6A88');
    expect(await store(channel, [TAG, DG1, { dgi: 0x0102, data: new Uint8Array(0) }])).toBe('6A80');
    expect(await block(channel, 0x88, 0, fromHex('0101050102'))).toBe('6A80');
    expect(await block(channel, 0x88, 0, new Uint8Array(0))).toBe('6A80');
    expect(files(card)).toEqual([]);
    expect(await tagOf(channel)).toBe('6A88');
  });

  it('no sequence is longer than the buffer, no file larger than the memory', async () => {
    const card = cards.open();
    // C-MAC alone leaves room for the most bytes in a block.
    const channel = await openPersonalisation(card, 'SCP02-15', 0x01);
    expect(await store(channel, [TAG, { dgi: 0x0101, data: content(61_416) }])).toBe('9000');
    expect(await store(channel, [TAG, { dgi: 0x0101, data: content(61_417) }])).toBe('6A84');
    for (const dgi of [0x0101, 0x0102]) expect(await store(channel, [TAG, { dgi, data: content(58_000) }])).toBe('9000');
    expect(await store(channel, [{ dgi: 0x0103, data: content(47_841) }])).toBe('6A84');
    expect(await store(channel, [{ dgi: 0x0103, data: content(47_840) }])).toBe('9000');
    expect(await store(channel, [{ dgi: 0x0102, data: content(58_000) }])).toBe('9000');
  });
});

describe('the binding tag', () => {
  it('comes first, or in the same sequence; the same again is taken, another one never', async () => {
    const card = cards.open();
    const channel = await openPersonalisation(card);
    expect(await store(channel, [DG1])).toBe('6985');
    expect(await store(channel, [{ dgi: 0xa003, data: content(15) }])).toBe('6A80');
    expect(await store(channel, [DG1, TAG])).toBe('9000');
    expect(await store(channel, [TAG])).toBe('9000');
    const other = { dgi: 0xa003, data: content(16) };
    expect(await store(channel, [other, { dgi: 0x0101, data: content(5) }])).toBe('6985');
    expect(files(card)).toEqual(['eMRTD 0101 93']);
    expect(await tagOf(channel)).toBe(`DF2210${toHex(BINDING_TAG)}9000`);
  });

  it('its object and all DGIs are data of the image', async () => {
    const cps: Partial<CpsConfiguration> = {
      bindingTagObject: '5F50',
      groupings: { '1234': { bindingTag: true }, C001: { file: '0101' }, C0FF: { lock: true } },
    };
    const card = cards.open(cps);
    const channel = await openPersonalisation(card);
    expect(await store(channel, [TAG])).toBe('6A88');
    expect(
      await store(channel, [
        { dgi: 0x1234, data: BINDING_TAG },
        { dgi: 0xc001, data: content(7) },
      ]),
    ).toBe('9000');
    expect(await tagOf(channel, 0x5f50)).toBe(`5F5010${toHex(BINDING_TAG)}9000`);
    expect(await tagOf(channel)).toBe('6A88');
    expect(files(card)).toEqual(['eMRTD 0101 7']);
  });
});

describe('an image whose configuration is none', () => {
  it.each([
    ['a DGI that is no number', { groupings: { xyz: { file: '0101' } } }],
    ['a file that is no number', { groupings: { '0101': { file: 'DG1' } } }],
    ['an object that is no tag', { bindingTagObject: 'tag' }],
  ] as const)('%s is damage', (_name, cps) => {
    expect(() => cards.open(cps)).toThrow(expect.objectContaining({ code: 'IMAGE_CORRUPT' }));
  });
});

describe('what a grouping brings', () => {
  it('a DGI stored again replaces the old one until the lock', async () => {
    const card = cards.open();
    const channel = await openPersonalisation(card);
    await store(channel, [TAG, DG1]);
    expect(await store(channel, [{ dgi: 0x0101, data: content(120) }])).toBe('9000');
    expect(await store(channel, [{ dgi: 0x0101, data: content(3) }])).toBe('9000');
    expect(files(card)).toEqual(['eMRTD 0101 3']);
  });

  it('secrets and keys come under the DEK, all else does not', async () => {
    const card = cards.open();
    const channel = await openPersonalisation(card);
    await store(channel, [TAG]);
    expect(await store(channel, [{ dgi: 0xa002, data: fromHex('313233343536') }])).toBe('6A80');
    expect(await store(channel, [{ dgi: 0x8001, data: RSA_KEY.pkcs8 }])).toBe('6A80');
    expect(await store(channel, [encryptGrouping(channel, DG1)])).toBe('6A80');
    expect(await store(channel, [encryptGrouping(channel, TAG)])).toBe('6A80');
    expect(await store(channel, [{ dgi: 0xa002, data: content(15), encrypted: true }])).toBe('6A80');
    for (const can of ['12345', '1234567', '12345A']) {
      expect(await store(channel, [encryptGrouping(channel, { dgi: 0xa002, data: Uint8Array.from(Buffer.from(can)) })]), can).toBe('6A80');
    }
    expect(await store(channel, secretsFor(channel))).toBe('9000');
  });

  it('keys: PKCS #8, padded or whole blocks, that the chip can use in their role', async () => {
    const channel = await openPersonalisation(cards.open());
    const key = (dgi: number, data: Uint8Array, padding?: 'always') => store(channel, [encryptGrouping(channel, { dgi, data }, padding)]);
    await store(channel, [TAG]);
    expect(await key(0x8001, RSA_KEY.pkcs8)).toBe('9000');
    expect(await key(0x8001, RSA_KEY.pkcs8, 'always')).toBe('9000');
    expect(await key(0x8001, EC_KEY.pkcs8)).toBe('9000');
    expect(await key(0x8002, EC_KEY.pkcs8)).toBe('9000');
    expect(await key(0x8002, RSA_KEY.pkcs8)).toBe('6A80');
    expect(await key(0x8002, EC_KEY.pkcs8.slice(0, -1))).toBe('6A80');
    expect(await key(0x8002, Uint8Array.of(...EC_KEY.pkcs8, 0x01))).toBe('6A80');
    expect(await key(0x8002, content(32))).toBe('6A80');
  });

  it('a trust point comes with its date, in one sequence', async () => {
    const channel = await openPersonalisation(cards.open());
    await store(channel, [TAG]);
    const certificate = { dgi: 0xa004, data: CVCA };
    expect(await store(channel, [certificate])).toBe('6A80');
    expect(await store(channel, [DATE])).toBe('6A80');
    expect(await store(channel, [{ dgi: 0xa004, data: DV }, DATE])).toBe('6A80');
    expect(await store(channel, [certificate, { dgi: 0xa005, data: fromHex('020601030301') }])).toBe('6A80');
    expect(await store(channel, [certificate, DATE])).toBe('9000');
  });

  it('the lock stands alone, and an incomplete chip is not locked', async () => {
    const card = cards.open();
    const channel = await openPersonalisation(card);
    await store(channel, [TAG, DG1]);
    expect(await store(channel, [LOCK])).toBe('6985');
    expect(await store(channel, [...secretsFor(channel), LOCK])).toBe('6A80');
    expect(await store(channel, [{ dgi: 0xdead, data: content(1) }])).toBe('6A80');
    await store(channel, secretsFor(channel));
    expect(card.lifeCycle).toBe('personalising');
    expect(await store(channel, [LOCK])).toBe('9000');
    expect(card.lifeCycle).toBe('locked');
  });
});

describe('rehearsed defects', () => {
  it('tornAtUpdate counts files: half of it is written, and the card is mute', async () => {
    const card = cards.open(undefined, { kind: 'tornAtUpdate', update: 2 });
    const channel = await openPersonalisation(card);
    await expect(store(channel, [TAG, DG1, { dgi: 0x0102, data: content(100) }])).rejects.toMatchObject({ code: 'CARD_VANISHED' });
    expect(card.powerOn().length).toBe(0);
  });

  it('a write that the power cuts leaves nothing of its sequence', async () => {
    const card = cards.open();
    await card.close();
    const cut = cards.again({ faults: [{ at: { ins: 0xe2, occurrence: 1 }, effect: { kind: 'torn', bytes: 10 } }] });
    const channel = await openPersonalisation(cut);
    await expect(store(channel, [TAG, DG1])).rejects.toMatchObject({ code: 'CARD_UNPOWERED' });
    expect(files(cut)).toEqual([]);
    const again = await openPersonalisation(cut);
    expect(await tagOf(again)).toBe('6A88');
    expect(await store(again, [TAG, DG1])).toBe('9000');
  });

  it('lockLies answers 9000 and stays open', async () => {
    const card = cards.open(undefined, { kind: 'lockLies' });
    const channel = await openPersonalisation(card);
    await store(channel, [TAG, DG1, ...secretsFor(channel)]);
    expect(await store(channel, [LOCK])).toBe('9000');
    expect(card.lifeCycle).toBe('personalising');
    expect(await store(channel, [DG1])).toBe('9000');
  });
});
