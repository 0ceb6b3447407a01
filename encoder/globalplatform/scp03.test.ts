import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParsedCommandApdu, parseCommand, parseResponse, type ResponseApdu } from '#encoder/apdu';
import { fromHex, Secret, toHex } from '#encoder/bytes';
import { loadVectors } from '#test-vectors';
import { openScp03, Scp03CardSession, type Scp03Keys, SECURITY_LEVELS } from './index.ts';
import { chipAround, echo, flip, keysOf, someKeys, type Tamper, type TestChip } from './testing.ts';

function chipWith(keys: Scp03Keys, execute: (command: ParsedCommandApdu) => ResponseApdu, tamper?: Tamper): TestChip<Scp03CardSession> {
  const options = {
    diversificationData: fromHex('00010203040506070809'),
    sequenceCounter: fromHex('00002A'),
    aid: fromHex('A000000151000000'),
  };
  return chipAround(new Scp03CardSession(keys, options), execute, tamper);
}

const HOST = fromHex('0011223344556677');

describe('GPC Amendment D v1.2: whole sessions, byte for byte', () => {
  it.each(
    loadVectors('globalplatform-scp')
      .filter((v) => v.id.startsWith('scp03.'))
      .map((v) => [v.id, v] as const),
  )('%s', async (_id, v) => {
    const keys = (): Scp03Keys => keysOf(v.bytes('enc'), v.bytes('mac'), v.bytes('dek'), v.int('keyVersionInt'));
    const answers = v.bytesList('plainResponses').map((bytes) => parseResponse(bytes, 'vector'));
    let at = 0;
    const chip = chipWith(keys(), () => answers[at] ?? { data: new Uint8Array(0), sw: 0x6f00 });
    const channel = await openScp03(chip.transceiver, keys(), { hostChallenge: v.bytes('hostChallenge') });
    for (const plain of v.bytesList('plainCommands')) {
      expect(await channel.send(parseCommand(plain))).toEqual(answers[at]);
      at += 1;
    }
    expect(chip.wire).toEqual(v.texts('wire'));
    expect(toHex(channel.card.sequenceCounter ?? new Uint8Array(0))).toBe(v.text('sequenceCounter'));
    expect(chip.executed.map((c) => toHex(c.data))).toEqual(v.bytesList('plainCommands').map((c) => toHex(parseCommand(c).data)));
  });
});

describe('SCP03, terminal against card', () => {
  it('every level, key length and mode carries short and extended commands both ways', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...SECURITY_LEVELS),
        fc.constantFrom(16, 24, 32),
        fc.constantFrom(8, 16),
        fc.nat(255),
        fc.array(
          fc.record({ data: fc.uint8Array({ maxLength: 5000 }), extended: fc.boolean(), sw: fc.constantFrom(0x9000, 0x6282, 0x6a82) }),
          {
            maxLength: 5,
          },
        ),
        async (level, keyLength, challenge, seed, commands) => {
          let sw = 0x9000;
          const chip = chipWith(someKeys(keyLength, seed), (c) => ({ data: sw === 0x6a82 ? new Uint8Array(0) : c.data, sw }));
          const hostChallenge = new Uint8Array(challenge).fill(seed);
          const channel = await openScp03(chip.transceiver, someKeys(keyLength, seed), { hostChallenge, securityLevel: level });
          expect(chip.session.securityLevel).toBe(level);
          for (const { data, extended, sw: answer } of commands) {
            sw = answer;
            const response = await channel.send({ cla: 0x00, ins: 0xd6, p1: 1, p2: 2, data, extended, le: extended ? 65_536 : 256 });
            expect(response).toEqual({ data: answer === 0x6a82 ? new Uint8Array(0) : data, sw: answer });
            expect(chip.executed.at(-1)).toMatchObject({ cla: 0x00, ins: 0xd6, p1: 1, p2: 2, data });
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('at level 33 neither the command nor the response is readable on the wire', async () => {
    const chip = chipWith(someKeys(), echo);
    const channel = await openScp03(chip.transceiver, someKeys(), { hostChallenge: HOST });
    const secret = fromHex('53454352455453454352455453454352');
    await channel.send({ cla: 0x80, ins: 0xe2, p1: 0, p2: 0, data: secret });
    expect(chip.wire.slice(4).join('')).not.toContain(toHex(secret));
  });

  it('sensitive data goes under the data encryption key', async () => {
    const chip = chipWith(someKeys(), echo);
    const channel = await openScp03(chip.transceiver, someKeys(), { hostChallenge: HOST });
    const key = fromHex('404142434445464748494A4B4C4D4E4F');
    expect(chip.session.decryptSensitive(channel.encryptSensitive(key))).toEqual(key);
    expect(chip.session.decryptSensitive(channel.encryptSensitive(fromHex('0102')))).toEqual(fromHex('01028000000000000000000000000000'));
    expect(chip.session.decryptSensitive(fromHex('0102'))).toBeUndefined();
  });
});

describe('SCP03, threats', () => {
  it('a chip with other keys: one try, a coded error, and nothing after INITIALIZE UPDATE was sent', async () => {
    const chip = chipWith(someKeys(16, 9), echo);
    await expect(openScp03(chip.transceiver, someKeys(), { hostChallenge: HOST })).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
    expect(chip.wire).toHaveLength(2);
  });

  it('a host cryptogram spoilt on the way is refused by the card, and not tried again', async () => {
    const chip = chipWith(someKeys(), echo, { command: (bytes) => (bytes[1] === 0x82 ? flip(5)(bytes) : bytes) });
    await expect(openScp03(chip.transceiver, someKeys(), { hostChallenge: HOST })).rejects.toMatchObject({ code: 'SCP_HOST_REFUSED' });
    expect(chip.wire).toHaveLength(4);
    expect(chip.session.securityLevel).toBe(0);
  });

  it.each([
    ['a flipped command bit', { command: (b: Uint8Array) => (b[1] === 0xd6 ? flip(6)(b) : b) }],
    ['a flipped header bit', { command: (b: Uint8Array) => (b[1] === 0xd6 ? flip(3)(b) : b) }],
    ['a flipped MAC bit', { command: (b: Uint8Array) => (b[1] === 0xd6 ? flip(-1)(b) : b) }],
  ])('%s is not executed', async (_name, tamper) => {
    const chip = chipWith(someKeys(), echo, tamper);
    const channel = await openScp03(chip.transceiver, someKeys(), { hostChallenge: HOST });
    expect(await channel.send({ cla: 0, ins: 0xd6, p1: 0, p2: 0, data: fromHex('0102') })).toMatchObject({ sw: 0x6982 });
    expect(chip.executed).toHaveLength(0);
    expect(chip.session.securityLevel).toBe(0);
    expect(await channel.send({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 1 })).toMatchObject({ sw: 0x6982 });
  });

  it.each([
    ['a flipped response bit', (b: Uint8Array, ins: number) => (ins === 0xd6 ? flip(0)(b) : b)],
    ['another status word', (b: Uint8Array, ins: number) => (ins === 0xd6 ? Uint8Array.from([...b.slice(0, -2), 0x62, 0x82]) : b)],
    ['a bare 9000', (_b: Uint8Array, ins: number) => (ins === 0xd6 ? fromHex('9000') : _b)],
    [
      'data with an error status word',
      (b: Uint8Array, ins: number) => (ins === 0xd6 ? Uint8Array.from([...b.slice(0, -2), 0x6a, 0x82]) : b),
    ],
  ])('%s closes the channel', async (_name, response) => {
    const chip = chipWith(someKeys(), echo, { response });
    const channel = await openScp03(chip.transceiver, someKeys(), { hostChallenge: HOST });
    const command = { cla: 0, ins: 0xd6, p1: 0, p2: 0, data: fromHex('0102') };
    await expect(channel.send(command)).rejects.toMatchObject({ code: 'SCP_RESPONSE_MAC' });
    await expect(channel.send(command)).rejects.toMatchObject({ code: 'SCP_CLOSED' });
    expect(() => channel.encryptSensitive(fromHex('01'))).toThrow(expect.objectContaining({ code: 'SCP_CLOSED' }));
  });

  it('a replayed command is refused', async () => {
    const chip = chipWith(someKeys(), echo);
    const channel = await openScp03(chip.transceiver, someKeys(), { hostChallenge: HOST });
    await channel.send({ cla: 0, ins: 0xd6, p1: 0, p2: 0, data: fromHex('0102') });
    const again = await chip.transceiver.transmit(fromHex(chip.wire[4] ?? ''));
    expect(toHex(again)).toBe('6982');
    expect(chip.executed).toHaveLength(1);
  });

  it('a command in clear inside a session is refused', async () => {
    const chip = chipWith(someKeys(), echo);
    await openScp03(chip.transceiver, someKeys(), { hostChallenge: HOST });
    expect(toHex(await chip.transceiver.transmit(fromHex('00D60000020102')))).toBe('6982');
  });

  it('a removed card closes the channel: the state of the chip is unknown', async () => {
    const chip = chipWith(someKeys(), echo);
    let gone = false;
    const transmit = (bytes: Uint8Array): Promise<Uint8Array> =>
      gone ? Promise.reject(new Error('unplugged')) : chip.transceiver.transmit(bytes);
    const channel = await openScp03({ transmit }, someKeys(), { hostChallenge: HOST });
    gone = true;
    await expect(channel.send({ cla: 0, ins: 0xd6, p1: 0, p2: 0 })).rejects.toMatchObject({ code: 'CARD_READER_GONE' });
    gone = false;
    await expect(channel.send({ cla: 0, ins: 0xd6, p1: 0, p2: 0 })).rejects.toMatchObject({ code: 'SCP_CLOSED' });
  });

  it.each([
    ['an empty answer', '9000', 'SCP_ANSWER_INVALID'],
    ['SCP02', `00010203040506070809FF02${'00'.repeat(16)}9000`, 'SCP_ANSWER_INVALID'],
    ['trailing bytes', `00010203040506070809300370${'00'.repeat(20)}9000`, 'SCP_ANSWER_INVALID'],
    ['a refusal', '6A88', 'CARD_REFUSED'],
  ])('INITIALIZE UPDATE answered with %s', async (_name, answer, code) => {
    const transceiver = { transmit: () => Promise.resolve(fromHex(answer)) };
    await expect(openScp03(transceiver, someKeys(), { hostChallenge: HOST })).rejects.toMatchObject({ code });
  });

  it.each([
    ['a challenge of 7 bytes', someKeys(), new Uint8Array(7)],
    ['keys of two lengths', { ...someKeys(), mac: new Secret(new Uint8Array(24)) }, HOST],
    ['keys of 8 bytes', someKeys(8), HOST],
  ])('%s is not sent', async (_name, keys, hostChallenge) => {
    const chip = chipWith(someKeys(), echo);
    await expect(openScp03(chip.transceiver, keys, { hostChallenge })).rejects.toMatchObject({ code: 'SCP_NOT_ASKED' });
    expect(chip.wire).toHaveLength(0);
  });

  it('the card takes no EXTERNAL AUTHENTICATE out of order, no unknown level, no unknown key set', () => {
    const { session } = chipWith(someKeys(), echo);
    const external = (p1: number): number => session.externalAuthenticate(parseCommand(Uint8Array.of(0x84, 0x82, p1, 0))).sw;
    const update = (p1: number): number => session.initializeUpdate(parseCommand(Uint8Array.of(0x80, 0x50, p1, 0, 8, ...HOST, 0))).sw;
    expect(external(0x33)).toBe(0x6985);
    expect(update(0x31)).toBe(0x6a88);
    expect(update(0x00)).toBe(0x9000);
    expect(external(0x02)).toBe(0x6a86);
    expect(external(0x33)).toBe(0x6985);
  });

  it('any bytes sent to the card give a status word, never an exception', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 4, maxLength: 60 }), { maxLength: 6 }), (sent) => {
        const { session } = chipWith(someKeys(), echo);
        session.initializeUpdate(parseCommand(Uint8Array.of(0x80, 0x50, 0, 0, 8, ...HOST, 0)));
        for (const data of sent) {
          const command = { cla: 0x84, ins: 0x82, p1: data[0] ?? 0, p2: 0, data, extended: false };
          expect(session.externalAuthenticate(command).sw).not.toBe(0x9000);
          expect(session.unwrap({ ...command, ins: 0xd6 })).toBeUndefined();
        }
      }),
    );
  });
});
