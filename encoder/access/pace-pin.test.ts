import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '#encoder/apdu';
import { bytesToInteger, concat, fromHex, toHex } from '#encoder/bytes';
import { cardAccess } from '#encoder/lds';
import { tlv } from '#encoder/tlv';
import { vector } from '#test-vectors';
import {
  canPassword,
  openPace,
  openPaceSession,
  PaceCardSession,
  paceParameters,
  type PacePassword,
  type PaceParameters,
  pinPassword,
  pukPassword,
  readFile,
  type RetryCounter,
} from './index.ts';
import { agreeKeys, paceEphemeralKeys } from './pace.ts';
import { mapGeneric } from './pace-mapping.ts';
import { paceToken } from './pace-parameters.ts';
import { passwordKey } from './password.ts';
import { scripted, scriptedChannel, seeded, testChip, type TestChip } from './testing.ts';

const FILE = Uint8Array.from([0x60, 0x02, 7, 8]);
const GM = paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13);
const CAN = canPassword('000123');
const PIN = pinPassword('123456');
const WRONG = pinPassword('654321');

describe('BSI worked example of Extended Access Control 1.02: PACE with the PIN, step by step', () => {
  const examples = [
    ['ecdh', GM],
    ['dh', paceParameters('0.4.0.127.0.7.2.2.4.1.2', 0)],
  ] as const;

  it.each(examples)('%s: password key, nonce and what EF.CardAccess announces', (kind, parameters) => {
    const v = vector('extended-access', `eac.${kind}.pace`);
    expect(parameters.oid).toEqual(v.bytes('oid'));
    const key = passwordKey(parameters.suite, pinPassword(v.text('passwordText')));
    expect(key.reveal()).toEqual(v.bytes('kPi'));
    expect(parameters.suite.encryptNonce(v.bytes('kPi'), v.bytes('nonceS'))).toEqual(v.bytes('encryptedNonceZ'));
    const infos = cardAccess.decode(v.bytes('efCardAccess')).securityInfos;
    expect(infos).toContainEqual(expect.objectContaining({ kind: 'PACEInfo', parameterId: parameters.group.parameterId }));
  });

  it.each(examples)('%s: mapping, key agreement and tokens, at both ends', (kind, parameters) => {
    const v = vector('extended-access', `eac.${kind}.pace`);
    const { group } = parameters;
    for (const [own, other] of [
      ['Terminal', 'Chip'],
      ['Chip', 'Terminal'],
    ] as const) {
      const [mapKey, key] = [`mapPrivate${own}`, `kaPrivate${own}`].map((name) => bytesToInteger(v.bytes(name)) % group.order);
      const [mapPublic, otherMapPublic] = [v.bytes(`mapPublic${own}`), v.bytes(`mapPublic${other}`)];
      const generator = v.bytes('mappedGenerator');
      expect(group.publicKey(mapKey ?? 0n)).toEqual(mapPublic);
      expect(
        mapGeneric(parameters, { nonce: v.bytes('nonceS'), ownKey: mapKey ?? 0n, ownPublic: mapPublic, otherPublic: otherMapPublic }),
      ).toEqual(generator);
      // One DH key of the example is printed with the leading octet of an INTEGER.
      const [ownPublic, otherPublic] = [own, other].map((side) => {
        const bytes = v.bytes(`kaPublic${side}`);
        return bytes[0] === 0 ? bytes.slice(1) : bytes;
      });
      if (ownPublic === undefined || otherPublic === undefined) throw new Error('two keys');
      expect(group.publicKey(key ?? 0n, generator)).toEqual(ownPublic);
      expect(group.sharedSecret(key ?? 0n, otherPublic)).toEqual(v.bytes('sharedSecretK'));
      const keys = agreeKeys(parameters, { ownKey: key ?? 0n, ownPublic, otherPublic });
      expect([toHex(keys.enc.reveal()), toHex(keys.mac.reveal())]).toEqual([v.text('ksEnc'), v.text('ksMac')]);
      expect(paceToken(parameters, keys.mac.reveal(), otherPublic)).toEqual(v.bytes(own === 'Terminal' ? 'tIfd' : 'tIc'));
    }
  });

  it('ecdh: the card answers the terminal with the bytes of the example', () => {
    const v = vector('extended-access', 'eac.ecdh.pace');
    const card = new PaceCardSession(GM, [PIN], scripted(v.bytes('nonceS'), v.bytes('mapPrivateChip'), v.bytes('kaPrivateChip')));
    expect(card.mseSetAt(parseCommand(mseSetAt(GM, 3))).response.sw).toBe(0x9000);
    const steps = [tlv(0x7c), object(0x81, v.bytes('mapPublicTerminal')), object(0x83, v.bytes('kaPublicTerminal'))].map((data) =>
      card.generalAuthenticate(general(data, true)),
    );
    const last = card.generalAuthenticate(general(object(0x85, v.bytes('tIfd')), false));
    expect([...steps, last].map(({ response }) => response.data)).toEqual([
      object(0x80, v.bytes('encryptedNonceZ')),
      object(0x82, v.bytes('mapPublicChip')),
      object(0x84, v.bytes('kaPublicChip')),
      object(0x86, v.bytes('tIc')),
    ]);
    const keys = { terminal: v.bytes('kaPublicTerminal'), chip: v.bytes('kaPublicChip') };
    expect(last.ephemeralKeys).toEqual(paceEphemeralKeys(GM, keys));
    expect(last.ephemeralKeys?.chip).toEqual(vector('extended-access', 'eac.ecdh.ta').bytes('chipIdentifier'));
  });
});

describe('BSI TR-03110-2 §2.2.3: the retry counter of PIN and PUK', () => {
  it.each([
    ['PIN', PIN, 3],
    ['PUK', pukPassword('12345678'), 4],
  ])('%s opens, by its own reference', async (_name, password, reference) => {
    const { chip } = chipWith({}, [CAN, password]);
    expect(await readFile(await open(chip, password), 0x011e)).toEqual(FILE);
    expect(chip.plain[0]?.data.slice(-3)).toEqual(Uint8Array.of(0x83, 1, reference));
  });

  it('a wrong PIN costs a try, a right one gives all back', async () => {
    const { chip, pin } = chipWith({ pin: 3 });
    await expect(open(chip, WRONG)).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG', detail: '63C2 TRIES_LEFT' });
    expect(pin.remaining()).toBe(2);
    expect(await readFile(await open(chip, PIN), 0x011e)).toEqual(FILE);
    expect(pin.remaining()).toBe(3);
  });

  it('the last try is suspended: neither the terminal asks for it unbidden, nor does the chip give it', async () => {
    const { chip, pin } = chipWith({ pin: 3, left: 1 });
    await expect(open(chip, PIN)).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_BLOCKED', where: 'PACE/MSE:Set AT' });
    await expect(open(chip, PIN, true)).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_BLOCKED', where: 'PACE/encrypted nonce' });
    expect(pin.remaining()).toBe(1);
  });

  it.each([
    ['right', PIN, 3],
    ['wrong', WRONG, 0],
  ])('the CAN resumes it for one try in the same session: a %s one', async (_name, password, left) => {
    const { chip, pin } = chipWith({ pin: 3, left: 1 });
    const channel = await open(chip, CAN);
    const request = { parameters: GM, password, random: seeded(8), lastTry: true };
    if (left === 3) {
      expect(await openPace(channel, request)).toBe(channel);
      expect(await readFile(channel, 0x011e)).toEqual(FILE);
    } else {
      await expect(openPace(channel, request)).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG', detail: '63C0 TRIES_LEFT' });
      await expect(openPace(channel, request)).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_BLOCKED' });
    }
    expect(pin.remaining()).toBe(left);
  });

  it('a CAN of before the suspension resumes nothing, nor one of a session that has ended', async () => {
    const early = chipWith({ pin: 3, left: 2 });
    const channel = await open(early.chip, CAN);
    await expect(openPace(channel, { parameters: GM, password: WRONG, random: seeded(8) })).rejects.toMatchObject({
      detail: '63C1 TRIES_LEFT',
    });
    await expect(openPace(channel, { parameters: GM, password: PIN, random: seeded(8), lastTry: true })).rejects.toMatchObject({
      code: 'ACCESS_PASSWORD_BLOCKED',
    });
    const ended = chipWith({ pin: 3, left: 1 });
    await open(ended.chip, CAN);
    await ended.chip.channel.send({ cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 1 });
    await expect(open(ended.chip, PIN, true)).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_BLOCKED' });
  });

  it('a blocked PIN is never tried, and the CAN does not help it', async () => {
    const { chip, pin } = chipWith({ pin: 3, left: 0 });
    const channel = await open(chip, CAN);
    await expect(openPace(channel, { parameters: GM, password: PIN, random: seeded(8), lastTry: true })).rejects.toMatchObject({
      code: 'ACCESS_PASSWORD_BLOCKED',
      detail: '63C0 TRIES_LEFT',
    });
    const card = new PaceCardSession(GM, [PIN], seeded(1), { retryCounters: { pin } });
    expect(card.mseSetAt(parseCommand(mseSetAt(GM, 3))).response.sw).toBe(0x63c0);
    expect(card.generalAuthenticate(general(tlv(0x7c), true)).response.sw).toBe(0x6983);
  });

  it('the try is spent before the proof is looked at: a cut of the power costs it', () => {
    const torn: RetryCounter = {
      initial: 3,
      remaining: () => 3,
      set: () => {
        throw new Error('no power');
      },
    };
    const card = new PaceCardSession(GM, [PIN], seeded(1), { retryCounters: { pin: torn } });
    card.mseSetAt(parseCommand(mseSetAt(GM, 3)));
    card.generalAuthenticate(general(tlv(0x7c), true));
    const key = GM.group.publicKey(5n);
    card.generalAuthenticate(general(object(0x81, key), true));
    card.generalAuthenticate(general(object(0x83, key), true));
    expect(() => card.generalAuthenticate(general(object(0x85, new Uint8Array(8)), false))).toThrow('no power');
  });

  it.each(['6983', '6984', '6985', '6982'])('a chip that gives no nonce for it: %s', async (sw) => {
    for (const [password, code] of [
      [PIN, 'ACCESS_PASSWORD_BLOCKED'],
      [CAN, 'ACCESS_REFUSED'],
    ] as const) {
      const { channel, asked } = scriptedChannel('9000', sw);
      await expect(openPace(channel, { parameters: GM, password, random: seeded(1) })).rejects.toMatchObject({ code });
      expect(asked).toHaveLength(2);
    }
  });

  it('MRZ and CAN are never blocked, whatever the chip warns of', async () => {
    const { channel, asked } = scriptedChannel('63C0', '6300');
    await expect(openPace(channel, { parameters: GM, password: CAN, random: seeded(1) })).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
    expect(asked).toHaveLength(2);
  });
});

describe('Doc 9303-11 §4.4.4.1: a chip that announces several', () => {
  const offered = [
    GM,
    paceParameters('0.4.0.127.0.7.2.2.4.2.2', 12),
    paceParameters('0.4.0.127.0.7.2.2.4.2.4', 16),
    paceParameters('0.4.0.127.0.7.2.2.4.4.2', 13),
    paceParameters('0.4.0.127.0.7.2.2.4.1.2', 0),
  ];

  it.each(offered.map((parameters) => [`${toHex(parameters.oid)}, ${parameters.group.name}`, parameters] as const))(
    '%s',
    async (_name, parameters) => {
      const chip = testChip({ pace: new PaceCardSession(offered, [CAN], seeded(3)), files: new Map([[0x011e, FILE]]) });
      const sm = await openPace(chip.channel, { parameters, password: CAN, random: seeded(4), sendParameterId: true });
      expect(sm.suite.name).toBe(parameters.suite.name);
      expect(await readFile(sm, 0x011e)).toEqual(FILE);
    },
  );

  it('domain parameters are named when the protocol leaves them open, and must be there', () => {
    const card = new PaceCardSession(offered, [CAN], seeded(3));
    const sw = (bytes: Uint8Array) => card.mseSetAt(parseCommand(bytes)).response.sw;
    expect(sw(mseSetAt(GM, 2))).toBe(0x6a88);
    expect(sw(mseSetAt(GM, 2, 13))).toBe(0x9000);
    expect(sw(mseSetAt(GM, 2, 16))).toBe(0x6a88);
    expect(sw(mseSetAt(paceParameters('0.4.0.127.0.7.2.2.4.2.4', 16), 2))).toBe(0x9000);
    expect(sw(mseSetAt(paceParameters('0.4.0.127.0.7.2.2.4.2.3', 13), 2))).toBe(0x6a80);
    expect(sw(mseSetAt(GM, 3, 13))).toBe(0x6a88);
  });

  it.each([
    [[], ''],
    [['VNCVCA00002'], `870B${toHex(Buffer.from('VNCVCA00002'))}`],
    [['VNCVCA00002', 'VNCVCA00001', 'VNCVCA00000'], `870B${toHex(Buffer.from('VNCVCA00002'))}880B${toHex(Buffer.from('VNCVCA00001'))}`],
  ])('names the CVCA keys %s in objects 87 and 88', async (references, objects) => {
    const chip = testChip({ pace: new PaceCardSession(GM, [CAN], seeded(3), { certificationAuthorityReferences: () => references }) });
    const session = await openPaceSession(chip.channel, { parameters: GM, password: CAN, random: seeded(4) });
    expect(session.certificationAuthorityReferences).toEqual(references.slice(0, 2));
    expect(chip.wire.at(-1)?.slice(24, -4)).toBe(objects);
  });

  it('threat: a chip that names anything: what can name no key goes no further', async () => {
    const references = ['anything\n1', 'VNCVCA00001'];
    const chip = testChip({ pace: new PaceCardSession(GM, [CAN], seeded(3), { certificationAuthorityReferences: () => references }) });
    const session = await openPaceSession(chip.channel, { parameters: GM, password: CAN, random: seeded(4) });
    expect(session.certificationAuthorityReferences).toEqual(['VNCVCA00001']);
  });
});

describe('bad input: PACE at either end', () => {
  it('any commands in any order give a status word, and no session', () => {
    const point = GM.group.publicKey(5n);
    const data = fc.oneof(
      fc.constantFrom(tlv(0x7c), object(0x81, point), object(0x83, point), object(0x85, new Uint8Array(8)), mseSetAt(GM, 3).slice(5)),
      fc.uint8Array({ maxLength: 80 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('set', 'chained', 'last'), data), { maxLength: 10 }), (script) => {
        const card = new PaceCardSession(GM, [PIN, CAN], seeded(1), { retryCounters: { pin: counter(3, 3) } });
        for (const [kind, bytes] of script) {
          const step =
            kind === 'set'
              ? card.mseSetAt({ ...general(bytes, false), ins: 0x22 })
              : card.generalAuthenticate(general(bytes, kind === 'chained'));
          expect(step.response.sw).toBeGreaterThanOrEqual(0x6300);
          expect(step.session).toBeUndefined();
        }
      }),
      { numRuns: 100 },
    );
  });

  it('any answers of a chip are a coded error', async () => {
    const nonce = `7C128010${'00'.repeat(16)}9000`;
    const mapped = `${toHex(object(0x82, GM.group.publicKey(7n)))}9000`;
    const answers = fc.array(
      fc.oneof(fc.constantFrom('9000', '63C2', nonce, mapped), fc.uint8Array({ minLength: 2, maxLength: 90 }).map(toHex)),
      { minLength: 12, maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(answers, async (script) => {
        const { channel } = scriptedChannel('9000', nonce, ...script);
        await expect(openPace(channel, { parameters: GM, password: PIN, random: seeded(1) })).rejects.toMatchObject({
          code: expect.stringMatching(/^(ACCESS|CARD)_/) as string,
        });
      }),
      { numRuns: 60 },
    );
  });
});

function counter(initial: number, left: number): RetryCounter {
  let remaining = left;
  return { initial, remaining: () => remaining, set: (next) => void (remaining = next) };
}

function chipWith(
  { pin: initial = 3, left = initial }: { readonly pin?: number; readonly left?: number },
  passwords: readonly PacePassword[] = [CAN, PIN],
): { chip: TestChip; pin: RetryCounter } {
  const pin = counter(initial, left);
  const pace = new PaceCardSession(GM, passwords, seeded(3), { retryCounters: { pin } });
  return { chip: testChip({ pace, files: new Map([[0x011e, FILE]]) }), pin };
}

function open(chip: TestChip, password: PacePassword, lastTry = false) {
  return openPace(chip.channel, { parameters: GM, password, random: seeded(4), lastTry });
}

function mseSetAt({ oid }: PaceParameters, password: number, parameterId?: number): Uint8Array {
  const domain = parameterId === undefined ? new Uint8Array(0) : tlv(0x84, Uint8Array.of(parameterId));
  const data = concat(tlv(0x80, oid), tlv(0x83, Uint8Array.of(password)), domain);
  return concat(fromHex('0022C1A4'), Uint8Array.of(data.length), data);
}

function object(tag: number, value: Uint8Array): Uint8Array {
  return tlv(0x7c, tlv(tag, value));
}

function general(data: Uint8Array, chained: boolean) {
  return { cla: chained ? 0x10 : 0, ins: 0x86, p1: 0, p2: 0, data, le: 256, extended: false };
}
