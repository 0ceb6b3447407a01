import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PaceCardSession, paceParameters, pinPassword, type CardStep, type RandomSource } from '#encoder/access';
import { encodeResponse, openChannel, parseCommand, type ApduChannel } from '#encoder/apdu';
import { toHex } from '#encoder/bytes';
import { cardAccess, type SecurityInfo } from '#encoder/lds';
import { nameOf, openBy, waysOf } from './ways.ts';

const PACE = '0.4.0.127.0.7.2.2.4';
const paceInfo = (arcs: string, parameterId?: number): SecurityInfo => ({
  kind: 'PACEInfo',
  protocol: `${PACE}.${arcs}`,
  version: 2,
  ...(parameterId === undefined ? {} : { parameterId }),
});
const efCardAccess = (...securityInfos: readonly SecurityInfo[]): Uint8Array => cardAccess.encode({ securityInfos });
const random: RandomSource = (length) => Uint8Array.from(randomBytes(length));

describe('Doc 9303-11 §4.2, §9.2.1: the ways that EF.CardAccess announces', () => {
  it('each password by each PACEInfo, Chip Authentication Mapping first, then BAC', () => {
    const ways = waysOf(['mrz', 'can'], true, efCardAccess(paceInfo('2.2', 13), paceInfo('6.4', 13)));
    expect(ways.map((way) => [way.check, nameOf(way)])).toEqual([
      ['pace-mrz', `${PACE}.6.4 brainpoolP256r1`],
      ['pace-mrz', `${PACE}.2.2 brainpoolP256r1`],
      ['pace-can', `${PACE}.6.4 brainpoolP256r1`],
      ['pace-can', `${PACE}.2.2 brainpoolP256r1`],
      ['bac', undefined],
    ]);
  });

  it.each([
    ['one PACEInfo: the domain parameters go without saying', [paceInfo('2.2', 13)], false],
    ['several: they are named (Doc 9303-11 §4.4.4.1)', [paceInfo('2.2', 13), paceInfo('2.2', 12)], true],
  ])('%s', async (_name, infos, named) => {
    const [way = { check: 'bac' as const }] = waysOf(['can'], false, efCardAccess(...infos));
    const asked: string[] = [];
    const channel: ApduChannel = {
      send({ data = new Uint8Array(0) }) {
        asked.push(toHex(data));
        return Promise.resolve({ data: new Uint8Array(0), sw: 0x6a80 });
      },
    };
    await expect(openBy(way, { channel, secrets: { can: '123456' }, random })).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
    expect(asked).toEqual([`800A04007F00070202040202830102${named ? '84010D' : ''}`]);
  });

  it('proprietary domain parameters, and those that nobody here knows, are passed over', () => {
    const ways = waysOf(['can'], false, efCardAccess(paceInfo('2.2'), paceInfo('2.2', 31), paceInfo('1.2', 0)));
    expect(ways.map(nameOf)).toEqual([expect.stringContaining(`${PACE}.1.2`)]);
  });

  it('none at all: the way is there and opens nothing', async () => {
    const [way] = waysOf(['can'], false, undefined);
    expect(way).toEqual({ check: 'pace-can' });
    const silent: ApduChannel = { send: () => Promise.reject(new Error('nothing is to be sent')) };
    await expect(openBy({ check: 'pace-can' }, { channel: silent, secrets: { can: '123456' }, random })).rejects.toMatchObject({
      code: 'ACCESS_UNSUPPORTED',
    });
  });

  it('a password that was not given is asked of nobody', async () => {
    const silent: ApduChannel = { send: () => Promise.reject(new Error('nothing is to be sent')) };
    const [way = { check: 'bac' as const }] = waysOf(['pin'], false, efCardAccess(paceInfo('2.2', 13)));
    for (const closed of [way, { check: 'bac' as const }]) {
      await expect(openBy(closed, { channel: silent, secrets: { can: '123456' }, random })).rejects.toMatchObject({
        code: 'ACCESS_UNSUPPORTED',
      });
    }
  });
});

describe('BSI TR-03110-2 §2.2.1: PACE with the PIN', () => {
  function chip(): { readonly channel: ApduChannel; readonly tries: () => number } {
    let tries = 3;
    const card = new PaceCardSession(paceParameters(`${PACE}.2.2`, 13), [pinPassword('4711')], random, {
      retryCounters: { pin: { initial: 3, remaining: () => tries, set: (remaining) => (tries = remaining) } },
    });
    const answerTo = (bytes: Uint8Array): CardStep => {
      const command = parseCommand(bytes);
      return command.ins === 0x22 ? card.mseSetAt(command) : card.generalAuthenticate(command);
    };
    const transmit = (bytes: Uint8Array): Promise<Uint8Array> => Promise.resolve(encodeResponse(answerTo(bytes).response));
    return { channel: openChannel({ transmit }), tries: () => tries };
  }
  const [way = { check: 'bac' as const }] = waysOf(['pin'], false, efCardAccess(paceInfo('2.2', 13)));

  it('opens, and leaves the identifier that Terminal Authentication is bound to', async () => {
    const opened = await openBy(way, { channel: chip().channel, secrets: { pin: '4711' }, random });
    expect(opened).toMatchObject({ inMasterFile: true, references: [] });
    expect(opened.chipIdentifier).toHaveLength(32);
  });

  it('a wrong one costs a try, and the last try is never taken', async () => {
    const { channel, tries } = chip();
    const wrong = () => openBy(way, { channel, secrets: { pin: '0000' }, random });
    await expect(wrong()).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    await expect(wrong()).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    await expect(wrong()).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_BLOCKED' });
    expect(tries()).toBe(1);
  });
});
