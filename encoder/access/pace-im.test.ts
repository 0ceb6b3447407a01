import { describe, expect, it } from 'vitest';
import { parseCommand } from '#encoder/apdu';
import { bytesToInteger, concat, fromHex, toHex } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { vector } from '#test-vectors';
import { decodePoint } from './curves.ts';
import { canPassword, EC_DOMAINS, openPace, PaceCardSession, paceParameters, readFile } from './index.ts';
import { agreeKeys } from './pace.ts';
import { mapIntegrated } from './pace-mapping.ts';
import { paceToken } from './pace-parameters.ts';
import { passwordKey } from './password.ts';
import { encodeToPoint } from './point-encoding.ts';
import { pseudoRandom, pseudoRandomElement } from './pseudo-random.ts';
import { scripted, scriptedChannel, seeded, testChip } from './testing.ts';

const v = vector('pace', 'pace.ecdh-im.H1');
const h1 = paceParameters('0.4.0.127.0.7.2.2.4.4.2', 13);
const nonces = { s: v.bytes('nonceS'), t: v.bytes('nonceT') };
const uncompressed = (key: string): Uint8Array => concat(Uint8Array.of(0x04), v.bytes(key));
const password = canPassword(v.text('passwordText'));

describe('Doc 9303-11 Appendix H.1: PACE-ECDH-IM, brainpoolP256r1, AES-128, step by step', () => {
  it('parameters, password key and nonce', () => {
    expect(h1.oid).toEqual(v.bytes('oid'));
    expect(passwordKey(h1.suite, password).reveal()).toEqual(v.bytes('kPi'));
    expect(h1.suite.encryptNonce(v.bytes('kPi'), nonces.s)).toEqual(v.bytes('encryptedNonceZ'));
  });

  it('pseudo-random function R(s, t), and its remainder', () => {
    expect(pseudoRandom(h1.suite, nonces, h1.group.prime)).toEqual(v.bytes('pseudoRandomR'));
    expect(pseudoRandomElement(h1.suite, nonces, h1.group.prime)).toBe(bytesToInteger(v.bytes('rp')));
  });

  it('point encoding (Appendix B.2): the mapped generator', () => {
    expect(h1.group.mapField(bytesToInteger(v.bytes('rp')))).toEqual(uncompressed('mappedGenerator'));
    expect(mapIntegrated(h1, nonces)).toEqual(uncompressed('mappedGenerator'));
  });

  it.each([
    ['terminal', 'kaPrivateTerminal', 'kaPublicTerminal', 'kaPublicChip'],
    ['chip', 'kaPrivateChip', 'kaPublicChip', 'kaPublicTerminal'],
  ])('key agreement at the %s', (_side, own, ownPublic, otherPublic) => {
    const ownKey = bytesToInteger(v.bytes(own));
    expect(h1.group.publicKey(ownKey, uncompressed('mappedGenerator'))).toEqual(uncompressed(ownPublic));
    expect(h1.group.sharedSecret(ownKey, uncompressed(otherPublic))).toEqual(v.bytes('sharedSecretK'));
    const keys = agreeKeys(h1, { ownKey, ownPublic: uncompressed(ownPublic), otherPublic: uncompressed(otherPublic) });
    expect([toHex(keys.enc.reveal()), toHex(keys.mac.reveal())]).toEqual([v.text('ksEnc'), v.text('ksMac')]);
  });

  it('tokens', () => {
    expect(paceToken(h1, v.bytes('ksMac'), uncompressed('kaPublicChip'))).toEqual(v.bytes('tIfd'));
    expect(paceToken(h1, v.bytes('ksMac'), uncompressed('kaPublicTerminal'))).toEqual(v.bytes('tIc'));
  });

  // The appendix prints values and no APDUs: these carry its values in the objects of §4.4.5, with 82 empty.
  const command = (cla: string, tag: number, value: Uint8Array): string => {
    const data = tlv(0x7c, tlv(tag, value));
    return `${cla}860000${toHex(Uint8Array.of(data.length))}${toHex(data)}00`;
  };
  const result = (tag: number, value: Uint8Array): string => `${toHex(tlv(0x7c, tlv(tag, value)))}9000`;
  const commands = [
    `0022C1A40F800A${v.text('oid')}830102`,
    '10860000027C0000',
    command('10', 0x81, nonces.t),
    command('10', 0x83, uncompressed('kaPublicTerminal')),
    command('00', 0x85, v.bytes('tIfd')),
  ];
  const answers = [
    result(0x80, v.bytes('encryptedNonceZ')),
    '7C0282009000',
    result(0x84, uncompressed('kaPublicChip')),
    result(0x86, v.bytes('tIc')),
  ];

  it('terminal: asks with the values of the example', async () => {
    const { channel, asked } = scriptedChannel('9000', ...answers);
    const sm = await openPace(channel, { parameters: h1, password, random: scripted(nonces.t, v.bytes('kaPrivateTerminal')) });
    expect(asked).toEqual(commands);
    expect(sm.suite.name).toBe('AES-128');
  });

  it('card: answers with the values of the example', () => {
    const card = new PaceCardSession(h1, [password], scripted(nonces.s, v.bytes('kaPrivateChip')));
    expect(card.mseSetAt(parseCommand(fromHex(commands[0] ?? ''))).response.sw).toBe(0x9000);
    const steps = commands.slice(1).map((each) => card.generalAuthenticate(parseCommand(fromHex(each))));
    expect(steps.map(({ response }) => `${toHex(response.data)}9000`)).toEqual(answers);
    expect(steps.map(({ session }) => session !== undefined)).toEqual([false, false, false, true]);
  });
});

const FILE = Uint8Array.from([0x60, 0x02, 7, 8]);
const CAN = canPassword('000123');

function chip(parameters: typeof h1, seed: number) {
  return testChip({ pace: new PaceCardSession(parameters, [CAN], seeded(seed)), files: new Map([[0x011e, FILE]]) });
}

describe('PACE-ECDH-IM, terminal against card', () => {
  const all = Object.values(EC_DOMAINS).flatMap(({ parameterId }) => [1, 2, 3, 4].map((cipher) => [parameterId, cipher] as const));
  it.each(all)('domain parameters %i, cipher %i', async (parameterId, cipher) => {
    const parameters = paceParameters(`0.4.0.127.0.7.2.2.4.4.${cipher}`, parameterId);
    const card = chip(parameters, parameterId * cipher);
    const sm = await openPace(card.channel, { parameters, password: CAN, random: seeded(99) });
    expect(await readFile(sm, 0x011e)).toEqual(FILE);
  });

  it.each([
    [1, 16, 3],
    [2, 16, 3],
    [3, 32, 2],
    [4, 32, 2],
  ])('cipher %i: R is made of blocks of %i bytes, %i for a prime of 256 bits', (cipher, block, count) => {
    const { suite, group } = paceParameters(`0.4.0.127.0.7.2.2.4.4.${cipher}`, 13);
    const t = seeded(5)(suite.keyLength);
    expect(pseudoRandom(suite, { s: seeded(6)(block), t }, group.prime)).toHaveLength(block * count);
  });
});

describe('point encoding (Doc 9303-11 Appendix B.2)', () => {
  it.each(Object.values(EC_DOMAINS).map((domain) => [domain.name, domain] as const))(
    '%s: any element lands on the curve',
    (_name, domain) => {
      const { p, a, b } = domain.Point.CURVE();
      const { group } = paceParameters('0.4.0.127.0.7.2.2.4.4.2', domain.parameterId);
      for (const t of [2n, 3n, 4n, 5n, 6n, 7n, p - 2n, p >> 1n]) {
        const point = decodePoint(domain, group.mapField(t), 'test').toAffine();
        expect(encodeToPoint({ p, a, b }, t)).toEqual(point);
        // f(-t) is on the same or the mirrored point: α is the same.
        expect(encodeToPoint({ p, a, b }, p - t)?.x).toBe(point.x);
      }
    },
  );

  it.each([0n, 1n, h1.group.prime - 1n])('%i has no image: refused, no division by zero', (t) => {
    expect(() => h1.group.mapField(t)).toThrow(expect.objectContaining({ code: 'ACCESS_POINT_INVALID' }));
  });
});

describe('PACE-ECDH-IM, threats', () => {
  it('another CAN: the generators differ, and the password is wrong', async () => {
    const request = { parameters: h1, password: canPassword('000124'), random: seeded(7) };
    await expect(openPace(chip(h1, 3).channel, request)).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
  });

  it('a chip that answers the nonce with mapping data of its own', async () => {
    const nonce = `${toHex(tlv(0x7c, tlv(0x80, v.bytes('encryptedNonceZ'))))}9000`;
    const { channel } = scriptedChannel('9000', nonce, '7C038201009000');
    await expect(openPace(channel, { parameters: h1, password, random: seeded(7) })).rejects.toMatchObject({
      code: 'ACCESS_ANSWER_INVALID',
    });
  });

  it.each([0, 15, 17, 65])('the card refuses a nonce t of %i bytes and starts again', (length) => {
    const card = new PaceCardSession(h1, [password], seeded(3));
    const step = (hex: string): number => card.generalAuthenticate(parseCommand(fromHex(hex))).response.sw;
    card.mseSetAt(parseCommand(fromHex(`0022C1A40F800A${v.text('oid')}830102`)));
    expect(step('10860000027C0000')).toBe(0x9000);
    const data = tlv(0x7c, tlv(0x81, new Uint8Array(length)));
    expect(step(`10860000${toHex(Uint8Array.of(data.length))}${toHex(data)}00`)).toBe(0x6a80);
    expect(step('10860000027C0000')).toBe(0x6985);
  });

  it('a chip with Generic Mapping refuses at MSE:Set AT', async () => {
    const generic = chip(paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13), 4);
    await expect(openPace(generic.channel, { parameters: h1, password: CAN, random: seeded(8) })).rejects.toMatchObject({
      code: 'ACCESS_REFUSED',
    });
  });

  it.each(['0.4.0.127.0.7.2.2.4.4.5', '0.4.0.127.0.7.2.2.4.4', '0.4.0.127.0.7.2.2.4.4.2.1'])('%s is not supported', (oid) => {
    expect(() => paceParameters(oid, 13)).toThrow(expect.objectContaining({ code: 'ACCESS_UNSUPPORTED' }));
  });
});
