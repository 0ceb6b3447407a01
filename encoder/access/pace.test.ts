import { describe, expect, it } from 'vitest';
import { parseCommand } from '#encoder/apdu';
import { bytesToInteger, concat, fromHex, toHex } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { vector } from '#test-vectors';
import { encodePoint, sharedSecretX } from './curves.ts';
import { scripted, scriptedChannel, seeded, testChip } from './testing.ts';
import { canPassword, EC_DOMAINS, mrzPassword, openPace, PaceCardSession, paceParameters, readFile, type PacePassword } from './index.ts';
import { agreeKeys } from './pace.ts';
import { mapGeneric } from './pace-mapping.ts';
import { paceToken } from './pace-parameters.ts';
import { passwordKey } from './password.ts';

const AES128 = '0.4.0.127.0.7.2.2.4.2.2';
const v = vector('pace', 'pace.ecdh-gm.G1');
const g1 = paceParameters(AES128, 13);
const domain = EC_DOMAINS.brainpoolP256r1;
const uncompressed = (key: string): Uint8Array => concat(Uint8Array.of(0x04), v.bytes(key));

describe('Doc 9303-11 Appendix G.1: PACE-ECDH-GM, brainpoolP256r1, AES-128, step by step', () => {
  it('parameters and password key', () => {
    expect(g1.oid).toEqual(v.bytes('oid'));
    expect(g1.group.name).toBe('brainpoolP256r1');
    const password = mrzPassword(v.text('mrzInformationText'));
    expect(password.k.reveal()).toEqual(v.bytes('k'));
    expect(passwordKey(g1.suite, password).reveal()).toEqual(v.bytes('kPi'));
  });

  it('nonce', () => {
    expect(g1.suite.encryptNonce(v.bytes('kPi'), v.bytes('nonceS'))).toEqual(v.bytes('encryptedNonceZ'));
    expect(g1.suite.decryptNonce(v.bytes('kPi'), v.bytes('encryptedNonceZ'))).toEqual(v.bytes('nonceS'));
  });

  it.each([
    ['terminal', 'mapPrivateTerminal', 'mapPublicTerminal', 'mapPublicChip'],
    ['chip', 'mapPrivateChip', 'mapPublicChip', 'mapPublicTerminal'],
  ])('mapping at the %s', (_side, own, ownPublic, otherPublic) => {
    const ownKey = bytesToInteger(v.bytes(own));
    expect(encodePoint(domain.Point.BASE.multiply(ownKey))).toEqual(uncompressed(ownPublic));
    const other = domain.Point.fromBytes(uncompressed(otherPublic));
    expect(encodePoint(other.multiply(ownKey))).toEqual(uncompressed('mapSharedSecretH'));
    const parts = { nonce: v.bytes('nonceS'), ownKey, ownPublic: uncompressed(ownPublic), otherPublic: uncompressed(otherPublic) };
    expect(mapGeneric(g1, parts)).toEqual(uncompressed('mappedGenerator'));
  });

  it.each([
    ['terminal', 'kaPrivateTerminal', 'kaPublicTerminal', 'kaPublicChip'],
    ['chip', 'kaPrivateChip', 'kaPublicChip', 'kaPublicTerminal'],
  ])('key agreement at the %s', (_side, own, ownPublic, otherPublic) => {
    const ownKey = bytesToInteger(v.bytes(own));
    const generator = domain.Point.fromBytes(uncompressed('mappedGenerator'));
    expect(encodePoint(generator.multiply(ownKey))).toEqual(uncompressed(ownPublic));
    expect(sharedSecretX(domain, ownKey, domain.Point.fromBytes(uncompressed(otherPublic)))).toEqual(v.bytes('sharedSecretK'));
    const keys = agreeKeys(g1, { ownKey, ownPublic: uncompressed(ownPublic), otherPublic: uncompressed(otherPublic) });
    expect([toHex(keys.enc.reveal()), toHex(keys.mac.reveal())]).toEqual([v.text('ksEnc'), v.text('ksMac')]);
  });

  it('tokens', () => {
    expect(paceToken(g1, v.bytes('ksMac'), uncompressed('kaPublicChip'))).toEqual(v.bytes('tIfd'));
    expect(paceToken(g1, v.bytes('ksMac'), uncompressed('kaPublicTerminal'))).toEqual(v.bytes('tIc'));
  });

  const commands = ['mseSetAtCapdu', 'getNonceCapdu', 'mapNonceCapdu', 'keyAgreementCapdu', 'mutualAuthCapdu'].map((key) => v.text(key));
  const answers = ['getNonceRapdu', 'mapNonceRapdu', 'keyAgreementRapdu', 'mutualAuthRapdu'].map((key) => v.text(key));

  it('terminal: the five commands of the example, byte for byte', async () => {
    const { channel, asked } = scriptedChannel('9000', ...answers);
    const random = scripted(v.bytes('mapPrivateTerminal'), v.bytes('kaPrivateTerminal'));
    const sm = await openPace(channel, { parameters: g1, password: mrzPassword(v.text('mrzInformationText')), random });
    expect(asked).toEqual(commands);
    expect(sm.suite.name).toBe('AES-128');
  });

  it('card: the answers of the example, byte for byte', () => {
    const random = scripted(v.bytes('nonceS'), v.bytes('mapPrivateChip'), v.bytes('kaPrivateChip'));
    const card = new PaceCardSession(g1, [mrzPassword(v.text('mrzInformationText'))], random);
    expect(card.mseSetAt(parseCommand(fromHex(commands[0] ?? ''))).response.sw).toBe(0x9000);
    const steps = commands.slice(1).map((command) => card.generalAuthenticate(parseCommand(fromHex(command))));
    expect(steps.map(({ response }) => `${toHex(response.data)}9000`)).toEqual(answers);
    expect(steps.map(({ session }) => session !== undefined)).toEqual([false, false, false, true]);
  });
});

const CAN = '000123';
const MRZ = 'T22000129364081251010318';
const FILE = Uint8Array.from([0x60, 0x02, 7, 8]);

function paceChip(parameters = g1, seed = 1, passwords: readonly PacePassword[] = [mrzPassword(MRZ), canPassword(CAN)]) {
  return testChip({ pace: new PaceCardSession(parameters, passwords, seeded(seed)), files: new Map([[0x011e, FILE]]) });
}

describe('PACE, terminal against card', () => {
  const all = Object.values(EC_DOMAINS).flatMap(({ parameterId }) => [1, 2, 3, 4].map((cipher) => [parameterId, cipher] as const));
  it.each(all)('domain parameters %i, cipher %i', async (parameterId, cipher) => {
    const parameters = paceParameters(`0.4.0.127.0.7.2.2.4.2.${cipher}`, parameterId);
    const chip = paceChip(parameters, parameterId * cipher);
    const sm = await openPace(chip.channel, { parameters, password: canPassword(CAN), random: seeded(99), sendParameterId: true });
    expect(await readFile(sm, 0x011e)).toEqual(FILE);
  });

  it.each([
    ['MRZ', mrzPassword(MRZ)],
    ['CAN', canPassword(CAN)],
  ] as const)('with the password %s, any randomness', async (_name, password) => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const chip = paceChip(g1, seed);
      expect(await readFile(await openPace(chip.channel, { parameters: g1, password, random: seeded(seed + 50) }), 0x011e)).toEqual(FILE);
    }
  });
});

describe('PACE, threats', () => {
  const request = (password: PacePassword = canPassword(CAN)) => ({ parameters: g1, password, random: seeded(77) });

  it.each([
    ['another CAN', canPassword('000124')],
    ['the MRZ of another card', mrzPassword('T22000129364081251010319')],
  ])('%s: password wrong, one try, and no secure messaging', async (_name, password) => {
    const chip = paceChip();
    await expect(openPace(chip.channel, request(password))).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    expect(chip.wire).toHaveLength(10);
    expect(await chip.channel.send({ cla: 0, ins: 0x86, p1: 0, p2: 0, data: fromHex('7C00') })).toMatchObject({ sw: 0x6985 });
  });

  it('a password that the chip does not offer is refused at MSE:Set AT', async () => {
    const chip = paceChip(g1, 1, [mrzPassword(MRZ)]);
    await expect(openPace(chip.channel, request())).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
  });

  it('a chip with another cipher refuses at MSE:Set AT', async () => {
    const chip = paceChip(paceParameters('0.4.0.127.0.7.2.2.4.2.4', 13));
    await expect(openPace(chip.channel, request())).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
  });

  const nonce = '7C12801095A3A016522EE98D01E76CB6B98B42C39000';
  const point = (bytes: Uint8Array): string => `${toHex(tlv(0x7c, tlv(0x82, bytes)))}9000`;
  it.each([
    ['a short nonce', ['9000', '7C068004112233449000'], 'ACCESS_ANSWER_INVALID'],
    ['no template', ['9000', '9000'], 'ACCESS_ANSWER_INVALID'],
    ['a template of another tag', ['9000', '7C1281' + nonce.slice(6)], 'ACCESS_ANSWER_INVALID'],
    ['a point off the curve', ['9000', nonce, point(uncompressed('mapPublicChip').with(64, 0))], 'ACCESS_POINT_INVALID'],
    ['infinity', ['9000', nonce, point(Uint8Array.of(0))], 'ACCESS_POINT_INVALID'],
    ['a zero point', ['9000', nonce, point(new Uint8Array(65).with(0, 4))], 'ACCESS_POINT_INVALID'],
    ['a compressed point', ['9000', nonce, point(uncompressed('mapPublicChip').slice(0, 33).with(0, 2))], 'ACCESS_POINT_INVALID'],
    ['a refusal in the middle', ['9000', nonce, '6A80'], 'ACCESS_REFUSED'],
    [
      '6A80 in the last step',
      ['9000', v.text('getNonceRapdu'), v.text('mapNonceRapdu'), v.text('keyAgreementRapdu'), '6A80'],
      'ACCESS_PASSWORD_WRONG',
    ],
    [
      'a false token',
      ['9000', v.text('getNonceRapdu'), v.text('mapNonceRapdu'), v.text('keyAgreementRapdu'), '7C0A860800000000000000009000'],
      'ACCESS_ANSWER_INVALID',
    ],
  ])('a chip that answers with %s', async (_name, answers, code) => {
    const { channel } = scriptedChannel(...answers);
    const random = scripted(v.bytes('mapPrivateTerminal'), v.bytes('kaPrivateTerminal'));
    await expect(openPace(channel, { ...request(mrzPassword(v.text('mrzInformationText'))), random })).rejects.toMatchObject({ code });
  });

  it('our own public key sent back is refused (Doc 9303-11 §4.4.1)', async () => {
    const { channel } = scriptedChannel('9000', nonce, point(uncompressed('mapPublicTerminal')));
    const random = scripted(v.bytes('mapPrivateTerminal'));
    await expect(openPace(channel, { ...request(), random })).rejects.toMatchObject({ code: 'ACCESS_POINT_INVALID' });
  });

  it('the card takes no step out of order, no bad point, no bad bytes', () => {
    const card = new PaceCardSession(g1, [canPassword(CAN)], seeded(3));
    const step = (hex: string): number => card.generalAuthenticate(parseCommand(fromHex(hex))).response.sw;
    const set = (): number => card.mseSetAt(parseCommand(fromHex('0022C1A40F800A04007F00070202040202830102'))).response.sw;
    expect(step('10860000027C0000')).toBe(0x6985);
    expect(set()).toBe(0x9000);
    expect(step('00860000027C0000')).toBe(0x6985);
    expect(set()).toBe(0x9000);
    expect(step('10860000027C0000')).toBe(0x9000);
    expect(step(`10860000457C43814104${'00'.repeat(64)}00`)).toBe(0x6a80);
    expect(step('10860000027C0000')).toBe(0x6985);
    expect(set()).toBe(0x9000);
    expect(step('1086000003FFFFFF00')).toBe(0x6a80);
    expect(card.mseSetAt(parseCommand(fromHex('0022C1A403FFFFFF'))).response.sw).toBe(0x6a80);
  });

  it.each([
    ['0.4.0.127.0.7.2.2.4.2.9', 13],
    ['0.4.0.127.0.7.2.2.4.1.2', 3],
    ['0.4.0.127.0.7.2.2.4.1.2', 13],
    ['0.4.0.127.0.7.2.2.4.5.2', 13],
    [AES128, 99],
  ])('%s with domain parameters %i is not supported', (oid, id) => {
    expect(() => paceParameters(oid, id)).toThrow(expect.objectContaining({ code: 'ACCESS_UNSUPPORTED' }));
  });
});

describe('the nonce is wiped at the chip however the run ends', () => {
  const generalAuthenticate = (hex: string, cla = '10') => parseCommand(fromHex(`${cla}860000${hex}00`));

  it.each([
    ['data of another step', generalAuthenticate('047C028500')],
    ['bytes that are no data object', generalAuthenticate('027C05')],
    ['a point that is none', generalAuthenticate('077C058103040102')],
    ['a last command too soon', generalAuthenticate('027C00', '00')],
  ])('%s', (_name, command) => {
    const given: Uint8Array[] = [];
    const random = seeded(3);
    const card = new PaceCardSession(g1, [canPassword('123456')], (length) => {
      const bytes = random(length);
      given.push(bytes);
      return bytes;
    });
    const select = concat(tlv(0x80, g1.oid), tlv(0x83, Uint8Array.of(2)));
    expect(card.mseSetAt({ cla: 0, ins: 0x22, p1: 0xc1, p2: 0xa4, data: select, extended: false }).response.sw).toBe(0x9000);
    expect(card.generalAuthenticate(generalAuthenticate('027C00')).response.sw).toBe(0x9000);
    expect(given[0]).not.toEqual(new Uint8Array(16));
    expect(card.generalAuthenticate(command).response.sw).not.toBe(0x9000);
    expect(given[0]).toEqual(new Uint8Array(16));
  });
});
