import { afterAll, describe, expect, it } from 'vitest';
import { authenticateActively, canPassword, openPace, paceParameters, readFile, selectApplication } from '#encoder/access';
import { fromHex, toHex } from '#encoder/bytes';
import { inApplication, inMasterFile, TEST_CARD_ACCESS } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { CAN, clearChannel, connect, openDriver, personalise, random, testCards } from './testing.ts';
import type { VirtualCard } from './virtual-card.ts';

const cards = testCards();
afterAll(cards.remove);

const DG1 = tlv(
  0x61,
  new Uint8Array(600).map((_, i) => i & 0xff),
);
const FILES = [[inMasterFile(0x011c), TEST_CARD_ACCESS] as const, [inApplication(0x0101), DG1] as const];

async function ask(card: VirtualCard, hex: string): Promise<string> {
  return toHex(await card.process(fromHex(hex)));
}

async function lockedCard(): Promise<VirtualCard> {
  const card = cards.open({ personality: { getResponse: true } });
  const { driver } = await personalise(card, { files: FILES });
  await driver.lock();
  await driver.proveLock();
  return card;
}

describe('ISO/IEC 7816-3 §12.2.1: a chip as behind T=0', () => {
  it('what a command with data says waits for GET RESPONSE, in parts as they are asked for', async () => {
    const card = cards.open({ personality: { getResponse: true } });
    connect(card);
    expect(await ask(card, '00A4040007A0000002471001')).toBe('610B');
    expect(await ask(card, '00C0000004')).toBe('6F0984076107');
    expect(await ask(card, '00C0000008')).toBe('6C07');
    expect(await ask(card, '00C0000007')).toBe('A00000024710019000');
    expect(await ask(card, '00C0000007')).toBe('6985');
  });

  it('another command drops what waits; P1 and P2 are zero', async () => {
    const card = cards.open({ personality: { getResponse: true } });
    connect(card);
    await ask(card, '00A4040007A0000002471001');
    expect(await ask(card, '00C0010000')).toBe('6A86');
    await ask(card, '00CADF2000');
    expect(await ask(card, '00C0000000')).toBe('6985');
  });

  it('6Cxx tells how much there is; with that Le the command is answered', async () => {
    const card = await lockedCard();
    connect(card);
    expect(await ask(card, '00B09C0010')).toMatch(/9000$/);
    expect(await ask(card, '00B0001040')).toBe('6C06');
    expect(await ask(card, '00B0001006')).toBe(`${toHex(TEST_CARD_ACCESS.slice(16))}9000`);
    expect(await ask(card, '00B09C0000')).toBe(`${toHex(TEST_CARD_ACCESS)}9000`);
  });

  it('a whole card is personalised and read through it, secure messaging included, in short commands', async () => {
    const card = await lockedCard();
    connect(card);
    const channel = await openPace(clearChannel(card), {
      parameters: paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13),
      password: canPassword(CAN),
      random,
    });
    await selectApplication(channel);
    expect(await readFile(channel, 0x0101)).toEqual(DG1);
  });

  it('an answer of more than 256 bytes comes to a short command in several parts', async () => {
    const card = cards.open({ personality: { getResponse: true } });
    const { driver, keys } = await personalise(card, { files: FILES });
    await driver.lock();
    connect(card);
    const channel = await openPace(clearChannel(card), {
      parameters: paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13),
      password: canPassword(CAN),
      random,
    });
    const publicKey = keys.activeAuthentication ?? new Uint8Array(0);
    expect(await authenticateActively(channel, { publicKey, challenge: random(8), extended: false })).toBe(true);
  });

  it('extended commands pass as they are, and other chips know no GET RESPONSE', async () => {
    const card = cards.open({ personality: { getResponse: true } });
    connect(card);
    expect(await ask(card, '00CADF20000020')).toMatch(/^DF200A0101.*9000$/);
    const other = cards.open();
    await openDriver(other);
    connect(other);
    expect(await ask(other, '00A4040007A0000002471001')).toMatch(/9000$/);
    expect(await ask(other, '00C0000000')).toBe('6D00');
  });
});
