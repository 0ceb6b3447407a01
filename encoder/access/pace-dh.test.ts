import { describe, expect, it } from 'vitest';
import { parseCommand } from '#encoder/apdu';
import { bytesToInteger, fromHex, toHex } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { vector } from '#test-vectors';
import { DH_DOMAINS } from './dh-domains.ts';
import { canPassword, mrzPassword, openPace, PaceCardSession, paceParameters, readFile } from './index.ts';
import { agreeKeys } from './pace.ts';
import { mapGeneric, mapIntegrated } from './pace-mapping.ts';
import { paceToken } from './pace-parameters.ts';
import { passwordKey } from './password.ts';
import { pseudoRandom, pseudoRandomElement } from './pseudo-random.ts';
import { scripted, scriptedChannel, seeded, testChip } from './testing.ts';

const sides = [
  ['terminal', 'Terminal', 'Chip'],
  ['chip', 'Chip', 'Terminal'],
] as const;

const v = vector('pace', 'pace.dh-gm.G2');
const g2 = paceParameters('0.4.0.127.0.7.2.2.4.1.2', 0);
const password = mrzPassword(v.text('mrzInformationText'));

describe('Doc 9303-11 Appendix G.2: PACE-DH-GM, 1024-bit MODP group, AES-128, step by step', () => {
  it('parameters, password key and nonce', () => {
    expect(g2.oid).toEqual(v.bytes('oid'));
    const numbers = ['p', 'g', 'q'].map((key) => bytesToInteger(v.bytes(key)));
    expect([DH_DOMAINS[0]?.p, DH_DOMAINS[0]?.g, DH_DOMAINS[0]?.q]).toEqual(numbers);
    expect(passwordKey(g2.suite, password).reveal()).toEqual(v.bytes('kPi'));
    expect(g2.suite.encryptNonce(v.bytes('kPi'), v.bytes('nonceS'))).toEqual(v.bytes('encryptedNonceZ'));
  });

  it.each(sides)('mapping at the %s', (_side, own, other) => {
    const ownKey = bytesToInteger(v.bytes(`mapPrivate${own}`));
    const [ownPublic, otherPublic] = [v.bytes(`mapPublic${own}`), v.bytes(`mapPublic${other}`)];
    expect(g2.group.publicKey(ownKey)).toEqual(ownPublic);
    expect(g2.group.sharedSecret(ownKey, otherPublic)).toEqual(v.bytes('mapSharedSecretH'));
    expect(mapGeneric(g2, { nonce: v.bytes('nonceS'), ownKey, ownPublic, otherPublic })).toEqual(v.bytes('mappedGenerator'));
  });

  it.each(sides)('key agreement at the %s', (_side, own, other) => {
    const ownKey = bytesToInteger(v.bytes(`kaPrivate${own}`));
    const [ownPublic, otherPublic] = [v.bytes(`kaPublic${own}`), v.bytes(`kaPublic${other}`)];
    expect(g2.group.publicKey(ownKey, v.bytes('mappedGenerator'))).toEqual(ownPublic);
    expect(g2.group.sharedSecret(ownKey, otherPublic)).toEqual(v.bytes('sharedSecretK'));
    const keys = agreeKeys(g2, { ownKey, ownPublic, otherPublic });
    expect([toHex(keys.enc.reveal()), toHex(keys.mac.reveal())]).toEqual([v.text('ksEnc'), v.text('ksMac')]);
  });

  it('tokens', () => {
    expect(paceToken(g2, v.bytes('ksMac'), v.bytes('kaPublicChip'))).toEqual(v.bytes('tIfd'));
    expect(paceToken(g2, v.bytes('ksMac'), v.bytes('kaPublicTerminal'))).toEqual(v.bytes('tIc'));
  });

  const commands = ['mseSetAtCapdu', 'getNonceCapdu', 'mapNonceCapdu', 'keyAgreementCapdu', 'mutualAuthCapdu'].map((key) => v.text(key));
  const answers = ['getNonceRapdu', 'mapNonceRapdu', 'keyAgreementRapdu', 'mutualAuthRapdu'].map((key) => v.text(key));

  it('terminal: the five commands of the example, byte for byte', async () => {
    const { channel, asked } = scriptedChannel('9000', ...answers);
    const random = scripted(below(v.bytes('mapPrivateTerminal')), below(v.bytes('kaPrivateTerminal')));
    const sm = await openPace(channel, { parameters: g2, password, random });
    expect(asked).toEqual(commands);
    expect(sm.suite.name).toBe('AES-128');
  });

  it('card: the answers of the example, byte for byte', () => {
    const random = scripted(v.bytes('nonceS'), below(v.bytes('mapPrivateChip')), below(v.bytes('kaPrivateChip')));
    const card = new PaceCardSession(g2, [password], random);
    expect(card.mseSetAt(parseCommand(fromHex(commands[0] ?? ''))).response.sw).toBe(0x9000);
    const steps = commands.slice(1).map((command) => card.generalAuthenticate(parseCommand(fromHex(command))));
    expect(steps.map(({ response }) => `${toHex(response.data)}9000`)).toEqual(answers);
    expect(steps.map(({ session }) => session !== undefined)).toEqual([false, false, false, true]);
  });
});

const w = vector('pace', 'pace.dh-im.H2');
const h2 = paceParameters('0.4.0.127.0.7.2.2.4.3.2', 0);
const nonces = { s: w.bytes('nonceS'), t: w.bytes('nonceT') };

describe('Doc 9303-11 Appendix H.2: PACE-DH-IM, 1024-bit MODP group, AES-128, step by step', () => {
  const pin = canPassword(w.text('passwordText'));

  it('parameters, password key and nonce', () => {
    expect(h2.oid).toEqual(w.bytes('oid'));
    expect(passwordKey(h2.suite, pin).reveal()).toEqual(w.bytes('kPi'));
    expect(h2.suite.encryptNonce(w.bytes('kPi'), nonces.s)).toEqual(w.bytes('encryptedNonceZ'));
  });

  it('pseudo-random function and mapping', () => {
    expect(pseudoRandom(h2.suite, nonces, h2.group.prime)).toEqual(w.bytes('pseudoRandomR'));
    expect(pseudoRandomElement(h2.suite, nonces, h2.group.prime)).toBe(bytesToInteger(w.bytes('rp')));
    expect(mapIntegrated(h2, nonces)).toEqual(w.bytes('mappedGenerator'));
  });

  it.each([0n, 1n, h2.group.prime - 1n])('%i maps to no generator: refused', (element) => {
    expect(() => h2.group.mapField(element)).toThrow(expect.objectContaining({ code: 'ACCESS_POINT_INVALID' }));
  });

  it.each(sides)('key agreement at the %s', (_side, own, other) => {
    const ownKey = bytesToInteger(w.bytes(`kaPrivate${own}`));
    const [ownPublic, otherPublic] = [w.bytes(`kaPublic${own}`), w.bytes(`kaPublic${other}`)];
    expect(h2.group.publicKey(ownKey, w.bytes('mappedGenerator'))).toEqual(ownPublic);
    expect(h2.group.sharedSecret(ownKey, otherPublic)).toEqual(w.bytes('sharedSecretK'));
    const keys = agreeKeys(h2, { ownKey, ownPublic, otherPublic });
    expect([toHex(keys.enc.reveal()), toHex(keys.mac.reveal())]).toEqual([w.text('ksEnc'), w.text('ksMac')]);
  });

  it('tokens', () => {
    expect(paceToken(h2, w.bytes('ksMac'), w.bytes('kaPublicChip'))).toEqual(w.bytes('tIfd'));
    expect(paceToken(h2, w.bytes('ksMac'), w.bytes('kaPublicTerminal'))).toEqual(w.bytes('tIc'));
  });

  // The appendix prints values and no APDUs: these carry its values in the objects of §4.4.5, with 82 empty.
  const command = (cla: string, tag: number, value: Uint8Array): string => {
    const data = tlv(0x7c, tlv(tag, value));
    return `${cla}860000${toHex(Uint8Array.of(data.length))}${toHex(data)}00`;
  };
  const result = (tag: number, value: Uint8Array): string => `${toHex(tlv(0x7c, tlv(tag, value)))}9000`;
  const commands = [
    `0022C1A40F800A${w.text('oid')}830102`,
    '10860000027C0000',
    command('10', 0x81, nonces.t),
    command('10', 0x83, w.bytes('kaPublicTerminal')),
    command('00', 0x85, w.bytes('tIfd')),
  ];
  const answers = [
    result(0x80, w.bytes('encryptedNonceZ')),
    '7C0282009000',
    result(0x84, w.bytes('kaPublicChip')),
    result(0x86, w.bytes('tIc')),
  ];

  it('terminal: asks with the values of the example', async () => {
    const { channel, asked } = scriptedChannel('9000', ...answers);
    await openPace(channel, { parameters: h2, password: pin, random: scripted(nonces.t, below(w.bytes('kaPrivateTerminal'))) });
    expect(asked).toEqual(commands);
  });

  it('card: answers with the values of the example', () => {
    const card = new PaceCardSession(h2, [pin], scripted(nonces.s, below(w.bytes('kaPrivateChip'))));
    expect(card.mseSetAt(parseCommand(fromHex(commands[0] ?? ''))).response.sw).toBe(0x9000);
    const steps = commands.slice(1).map((each) => card.generalAuthenticate(parseCommand(fromHex(each))));
    expect(steps.map(({ response }) => `${toHex(response.data)}9000`)).toEqual(answers);
    expect(steps.map(({ session }) => session !== undefined)).toEqual([false, false, false, true]);
  });
});

/** A printed private key as the script gives it: below the group order, in its bytes. The public key is the same. */
function below(key: Uint8Array): Uint8Array {
  return fromHex((bytesToInteger(key) % g2.group.order).toString(16).padStart(40, '0'));
}

const FILE = Uint8Array.from([0x60, 0x02, 7, 8]);
const CAN = canPassword('000123');

describe.each([
  ['PACE-DH-GM', '0.4.0.127.0.7.2.2.4.1'],
  ['PACE-DH-IM', '0.4.0.127.0.7.2.2.4.3'],
])('%s, terminal against card', (_name, oid) => {
  const all = DH_DOMAINS.flatMap(({ parameterId }) => [1, 2, 3, 4].map((cipher) => [parameterId, cipher] as const));
  it.each(all)('domain parameters %i, cipher %i', async (parameterId, cipher) => {
    const parameters = paceParameters(`${oid}.${cipher}`, parameterId);
    const pace = new PaceCardSession(parameters, [CAN], seeded(10 * parameterId + cipher));
    const chip = testChip({ pace, files: new Map([[0x011e, FILE]]) });
    const sm = await openPace(chip.channel, { parameters, password: CAN, random: seeded(99), sendParameterId: true });
    expect(await readFile(sm, 0x011e)).toEqual(FILE);
  });

  it('a public key of 2048 bits goes in an extended APDU, and leaves room for the answer (Doc 9303-11 §9.3.1)', async () => {
    const parameters = paceParameters(`${oid}.4`, 2);
    const chip = testChip({ pace: new PaceCardSession(parameters, [CAN], seeded(5)) });
    await openPace(chip.channel, { parameters, password: CAN, random: seeded(6) });
    expect(chip.wire[6]).toMatch(/^108600000001087C820104838201[0-9A-F]+0000$/);
    expect(chip.plain.map(({ le }) => le)).toEqual(
      oid.endsWith('1') ? [undefined, 256, 65_536, 65_536, 256] : [undefined, 256, 256, 65_536, 256],
    );
  });

  it('another CAN: the password is wrong', async () => {
    const parameters = paceParameters(`${oid}.2`, 0);
    const chip = testChip({ pace: new PaceCardSession(parameters, [CAN], seeded(5)) });
    const request = { parameters, password: canPassword('000124'), random: seeded(6) };
    await expect(openPace(chip.channel, request)).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
  });
});

describe('PACE over DH, groups and their elements', () => {
  it.each(DH_DOMAINS.map((domain) => [domain.name, domain] as const))('%s: g has the order q, which divides p - 1', (_name, domain) => {
    const { group } = paceParameters('0.4.0.127.0.7.2.2.4.1.2', domain.parameterId);
    expect((domain.p - 1n) % domain.q).toBe(0n);
    expect(group.publicKey(domain.q)).toEqual(Uint8Array.of(1));
    expect(() => group.check(group.publicKey(1n), 'test')).not.toThrow();
  });

  it('a public key has no leading zeros, a shared secret has the size of the prime (Doc 9303-11 §9.4.3)', () => {
    const { group } = g2;
    let short = 1n;
    while (group.publicKey(short).length === 128) short += 1n;
    const element = group.publicKey(short);
    expect(element[0]).not.toBe(0);
    expect(() => group.check(element, 'test')).not.toThrow();
    expect(group.sharedSecret(1n, element)).toEqual(Uint8Array.from([...new Uint8Array(128 - element.length), ...element]));
  });

  const bytes = (value: bigint): Uint8Array => {
    const digits = value.toString(16);
    return fromHex(digits.padStart(digits.length + (digits.length % 2), '0'));
  };
  const invalid: readonly (readonly [string, Uint8Array])[] = [
    ['nothing', new Uint8Array(0)],
    ['zero', Uint8Array.of(0)],
    ['one', Uint8Array.of(1)],
    ['two, which is outside the subgroup', Uint8Array.of(2)],
    ['p - 1, of order two', bytes(g2.group.prime - 1n)],
    ['p', bytes(g2.group.prime)],
    ['more than p', bytes(g2.group.prime + 4n)],
    ['a leading zero', fromHex(`00${v.text('mapPublicChip')}`)],
    ['a byte too many', new Uint8Array(129).fill(1)],
  ];

  it.each(invalid)('terminal: %s is refused as mapping data and as public key', async (_name, element) => {
    const answer = (tag: number): string => `${toHex(tlv(0x7c, tlv(tag, element)))}9000`;
    const request = { parameters: g2, password };
    const mapping = scriptedChannel('9000', v.text('getNonceRapdu'), answer(0x82));
    await expect(openPace(mapping.channel, { ...request, random: seeded(4) })).rejects.toMatchObject({ code: 'ACCESS_POINT_INVALID' });
    const agreement = scriptedChannel('9000', v.text('getNonceRapdu'), v.text('mapNonceRapdu'), answer(0x84));
    await expect(openPace(agreement.channel, { ...request, random: seeded(4) })).rejects.toMatchObject({ code: 'ACCESS_POINT_INVALID' });
  });

  it.each(invalid)('card: %s is 6A80', (_name, element) => {
    const card = new PaceCardSession(g2, [password], seeded(3));
    const step = (hex: string) => card.generalAuthenticate(parseCommand(fromHex(hex))).response.sw;
    card.mseSetAt(parseCommand(fromHex(v.text('mseSetAtCapdu'))));
    expect(step('10860000027C0000')).toBe(0x9000);
    const data = tlv(0x7c, tlv(0x81, element));
    expect(step(`10860000${toHex(Uint8Array.of(data.length))}${toHex(data)}00`)).toBe(0x6a80);
    expect(step('10860000027C0000')).toBe(0x6985);
  });

  it('our own public key sent back is refused (Doc 9303-11 §4.4.1)', async () => {
    const own = `${toHex(tlv(0x7c, tlv(0x82, v.bytes('mapPublicTerminal'))))}9000`;
    const { channel } = scriptedChannel('9000', v.text('getNonceRapdu'), own);
    const random = scripted(below(v.bytes('mapPrivateTerminal')));
    await expect(openPace(channel, { parameters: g2, password, random })).rejects.toMatchObject({ code: 'ACCESS_POINT_INVALID' });
  });
});
