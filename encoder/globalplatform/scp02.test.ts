import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CardError, type ParsedCommandApdu, parseCommand, parseResponse, type ResponseApdu } from '#encoder/apdu';
import { concat, fromHex, Secret, toHex } from '#encoder/bytes';
import { loadVectors } from '#test-vectors';
import { openScp02, Scp02CardSession, type Scp02Keys, SCP02_SECURITY_LEVELS, ScpError } from './index.ts';
import { chipAround, echo, flip, keysOf, someKeys, type Tamper, type TestChip } from './testing.ts';

const AID = fromHex('A0000002471001');
const HOST = fromHex('0011223344556677');
const RANDOM = { random: fromHex('A1A2A3A4A5A6') };

function chipWith(
  keys: Scp02Keys,
  execute: (command: ParsedCommandApdu) => ResponseApdu,
  { challenge = RANDOM, sequenceCounter = fromHex('002A'), ...tamper }: Partial<ChipOptions> & Tamper = {},
): TestChip<Scp02CardSession> {
  const options = { diversificationData: fromHex('00010203040506070809'), sequenceCounter, challenge };
  return chipAround(new Scp02CardSession(keys, options), execute, tamper);
}

interface ChipOptions {
  readonly challenge: { readonly random: Uint8Array } | { readonly aid: Uint8Array };
  readonly sequenceCounter: Uint8Array;
}

describe('GPC v2.3.1 annex E: whole sessions, byte for byte', () => {
  const vectors = loadVectors('globalplatform-scp').filter((v) => v.id.startsWith('scp02.'));
  it.each(vectors.map((v) => [v.id, v] as const))('%s', async (_id, v) => {
    const keys = (): Scp02Keys => keysOf(v.bytes('enc'), v.bytes('mac'), v.bytes('dek'), v.int('keyVersionInt'));
    const answers = v.bytesList('plainResponses').map((bytes) => parseResponse(bytes, 'vector'));
    const challenge = v.has('aid') ? { aid: v.bytes('aid') } : { random: v.bytes('cardChallenge') };
    let at = 0;
    const chip = chipWith(keys(), () => answers[at] ?? { data: new Uint8Array(0), sw: 0x6f00 }, {
      challenge,
      sequenceCounter: v.bytes('sequenceCounter'),
    });
    const channel = await openScp02(chip.transceiver, keys(), {
      hostChallenge: v.bytes('hostChallenge'),
      securityLevel: v.int('securityLevelInt') === 1 ? 0x01 : 0x03,
      ...(v.has('aid') ? { challengeAid: v.bytes('aid') } : {}),
    });
    expect(channel.encryptSensitive(v.bytes('sensitive'))).toEqual(v.bytes('sensitiveEncrypted'));
    expect(chip.session.decryptSensitive(v.bytes('sensitiveEncrypted'))).toEqual(v.bytes('sensitive'));
    for (const plain of v.bytesList('plainCommands')) {
      expect(await channel.send(parseCommand(plain))).toEqual(answers[at]);
      at += 1;
    }
    expect(chip.wire).toEqual(v.texts('wire'));
    expect(chip.executed.map((c) => toHex(c.data))).toEqual(v.bytesList('plainCommands').map((c) => toHex(parseCommand(c).data)));
  });
});

describe('SCP02, terminal against card', () => {
  it('both levels and both options carry short commands of every length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SCP02_SECURITY_LEVELS),
        fc.boolean(),
        fc.nat(255),
        fc.array(fc.record({ data: fc.uint8Array({ maxLength: 247 }), sw: fc.constantFrom(0x9000, 0x6282, 0x6a82) }), { maxLength: 5 }),
        async (securityLevel, pseudoRandom, seed, commands) => {
          let sw = 0x9000;
          const challenge = pseudoRandom ? { aid: AID } : RANDOM;
          const chip = chipWith(someKeys(16, seed), (c) => ({ data: c.data, sw }), { challenge });
          const hostChallenge = new Uint8Array(8).fill(seed);
          const options = { hostChallenge, securityLevel, ...(pseudoRandom ? { challengeAid: AID } : {}) };
          const channel = await openScp02(chip.transceiver, someKeys(16, seed), options);
          expect(chip.session.securityLevel).toBe(securityLevel);
          expect(channel).toMatchObject({ protocol: 'SCP02', securityLevel, shortDataMax: securityLevel === 1 ? 247 : 239 });
          for (const { data: all, sw: answer } of commands) {
            sw = answer;
            const data = all.slice(0, channel.shortDataMax);
            expect(await channel.send({ cla: 0x80, ins: 0xe2, p1: 1, p2: 2, data, le: 256 })).toEqual({ data, sw: answer });
            expect(chip.executed.at(-1)).toMatchObject({ cla: 0x80, ins: 0xe2, p1: 1, p2: 2, data, le: 256 });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('at level 03 the command is not readable on the wire, at level 01 it is', async () => {
    const plain = fromHex('53454352455453454352455453454352');
    for (const securityLevel of SCP02_SECURITY_LEVELS) {
      const chip = chipWith(someKeys(), () => ({ data: new Uint8Array(0), sw: 0x9000 }));
      const channel = await openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST, securityLevel });
      await channel.send({ cla: 0x80, ins: 0xe2, p1: 0, p2: 0, data: plain });
      expect(chip.wire.slice(4).join('').includes(toHex(plain))).toBe(securityLevel === 0x01);
    }
  });

  it('the session keys change with the sequence counter', async () => {
    const encrypted = await Promise.all(
      ['0000', '0001'].map(async (counter) => {
        const chip = chipWith(someKeys(), echo, { sequenceCounter: fromHex(counter) });
        return toHex((await openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST })).encryptSensitive(HOST));
      }),
    );
    expect(encrypted[0]).not.toBe(encrypted[1]);
  });

  it('sensitive data that is not whole blocks is padded with 80', async () => {
    const chip = chipWith(someKeys(), echo);
    const channel = await openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST });
    expect(chip.session.decryptSensitive(channel.encryptSensitive(fromHex('0102')))).toEqual(fromHex('0102800000000000'));
    expect(chip.session.decryptSensitive(fromHex('0102'))).toBeUndefined();
  });
});

describe('SCP02, threats', () => {
  it('a chip with other keys: one try, a coded error, and nothing after INITIALIZE UPDATE was sent', async () => {
    const chip = chipWith(someKeys(16, 9), echo);
    await expect(openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST })).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
    expect(chip.wire).toHaveLength(2);
  });

  it('a chip with i = 55 whose challenge does not follow from its keys is refused before EXTERNAL AUTHENTICATE', async () => {
    const chip = chipWith(someKeys(), echo);
    await expect(openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST, challengeAid: AID })).rejects.toMatchObject({
      code: 'SCP_CARD_CRYPTOGRAM',
    });
    expect(chip.wire).toHaveLength(2);
  });

  it('a host cryptogram spoilt on the way is refused by the card, and not tried again', async () => {
    const chip = chipWith(someKeys(), echo, { command: (bytes) => (bytes[1] === 0x82 ? flip(5)(bytes) : bytes) });
    await expect(openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST })).rejects.toMatchObject({ code: 'SCP_HOST_REFUSED' });
    expect(chip.wire).toHaveLength(4);
    expect(chip.session.securityLevel).toBe(0);
  });

  const ON_THE_WAY = [
    ['a flipped data bit', 6],
    ['a flipped header bit', 3],
    ['a flipped MAC bit', -1],
    ['a flipped bit in the last block, where the padding is', -9],
  ] as const;
  it.each(ON_THE_WAY.flatMap(([name, at]) => SCP02_SECURITY_LEVELS.map((level) => [name, level, at] as const)))(
    '%s at level %i is not executed and ends the session',
    async (_name, securityLevel, at) => {
      const chip = chipWith(someKeys(), echo, { command: (b) => (b[1] === 0xe2 ? flip(at)(b) : b) });
      const channel = await openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST, securityLevel });
      const command = { cla: 0x80, ins: 0xe2, p1: 0, p2: 0, data: fromHex('01020304') };
      expect(await channel.send(command)).toMatchObject({ sw: 0x6982 });
      expect(chip.executed).toHaveLength(0);
      expect(chip.session.securityLevel).toBe(0);
      expect(await channel.send({ ...command, ins: 0xca })).toMatchObject({ sw: 0x6982 });
    },
  );

  it('a replayed command, a command left out, and a command in clear are refused', async () => {
    const open = async (): Promise<TestChip<Scp02CardSession>> => {
      const chip = chipWith(someKeys(), echo);
      const channel = await openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST });
      for (const p2 of [0, 1]) await channel.send({ cla: 0x80, ins: 0xe2, p1: 0, p2, data: HOST });
      return chip;
    };
    const replayed = await open();
    expect(toHex(await replayed.transceiver.transmit(fromHex(replayed.wire[6] ?? '')))).toBe('6982');
    const clear = await open();
    expect(toHex(await clear.transceiver.transmit(fromHex('80E20002020102')))).toBe('6982');
    const leftOut = chipWith(someKeys(), echo);
    await openScp02(leftOut.transceiver, someKeys(), { hostChallenge: HOST });
    expect(toHex(await leftOut.transceiver.transmit(fromHex(replayed.wire[6] ?? '')))).toBe('6982');
    expect(leftOut.executed).toHaveLength(0);
  });

  it('a removed card closes the channel: the state of the chip is unknown', async () => {
    const chip = chipWith(someKeys(), echo);
    let gone = false;
    const transmit = (bytes: Uint8Array): Promise<Uint8Array> =>
      gone ? Promise.reject(new Error('unplugged')) : chip.transceiver.transmit(bytes);
    const channel = await openScp02({ transmit }, someKeys(), { hostChallenge: HOST });
    gone = true;
    await expect(channel.send({ cla: 0x80, ins: 0xe2, p1: 0, p2: 0 })).rejects.toMatchObject({ code: 'CARD_READER_GONE' });
    gone = false;
    await expect(channel.send({ cla: 0x80, ins: 0xe2, p1: 0, p2: 0 })).rejects.toMatchObject({ code: 'SCP_CLOSED' });
    expect(() => channel.encryptSensitive(HOST)).toThrow(expect.objectContaining({ code: 'SCP_CLOSED' }));
  });

  it('what no short APDU carries is not sent, and the channel stays open', async () => {
    const chip = chipWith(someKeys(), echo);
    const channel = await openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST });
    const command = { cla: 0x80, ins: 0xe2, p1: 0, p2: 0 };
    for (const over of [{ data: new Uint8Array(240) }, { data: HOST, extended: true }, { data: HOST, le: 257 }]) {
      await expect(channel.send({ ...command, ...over })).rejects.toMatchObject({ code: 'SCP_NOT_ASKED' });
    }
    expect(chip.wire).toHaveLength(4);
    expect(await channel.send({ ...command, data: HOST })).toMatchObject({ sw: 0x9000, data: HOST });
  });

  it.each([
    ['an empty answer', '9000', 'SCP_ANSWER_INVALID'],
    ['SCP03', `00010203040506070809300370${'00'.repeat(16)}9000`, 'SCP_ANSWER_INVALID'],
    ['trailing bytes', `000102030405060708093002${'00'.repeat(17)}9000`, 'SCP_ANSWER_INVALID'],
    ['a refusal', '6A88', 'CARD_REFUSED'],
  ])('INITIALIZE UPDATE answered with %s', async (_name, answer, code) => {
    const transceiver = { transmit: () => Promise.resolve(fromHex(answer)) };
    await expect(openScp02(transceiver, someKeys(), { hostChallenge: HOST })).rejects.toMatchObject({ code });
  });

  it('whatever a chip answers, the error is coded and EXTERNAL AUTHENTICATE is not sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.boolean(), async (tail, shaped) => {
        const answer = shaped ? concat(fromHex('000102030405060708093002'), tail, fromHex('9000')) : tail;
        const sent: (number | undefined)[] = [];
        const transmit = (command: Uint8Array): Promise<Uint8Array> => {
          sent.push(command[1]);
          return Promise.resolve(answer);
        };
        const refused = await openScp02({ transmit }, someKeys(), { hostChallenge: HOST }).catch((error: unknown) => error);
        expect(refused instanceof ScpError || refused instanceof CardError).toBe(true);
        // An answer 61xx is fetched, 6Cxx asked again; nothing more.
        expect(sent).not.toContain(0x82);
      }),
    );
  });

  it.each([
    ['a challenge of 7 bytes', someKeys(), new Uint8Array(7)],
    ['a key of 24 bytes', { ...someKeys(), mac: new Secret(new Uint8Array(24)) }, HOST],
  ])('%s is not sent', async (_name, keys, hostChallenge) => {
    const chip = chipWith(someKeys(), echo);
    await expect(openScp02(chip.transceiver, keys, { hostChallenge })).rejects.toMatchObject({ code: 'SCP_NOT_ASKED' });
    expect(chip.wire).toHaveLength(0);
  });

  it('the card takes no EXTERNAL AUTHENTICATE out of order, no unknown level, no unknown key set', () => {
    const { session } = chipWith(someKeys(), echo);
    const external = (p1: number): number => session.externalAuthenticate(parseCommand(Uint8Array.of(0x84, 0x82, p1, 0))).sw;
    const update = (p1: number): number => session.initializeUpdate(parseCommand(Uint8Array.of(0x80, 0x50, p1, 0, 8, ...HOST, 0))).sw;
    expect(external(0x03)).toBe(0x6985);
    expect(update(0x31)).toBe(0x6a88);
    expect(update(0x30)).toBe(0x9000);
    expect(external(0x33)).toBe(0x6a86);
    expect(external(0x03)).toBe(0x6985);
    expect(session.decryptSensitive(HOST)).toBeUndefined();
  });

  it('any bytes sent to the card give a status word, never an exception', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), async (sent) => {
        const chip = chipWith(someKeys(), echo);
        await openScp02(chip.transceiver, someKeys(), { hostChallenge: HOST });
        for (const data of sent) {
          const command = { cla: 0x84, ins: 0xe2, p1: data[0] ?? 0, p2: 0, data, extended: data.length > 255 };
          expect(chip.session.unwrap(command)).toBeUndefined();
          chip.session.initializeUpdate(parseCommand(Uint8Array.of(0x80, 0x50, 0, 0, 8, ...HOST, 0)));
          expect(chip.session.externalAuthenticate({ ...command, ins: 0x82, p1: 0x03 }).sw).not.toBe(0x9000);
        }
      }),
    );
  });
});
