import { sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  authenticateChip,
  authenticateTerminal,
  basicAccessIdentifier,
  canPassword,
  chipAuthenticationParameters,
  chipAuthenticationPublicKey,
  efCvcaOf,
  openBac,
  openPaceSession,
  paceParameters,
  readCertificationAuthorityReferences,
  readFile,
  selectApplication,
  type EphemeralKeys,
  type SmChannel,
} from '#encoder/access';
import { concat, toHex } from '#encoder/bytes';
import { cvCertificate, cvTrustPoint } from '#encoder/cv-certificate';
import type { ChipPublicKeys } from '#encoder/drivers';
import { inApplication, inMasterFile, TEST_CARD_ACCESS } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import {
  CAN,
  clearChannel,
  connect,
  CV_PAIRS,
  CVCA,
  dg14Of,
  DV,
  LINK,
  MRZ_INFORMATION,
  personalise,
  random,
  sw,
  terminalCertificate,
  testCards,
  TRUST_POINT,
} from '../testing.ts';
import type { VirtualCard } from '../virtual-card.ts';

const cards = testCards();
afterAll(cards.remove);

const DG3 = tlv(0x63, new Uint8Array(400).fill(3));
const DG4 = tlv(0x76, new Uint8Array(40).fill(4));
const EF_CVCA = efCvcaOf({ trustPoints: [cvTrustPoint(cvCertificate.decode(CVCA))], currentDate: '2026-11-01' });
const CA_OID = '0.4.0.127.0.7.2.2.3.2.2';
const DOCUMENT_NUMBER = basicAccessIdentifier(MRZ_INFORMATION);

async function newCard(): Promise<{ card: VirtualCard; keys: ChipPublicKeys }> {
  const card = cards.open();
  const { driver, keys } = await personalise(card, {
    files: [
      [inMasterFile(0x011c), TEST_CARD_ACCESS],
      [inApplication(0x011c), EF_CVCA],
      [inApplication(0x0103), DG3],
      [inApplication(0x0104), DG4],
    ],
    filesOf: ({ chipAuthentication }) => [[inApplication(0x010e), dg14Of(chipAuthentication, [CA_OID])]],
    trustPoint: TRUST_POINT,
  });
  await driver.lock();
  return { card, keys };
}

interface Session {
  readonly channel: SmChannel;
  readonly chipIdentifier: Uint8Array;
}

async function byBac(card: VirtualCard): Promise<Session> {
  connect(card);
  const clear = clearChannel(card);
  await selectApplication(clear);
  return { channel: await openBac(clear, { mrzInformation: MRZ_INFORMATION, random }), chipIdentifier: DOCUMENT_NUMBER };
}

async function byPace(card: VirtualCard): Promise<Session> {
  connect(card);
  const parameters = paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13);
  const { channel, ephemeralKeys } = await openPaceSession(clearChannel(card), { parameters, password: canPassword(CAN), random });
  await selectApplication(channel);
  return { channel, chipIdentifier: ephemeralKeys.chip ?? new Uint8Array(0) };
}

function chipAuthentication(channel: SmChannel, keys: ChipPublicKeys): Promise<EphemeralKeys> {
  const publicKey = chipAuthenticationPublicKey(keys.chipAuthentication ?? new Uint8Array(0));
  return authenticateChip(channel, { parameters: chipAuthenticationParameters(CA_OID), publicKey, random });
}

function terminal(session: Session, ephemeral: EphemeralKeys, certificates: readonly Uint8Array[]): Promise<void> {
  return authenticateTerminal(session.channel, {
    certificates,
    chipIdentifier: session.chipIdentifier,
    terminalKey: ephemeral.terminal ?? new Uint8Array(32),
    sign: (data) =>
      Promise.resolve(Uint8Array.from(sign('sha256', data, { key: CV_PAIRS.terminal.privateKey, dsaEncoding: 'ieee-p1363' }))),
  });
}

describe('Doc 9303-11 §7.1: fingerprints and irises open to an authenticated terminal alone', () => {
  let card: VirtualCard;
  let keys: ChipPublicKeys;
  beforeAll(async () => ({ card, keys } = await newCard()));

  it.each([
    ['BAC, document number', byBac],
    ['PACE, Comp(PK)', byPace],
  ])('after %s, and Chip Authentication: DG3 by the right to it, not DG4', async (_name, open) => {
    const session = await open(card);
    await expect(readFile(session.channel, 0x0103)).rejects.toMatchObject({ sw: 0x6982 });
    await terminal(session, await chipAuthentication(session.channel, keys), [DV, terminalCertificate(0x01)]);
    expect(await readFile(session.channel, 0x0103)).toEqual(DG3);
    expect(await sw(session.channel, '00A4020C0104')).toBe('6982');
    expect(await sw(session.channel, '00B08400')).toBe('6982');
  });

  it('DG4 by the right to irises; nothing without a right', async () => {
    const irises = await byPace(card);
    await terminal(irises, await chipAuthentication(irises.channel, keys), [DV, terminalCertificate(0x02)]);
    expect(await readFile(irises.channel, 0x0104)).toEqual(DG4);
    expect(await sw(irises.channel, '00A4020C0103')).toBe('6982');
    const nothing = await byPace(card);
    await terminal(nothing, await chipAuthentication(nothing.channel, keys), [DV, terminalCertificate(0x00)]);
    expect(await sw(nothing.channel, '00A4020C0103')).toBe('6982');
  });

  it('not before Chip Authentication, not for another chip, not in the next session', async () => {
    const early = await byPace(card);
    await expect(terminal(early, {}, [DV, terminalCertificate(0x01)])).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
    const other = await byPace(card);
    const ephemeral = await chipAuthentication(other.channel, keys);
    await expect(terminal({ ...other, chipIdentifier: DOCUMENT_NUMBER }, ephemeral, [DV, terminalCertificate(0x01)])).rejects.toMatchObject(
      { code: 'ACCESS_REFUSED' },
    );
    expect(await sw((await byPace(card)).channel, '00A4020C0103')).toBe('6982');
  });

  it('in clear no step of it is answered; a chip without trust points knows none', async () => {
    connect(card);
    expect(await sw(clearChannel(card), '002281B6830B564E435643413030303031')).toBe('6982');
    expect(await sw(clearChannel(card), '002A00BE')).toBe('6982');
    const without = cards.open();
    const { driver } = await personalise(without, { files: [[inMasterFile(0x011c), TEST_CARD_ACCESS]] });
    await driver.lock();
    const { channel } = await byPace(without);
    expect(await sw(channel, '002281B6830B564E435643413030303031')).toBe('6A81');
    expect(await sw(channel, '002A00BE')).toBe('6D00');
    expect(await sw(channel, '00840000')).toBe('6D00');
  });
});

describe('Doc 9303-11 §7.1.4.3: trust points and the date are those of the chip, for good', () => {
  it('a link certificate moves them, and EF.CVCA with them, over a power cut; the old name still leads', async () => {
    const { card, keys } = await newCard();
    const first = await byPace(card);
    expect(await readCertificationAuthorityReferences(first.channel)).toEqual(['VNCVCA00001']);
    const ephemeral = await chipAuthentication(first.channel, keys);
    await expect(terminal(first, ephemeral, [LINK])).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
    expect(await readCertificationAuthorityReferences(first.channel)).toEqual(['VNCVCA00002', 'VNCVCA00001']);
    await card.close();

    const again = cards.again();
    const second = await byPace(again);
    expect(await readCertificationAuthorityReferences(second.channel)).toEqual(['VNCVCA00002', 'VNCVCA00001']);
    await terminal(second, await chipAuthentication(second.channel, keys), [DV, terminalCertificate(0x01)]);
    expect(await readFile(second.channel, 0x0103)).toEqual(DG3);
    const digest = again.fileDigests().find(({ directory, fid }) => directory === 'eMRTD' && fid === 0x011c);
    expect(digest?.size).toBe(36);
    await again.close();
  });

  it('a certificate that took effect later than the date of the chip moves it: what has expired since is refused', async () => {
    const { card, keys } = await newCard();
    const session = await byPace(card);
    await terminal(session, await chipAuthentication(session.channel, keys), [DV, terminalCertificate(0x01)]);
    await card.close();
    const memory = cards.again();
    const next = await byPace(memory);
    const ephemeral = await chipAuthentication(next.channel, keys);
    const expired = terminalCertificate(0x01, '2026-11-02', '2026-11-19');
    await expect(terminal(next, ephemeral, [DV, expired])).rejects.toMatchObject({
      code: 'ACCESS_REFUSED',
      detail: expect.stringContaining('6A80') as string,
    });
    await memory.close();
  });
});

describe('Doc 9303-11 §4.4.5: PACE tells the names of the CVCA keys to a terminal that says it will authenticate itself', () => {
  it('objects 87 and 88 after a template 7F4C in MSE:Set AT, and not without', async () => {
    const { card } = await newCard();
    for (const [template, expected] of [
      [new Uint8Array(0), false],
      [tlv(0x7f4c, tlv(0x06, Uint8Array.of(4, 0, 127, 0, 7, 3, 1, 2, 1)), tlv(0x53, Uint8Array.of(0x03))), true],
    ] as const) {
      connect(card);
      const clear = clearChannel(card);
      const parameters = paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13);
      let last: Uint8Array = new Uint8Array(0);
      const channel = {
        async send(command: Parameters<typeof clear.send>[0]) {
          const sent = command.ins === 0x22 ? { ...command, data: concat(command.data ?? new Uint8Array(0), template) } : command;
          const response = await clear.send(sent);
          last = response.data;
          return response;
        },
      };
      const session = await openPaceSession(channel, { parameters, password: canPassword(CAN), random });
      expect(session.certificationAuthorityReferences).toEqual(expected ? ['VNCVCA00001'] : []);
      expect(toHex(last).includes(toHex(tlv(0x87, Uint8Array.from(Buffer.from('VNCVCA00001')))))).toBe(expected);
    }
  });
});
