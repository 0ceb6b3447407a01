import { invert } from '@noble/curves/abstract/modular.js';
import { describe, expect, it } from 'vitest';
import { parseCommand } from '#encoder/apdu';
import { bytesToInteger, concat, fromHex, Secret, toHex } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { vector } from '#test-vectors';
import { type EcDomainName, publicPoint } from './curves.ts';
import {
  canPassword,
  EC_DOMAINS,
  mrzPassword,
  openPace,
  openPaceSession,
  PaceCardSession,
  paceParameters,
  readFile,
  verifyChipAuthenticationMapping,
} from './index.ts';
import { agreeKeys } from './pace.ts';
import { decryptChipAuthenticationData, encryptChipAuthenticationData } from './pace-cam.ts';
import { mapGeneric } from './pace-mapping.ts';
import { paceToken } from './pace-parameters.ts';
import { passwordKey } from './password.ts';
import { scripted, scriptedChannel, seeded, testChip } from './testing.ts';

const v = vector('pace', 'pace.ecdh-cam.I1');
const i1 = paceParameters('0.4.0.127.0.7.2.2.4.6.2', 13);
const uncompressed = (key: string): Uint8Array => concat(Uint8Array.of(0x04), v.bytes(key));
const password = mrzPassword(v.text('mrzInformationText'));
const chipPublicKey = { curve: 'brainpoolP256r1', point: uncompressed('publicKeyCaIc') } as const;
const mapKey = bytesToInteger(v.bytes('mapPrivateChip'));
const ksEnc = Secret.takeOver(v.bytes('ksEnc'));

/** The appendix does not print the chip's static private key; it follows from what it prints: SK_Map,IC · CA_IC⁻¹ mod n. */
const order = i1.group.order;
const staticKey = (mapKey * invert(bytesToInteger(v.bytes('chipAuthenticationData')), order)) % order;
const secretKey = (value: bigint, size: number): Secret => Secret.takeOver(fromHex(value.toString(16).padStart(2 * size, '0')));
const chipKey = secretKey(staticKey, 32);

/** The appendix prints a number above the group order: the private key is its remainder. */
const kaPrivateChip = secretKey(bytesToInteger(v.bytes('kaPrivateChip')) % order, 32).reveal();

describe('Doc 9303-11 Appendix I.1: PACE-ECDH-CAM, brainpoolP256r1, AES-128, step by step', () => {
  it('parameters, password key and nonce', () => {
    expect(i1.oid).toEqual(v.bytes('oid'));
    expect(password.k.reveal()).toEqual(v.bytes('k'));
    expect(passwordKey(i1.suite, password).reveal()).toEqual(v.bytes('kPi'));
    expect(i1.suite.encryptNonce(v.bytes('kPi'), v.bytes('nonceS'))).toEqual(v.bytes('encryptedNonceZ'));
  });

  it.each([
    ['terminal', 'Terminal', 'Chip'],
    ['chip', 'Chip', 'Terminal'],
  ])('mapping and key agreement at the %s', (_side, own, other) => {
    const mapping = {
      nonce: v.bytes('nonceS'),
      ownKey: bytesToInteger(v.bytes(`mapPrivate${own}`)),
      ownPublic: uncompressed(`mapPublic${own}`),
      otherPublic: uncompressed(`mapPublic${other}`),
    };
    expect(i1.group.publicKey(mapping.ownKey)).toEqual(mapping.ownPublic);
    expect(i1.group.publicKey(mapping.ownKey, mapping.otherPublic)).toEqual(uncompressed('mapSharedSecretH'));
    expect(mapGeneric(i1, mapping)).toEqual(uncompressed('mappedGenerator'));
    const ownKey = bytesToInteger(v.bytes(`kaPrivate${own}`)) % order;
    const ownPublic = i1.group.publicKey(ownKey, uncompressed('mappedGenerator'));
    expect(ownPublic).toEqual(uncompressed(`kaPublic${own}`));
    const keys = agreeKeys(i1, { ownKey, ownPublic, otherPublic: uncompressed(`kaPublic${other}`) });
    expect([toHex(keys.enc.reveal()), toHex(keys.mac.reveal())]).toEqual([v.text('ksEnc'), v.text('ksMac')]);
  });

  it('tokens', () => {
    expect(paceToken(i1, v.bytes('ksMac'), uncompressed('kaPublicChip'))).toEqual(v.bytes('tIfd'));
    expect(paceToken(i1, v.bytes('ksMac'), uncompressed('kaPublicTerminal'))).toEqual(v.bytes('tIc'));
  });

  it('chip authentication data: made by the chip, read and verified by the terminal', () => {
    expect(publicPoint(EC_DOMAINS.brainpoolP256r1, staticKey)).toEqual(chipPublicKey.point);
    const encrypted = encryptChipAuthenticationData(i1, ksEnc, { chipKey, mapKey });
    expect(encrypted).toEqual(v.bytes('encryptedChipAuthenticationData'));
    const data = decryptChipAuthenticationData(i1, ksEnc, encrypted);
    expect(data).toEqual(v.bytes('chipAuthenticationData'));
    const proof = { group: i1.group, data, mapPublic: uncompressed('mapPublicChip') };
    expect(verifyChipAuthenticationMapping(proof, chipPublicKey)).toBe(true);
  });

  const commands = ['mseSetAtCapdu', 'getNonceCapdu', 'mapNonceCapdu', 'keyAgreementCapdu', 'mutualAuthCapdu'].map((key) => v.text(key));
  const answers = ['getNonceRapdu', 'mapNonceRapdu', 'keyAgreementRapdu', 'mutualAuthRapdu'].map((key) => v.text(key));
  const terminalRandom = () => scripted(v.bytes('mapPrivateTerminal'), v.bytes('kaPrivateTerminal'));

  it('terminal: the five commands of the example, and the proof of its chip', async () => {
    const { channel, asked } = scriptedChannel('9000', ...answers);
    const session = await openPaceSession(channel, { parameters: i1, password, random: terminalRandom() });
    expect(asked).toEqual(commands);
    expect(session.channel.suite.name).toBe('AES-128');
    expect(session.chipAuthentication?.data).toEqual(v.bytes('chipAuthenticationData'));
    expect(session.chipAuthentication && verifyChipAuthenticationMapping(session.chipAuthentication, chipPublicKey)).toBe(true);
  });

  it('card: the answers of the example, byte for byte', () => {
    const random = scripted(v.bytes('nonceS'), v.bytes('mapPrivateChip'), kaPrivateChip);
    const card = new PaceCardSession(i1, [password], random, { chipKeys: { curve: 'brainpoolP256r1', privateKey: chipKey } });
    expect(card.mseSetAt(parseCommand(fromHex(commands[0] ?? ''))).response.sw).toBe(0x9000);
    const steps = commands.slice(1).map((command) => card.generalAuthenticate(parseCommand(fromHex(command))));
    expect(steps.map(({ response }) => `${toHex(response.data)}9000`)).toEqual(answers);
    expect(steps.map(({ session }) => session !== undefined)).toEqual([false, false, false, true]);
  });

  const last = (...objects: readonly Uint8Array[]): string => `${toHex(tlv(0x7c, tlv(0x86, v.bytes('tIc')), ...objects))}9000`;
  const encrypt = (padded: Uint8Array): Uint8Array => i1.suite.encrypt(v.bytes('ksEnc'), new Uint8Array(16).fill(0xff), padded);
  const padding = Uint8Array.of(0x80, ...new Uint8Array(15));
  it.each([
    ['no chip authentication data', last()],
    ['only certification authority references', last(tlv(0x87, fromHex('4454455354')))],
    ['chip authentication data without its padding block', last(tlv(0x8a, v.bytes('encryptedChipAuthenticationData').slice(0, 32)))],
    ['no bytes at all', last(tlv(0x8a))],
    ['half a block', last(tlv(0x8a, new Uint8Array(40)))],
    ['bad padding', last(tlv(0x8a, new Uint8Array(48)))],
    ['zero', last(tlv(0x8a, encrypt(concat(new Uint8Array(32), padding))))],
    ['the group order', last(tlv(0x8a, encrypt(concat(fromHex(order.toString(16)), padding))))],
    ['an object cut short', `${toHex(tlv(0x7c, tlv(0x86, v.bytes('tIc')), Uint8Array.of(0x8a, 0x30, 0)))}9000`],
  ])('a chip that ends with %s is refused', async (_name, answer) => {
    const { channel } = scriptedChannel('9000', ...answers.slice(0, 3), answer);
    await expect(openPace(channel, { parameters: i1, password, random: terminalRandom() })).rejects.toMatchObject({
      code: 'ACCESS_ANSWER_INVALID',
    });
  });

  it('object 8A is found behind certification authority references', async () => {
    const data = tlv(0x8a, v.bytes('encryptedChipAuthenticationData'));
    const { channel } = scriptedChannel('9000', ...answers.slice(0, 3), last(tlv(0x87, fromHex('4454455354')), data));
    const { chipAuthentication } = await openPaceSession(channel, { parameters: i1, password, random: terminalRandom() });
    expect(chipAuthentication?.data).toEqual(v.bytes('chipAuthenticationData'));
  });
});

const FILE = Uint8Array.from([0x60, 0x02, 7, 8]);
const CAN = canPassword('000123');

describe('PACE-ECDH-CAM, terminal against card', () => {
  const all = Object.values(EC_DOMAINS).flatMap((domain) => [2, 3, 4].map((cipher) => [domain.name, cipher, domain] as const));
  it.each(all)('%s, cipher %i: opened, and the chip proven', async (curve, cipher, domain) => {
    const parameters = paceParameters(`0.4.0.127.0.7.2.2.4.6.${cipher}`, domain.parameterId);
    const key = parameters.group.randomKey(seeded(cipher));
    const pace = new PaceCardSession(parameters, [CAN], seeded(9), { chipKeys: { curve, privateKey: secretKey(key, domain.size) } });
    const chip = testChip({ pace, files: new Map([[0x011e, FILE]]) });
    const { channel, chipAuthentication } = await openPaceSession(chip.channel, { parameters, password: CAN, random: seeded(99) });
    expect(await readFile(channel, 0x011e)).toEqual(FILE);
    const verify = (publicKey: { curve: EcDomainName; point: Uint8Array }) =>
      chipAuthentication && verifyChipAuthenticationMapping(chipAuthentication, publicKey);
    expect(verify({ curve, point: publicPoint(domain, key) })).toBe(true);
    expect(verify({ curve, point: publicPoint(domain, key + 1n) })).toBe(false);
  });

  it('Generic Mapping brings no proof', async () => {
    const parameters = paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13);
    const chip = testChip({
      pace: new PaceCardSession(parameters, [CAN], seeded(9), { chipKeys: { curve: 'brainpoolP256r1', privateKey: chipKey } }),
    });
    const session = await openPaceSession(chip.channel, { parameters, password: CAN, random: seeded(99) });
    expect(session.chipAuthentication).toBeUndefined();
    expect(chip.wire.at(-1)).toMatch(/^7C0A8608[0-9A-F]{16}9000$/);
  });
});

describe('PACE-ECDH-CAM, threats', () => {
  const proof = { group: i1.group, data: v.bytes('chipAuthenticationData'), mapPublic: uncompressed('mapPublicChip') };

  it('a clone: a chip with another static key opens, and is not the one of the signed file', async () => {
    const chipKeys = { curve: 'brainpoolP256r1', privateKey: secretKey(staticKey + 1n, 32) } as const;
    const pace = new PaceCardSession(i1, [CAN], seeded(9), { chipKeys });
    const { chipAuthentication } = await openPaceSession(testChip({ pace }).channel, { parameters: i1, password: CAN, random: seeded(5) });
    expect(chipAuthentication && verifyChipAuthenticationMapping(chipAuthentication, chipPublicKey)).toBe(false);
  });

  it('a key of another curve proves nothing; a key off its curve is an error', () => {
    expect(verifyChipAuthenticationMapping(proof, { curve: 'P-256', point: publicPoint(EC_DOMAINS['P-256'], 5n) })).toBe(false);
    const bad = { curve: 'brainpoolP256r1', point: chipPublicKey.point.with(64, 0) } as const;
    expect(() => verifyChipAuthenticationMapping(proof, bad)).toThrow(expect.objectContaining({ code: 'ACCESS_POINT_INVALID' }));
  });

  it('another mapping key proves nothing', () => {
    expect(verifyChipAuthenticationMapping({ ...proof, mapPublic: uncompressed('mapPublicTerminal') }, chipPublicKey)).toBe(false);
  });

  it('there is no card without a chip key, and no protocol with 3DES', () => {
    expect(() => new PaceCardSession(i1, [CAN], seeded(1))).toThrow(RangeError);
    const other = { curve: 'P-256', privateKey: chipKey } as const;
    expect(() => new PaceCardSession(i1, [CAN], seeded(1), { chipKeys: other })).toThrow(RangeError);
    expect(() => paceParameters('0.4.0.127.0.7.2.2.4.6.1', 13)).toThrow(expect.objectContaining({ code: 'ACCESS_UNSUPPORTED' }));
  });
});
