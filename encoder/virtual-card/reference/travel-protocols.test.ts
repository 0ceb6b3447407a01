import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  authenticateActively,
  authenticateChip,
  canPassword,
  chipAuthenticationParameters,
  chipAuthenticationPublicKey,
  mrzPassword,
  openBac,
  openPace,
  openPaceSession,
  paceParameters,
  pinPassword,
  readFile,
  selectApplication,
  verifyChipAuthenticationMapping,
  type PacePassword,
  type PaceSession,
  type SmChannel,
} from '#encoder/access';
import { ascii, ByteReader, fromHex, toHex, uintBE } from '#encoder/bytes';
import type { ChipKeyAlgorithm, ChipPublicKeys } from '#encoder/drivers';
import { encryptGrouping, installForPersonalization, openScp03, storeData } from '#encoder/globalplatform';
import { dg14 } from '#encoder/lds';
import { inApplication, inMasterFile, TEST_CARD_ACCESS, testKeySets } from '#encoder/testing';
import { decodeTlvs, derBitString, derInteger, derOid, derSequence, enter, tlv } from '#encoder/tlv';
import { EMRTD_AID } from './chip.ts';
import {
  BINDING_TAG,
  CAN,
  cardAccessOf,
  clearChannel,
  connect,
  dg14Of,
  MRZ_INFORMATION,
  openDriver,
  personalise,
  random,
  sw,
  testCards,
  type Personalisation,
} from '../testing.ts';
import type { VirtualCard } from '../virtual-card.ts';

const cards = testCards();
afterAll(cards.remove);

const DG1 = tlv(0x61, new Uint8Array(90).fill(1));

/** `cardAccess` null: a chip without the file. */
async function locked(
  options: Omit<Personalisation, 'files'>,
  cardAccess: Uint8Array | null = TEST_CARD_ACCESS,
): Promise<{ card: VirtualCard; keys: ChipPublicKeys }> {
  const card = cards.open();
  const access = cardAccess === null ? [] : [[inMasterFile(0x011c), cardAccess] as const];
  const { driver, keys } = await personalise(card, { files: [...access, [inApplication(0x0101), DG1]], ...options });
  await driver.lock();
  return { card, keys };
}

function pace(
  card: VirtualCard,
  password: PacePassword,
  [oid, id] = ['0.4.0.127.0.7.2.2.4.2.2', 13] as readonly [string, number],
): Promise<PaceSession> {
  connect(card);
  return openPaceSession(clearChannel(card), { parameters: paceParameters(oid, id), password, random, sendParameterId: true });
}

async function opened(card: VirtualCard): Promise<SmChannel> {
  const { channel } = await pace(card, canPassword(CAN));
  await selectApplication(channel);
  return channel;
}

describe('Doc 9303-11 §4.4: every PACEInfo of EF.CardAccess is one way in', () => {
  const OFFERED = [
    ['ECDH-GM 3DES', '0.4.0.127.0.7.2.2.4.2.1', 13],
    ['ECDH-GM AES-128, P-256', '0.4.0.127.0.7.2.2.4.2.2', 12],
    ['ECDH-GM AES-128, brainpoolP256r1', '0.4.0.127.0.7.2.2.4.2.2', 13],
    ['ECDH-GM AES-192, P-384', '0.4.0.127.0.7.2.2.4.2.3', 15],
    ['ECDH-GM AES-256, P-521', '0.4.0.127.0.7.2.2.4.2.4', 18],
    ['ECDH-IM AES-128', '0.4.0.127.0.7.2.2.4.4.2', 13],
    ['ECDH-IM AES-256, brainpoolP512r1', '0.4.0.127.0.7.2.2.4.4.4', 17],
    ['ECDH-CAM AES-128', '0.4.0.127.0.7.2.2.4.6.2', 13],
    ['DH-GM 3DES', '0.4.0.127.0.7.2.2.4.1.1', 0],
    ['DH-IM AES-256', '0.4.0.127.0.7.2.2.4.3.4', 2],
  ] as const;
  let card: VirtualCard;
  let keys: ChipPublicKeys;
  beforeAll(async () => {
    const cardAccess = cardAccessOf(...OFFERED.map(([, oid, parameterId]) => ({ oid, parameterId })), {
      oid: '0.4.0.127.0.7.2.2.4.6.3',
      parameterId: 12,
    });
    const filesOf: Personalisation['filesOf'] = ({ chipAuthentication }) => [[inApplication(0x010e), dg14Of(chipAuthentication, [])]];
    ({ card, keys } = await locked({ filesOf }, cardAccess));
  });

  it.each(OFFERED)('%s, with CAN and with MRZ', async (_name, oid, parameterId) => {
    for (const password of [canPassword(CAN), mrzPassword(MRZ_INFORMATION)]) {
      const { channel } = await pace(card, password, [oid, parameterId]);
      await selectApplication(channel);
      expect(await readFile(channel, 0x0101)).toEqual(DG1);
    }
  });

  it('Chip Authentication Mapping proves the key that the chip made', async () => {
    const { chipAuthentication } = await pace(card, canPassword(CAN), ['0.4.0.127.0.7.2.2.4.6.2', 13]);
    const publicKey = chipAuthenticationPublicKey(keys.chipAuthentication ?? new Uint8Array(0));
    if (chipAuthentication === undefined || !('curve' in publicKey)) throw new Error('no proof');
    expect(verifyChipAuthenticationMapping(chipAuthentication, publicKey)).toBe(true);
  });

  it.each([
    ['a protocol that is not announced', '0.4.0.127.0.7.2.2.4.2.3', 13],
    ['domain parameters that are not announced for it', '0.4.0.127.0.7.2.2.4.4.2', 12],
    ['Chip Authentication Mapping on a curve on which the chip has no key', '0.4.0.127.0.7.2.2.4.6.3', 12],
  ])('%s is refused', async (_name, oid, parameterId) => {
    await expect(pace(card, canPassword(CAN), [oid, parameterId])).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
  });

  it('a chip without EF.CardAccess, or with one that cannot be read, has BAC alone', async () => {
    for (const content of [null, tlv(0x31, new Uint8Array(40).fill(0xff))]) {
      const { card: bac } = await locked({ keys: NO_KEYS }, content);
      await expect(pace(bac, canPassword(CAN))).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
      connect(bac);
      const channel = clearChannel(bac);
      await selectApplication(channel);
      expect(await readFile(await openBac(channel, { mrzInformation: MRZ_INFORMATION, random }), 0x0101)).toEqual(DG1);
    }
  });
});

const NO_KEYS = { activeAuthentication: null, chipAuthentication: null };

describe('Doc 9303-11 §4.3.2: unauthenticated read attempts are 6982', () => {
  it('also when nothing is selected, or what was selected inside a session that a command in clear has ended', async () => {
    const { card } = await locked({ keys: NO_KEYS });
    connect(card);
    const clear = clearChannel(card);
    expect(await sw(clear, '00B00000')).toBe('6982');
    await selectApplication(clear);
    expect(await sw(clear, '00B00000')).toBe('6982');
    const holder = await openBac(clear, { mrzInformation: MRZ_INFORMATION, random });
    expect(await sw(holder, '00B00000')).toBe('6986');
    expect(await sw(holder, '00A4020C0101')).toBe('9000');
    expect(await sw(clear, '00B00000')).toBe('6982');
    await expect(readFile(holder, 0x0101)).rejects.toMatchObject({ code: 'ACCESS_SM_ABORTED' });
  });
});

describe('Doc 9303-10 §3.11.4, table 34: EF.CardSecurity is read after PACE', () => {
  it('and neither in clear nor after BAC, by identifier nor by short identifier', async () => {
    const security = tlv(0x30, new Uint8Array(30).fill(3));
    const card = cards.open();
    const files = [
      [inMasterFile(0x011c), TEST_CARD_ACCESS],
      [inMasterFile(0x011d), security],
      [inApplication(0x0101), DG1],
    ] as const;
    const { driver } = await personalise(card, { files, keys: NO_KEYS });
    await driver.lock();
    connect(card);
    const clear = clearChannel(card);
    expect(await sw(clear, '00A4080C011D')).toBe('6982');
    expect(await sw(clear, '00B09D00')).toBe('6982');
    await selectApplication(clear);
    const holder = await openBac(clear, { mrzInformation: MRZ_INFORMATION, random });
    expect(await sw(holder, '00A4080C011D')).toBe('6982');
    expect(await sw(holder, '00A4080C011C')).toBe('9000');
    expect(await sw(holder, '00B09D00')).toBe('6982');
    expect(await readFile((await pace(card, canPassword(CAN))).channel, 0x011d)).toEqual(security);
    // What PACE has shown ends with its session.
    await selectApplication(clear);
    const again = await openBac(clear, { mrzInformation: MRZ_INFORMATION, random });
    expect(await sw(again, '00A4080C011D')).toBe('6982');
  });
});

describe('BSI TR-03110-2 §2.2: a PIN, set by DGI A006', () => {
  async function cardWithPin(): Promise<VirtualCard> {
    const card = cards.open();
    await personalise(card, {
      files: [
        [inMasterFile(0x011c), TEST_CARD_ACCESS],
        [inApplication(0x0101), DG1],
      ],
      keys: NO_KEYS,
    });
    const channel = await openScp03(connect(card), testKeySets().plant, { hostChallenge: random(8) });
    await channel.send(installForPersonalization(EMRTD_AID));
    for (const command of storeData([encryptGrouping(channel, { dgi: 0xa006, data: ascii('271828') }, 'always')])) {
      expect((await channel.send(command)).sw).toBe(0x9000);
    }
    await channel.send({ cla: 0, ins: 0xfe, p1: 0, p2: 0 });
    expect(card.lifeCycle).toBe('locked');
    return card;
  }

  it('opens the chip; wrong ones are counted over power cuts; the CAN resumes the last try; then it is blocked', async () => {
    const card = await cardWithPin();
    const right = (): Promise<PaceSession> => pace(card, pinPassword('271828'));
    const wrong = (): Promise<PaceSession> => pace(card, pinPassword('314159'));
    await right();
    await expect(wrong()).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    await right();
    await expect(wrong()).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    await expect(wrong()).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    await card.close();
    const again = cards.again();
    await expect(pace(again, pinPassword('271828'))).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_BLOCKED' });
    const { channel } = await pace(again, canPassword(CAN));
    const parameters = paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13);
    const resumed = await openPace(channel, { parameters, password: pinPassword('271828'), random, lastTry: true });
    await selectApplication(resumed);
    expect(await readFile(resumed, 0x0101)).toEqual(DG1);
    await pace(again, pinPassword('271828'));
  });

  it('a chip without one does not know the password', async () => {
    const { card } = await locked({ keys: NO_KEYS });
    await expect(pace(card, pinPassword('271828'))).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
  });
});

describe('Doc 9303-11 §6.2: Chip Authentication by every cipher that DG14 announces, on every curve that the chip makes', () => {
  const CA = '0.4.0.127.0.7.2.2.3.2.';
  it.each([
    ['EC-P-256', [2]],
    ['EC-P-384', [3]],
    ['EC-brainpoolP256r1', [1, 2, 3, 4]],
    ['EC-brainpoolP384r1', [3]],
    ['EC-brainpoolP512r1', [4]],
  ] as const)('%s, ciphers %j', async (chipAuthentication, ciphers) => {
    const { card, keys } = await locked({
      keys: { activeAuthentication: null, chipAuthentication },
      filesOf: (made) => [
        [
          inApplication(0x010e),
          dg14Of(
            made.chipAuthentication,
            ciphers.map((cipher) => `${CA}${cipher}`),
          ),
        ],
      ],
    });
    const publicKey = chipAuthenticationPublicKey(keys.chipAuthentication ?? new Uint8Array(0));
    for (const cipher of ciphers) {
      const channel = await opened(card);
      const parameters = chipAuthenticationParameters(`${CA}${cipher}`);
      await authenticateChip(channel, { parameters, publicKey, random });
      expect(channel.suite.name).toBe(parameters.suite.name);
      expect(await readFile(channel, 0x0101)).toEqual(DG1);
    }
  });

  it('a cipher that is not announced is refused; a key without ChipAuthenticationInfo is one for 3DES', async () => {
    const { card, keys } = await locked({ filesOf: (made) => [[inApplication(0x010e), dg14Of(made.chipAuthentication, [])]] });
    const publicKey = chipAuthenticationPublicKey(keys.chipAuthentication ?? new Uint8Array(0));
    const channel = await opened(card);
    const ask = (cipher: number) =>
      authenticateChip(channel, { parameters: chipAuthenticationParameters(`${CA}${cipher}`), publicKey, random });
    await expect(ask(2)).rejects.toMatchObject({ code: 'ACCESS_REFUSED' });
    await ask(1);
    expect(await readFile(channel, 0x0101)).toEqual(DG1);
  });
});

describe('Doc 9303-11 §6.1: Active Authentication by the key that DG15 shows', () => {
  const PLAIN_SHA = { 256: '0.4.0.127.0.7.1.1.4.1.3', 384: '0.4.0.127.0.7.1.1.4.1.4', 512: '0.4.0.127.0.7.1.1.4.1.5' } as const;

  async function proves(algorithm: ChipKeyAlgorithm, signatureAlgorithm?: string, announced = true): Promise<boolean> {
    const { card, keys } = await locked({
      keys: { activeAuthentication: algorithm, chipAuthentication: null },
      filesOf: () =>
        signatureAlgorithm === undefined || !announced
          ? []
          : [
              [
                inApplication(0x010e),
                dg14Of(null, [], { kind: 'ActiveAuthenticationInfo', protocol: '2.23.136.1.1.5', version: 1, signatureAlgorithm }),
              ],
            ],
    });
    const channel = await opened(card);
    return authenticateActively(channel, {
      publicKey: keys.activeAuthentication ?? new Uint8Array(0),
      challenge: random(8),
      ...(signatureAlgorithm === undefined ? {} : { signatureAlgorithm }),
    });
  }

  it.each(['RSA-1024', 'RSA-2048', 'RSA-3072'] as const)('%s, ISO/IEC 9796-2', async (algorithm) => {
    expect(await proves(algorithm)).toBe(true);
  });

  it('RSA with SHA-1, where the chip is made so: trailer BC', async () => {
    const card = cards.open({ personality: { activeAuthenticationHash: 'sha1' } });
    const { driver, keys } = await personalise(card, { files: [[inMasterFile(0x011c), TEST_CARD_ACCESS]] });
    await driver.lock();
    const publicKey = keys.activeAuthentication ?? new Uint8Array(0);
    expect(await authenticateActively(await opened(card), { publicKey, challenge: random(8) })).toBe(true);
  });

  it.each([
    ['EC-P-256', PLAIN_SHA[256]],
    ['EC-brainpoolP256r1', PLAIN_SHA[256]],
    ['EC-P-384', PLAIN_SHA[384]],
    ['EC-brainpoolP384r1', PLAIN_SHA[384]],
    ['EC-brainpoolP512r1', PLAIN_SHA[512]],
  ] as const)('%s, plain ECDSA with the hash of its size when DG14 names none', async (algorithm, hash) => {
    expect(await proves(algorithm, hash, false)).toBe(true);
  });

  it('plain ECDSA with the hash that DG14 names', async () => {
    expect(await proves('EC-brainpoolP384r1', PLAIN_SHA[256])).toBe(true);
  });

  it('a chip without a key refuses', async () => {
    const { card } = await locked({ keys: NO_KEYS });
    const response = await (await opened(card)).send({ cla: 0, ins: 0x88, p1: 0, p2: 0, data: fromHex('0102030405060708'), le: 256 });
    expect(response.sw).toBe(0x6985);
  });
});

describe('Doc 9303-11 §6.2 over DH: a key of the chip in a MODP group', () => {
  it.each([
    [0, 'MODP-1024-160', 2],
    [2, 'MODP-2048-256', 1],
  ] as const)(
    'domain parameters %i, %s: made on the chip, told as public key template, announced, used',
    async (parameterId, name, cipher) => {
      const card = cards.open();
      const driver = await openDriver(card);
      await driver.writeBindingTag(BINDING_TAG);
      await driver.setAccessSecrets({ mrzInformation: MRZ_INFORMATION, can: CAN });
      const channel = await openScp03(connect(card), testKeySets().plant, { hostChallenge: random(8) });
      const send = async (p1: number): Promise<Uint8Array> => {
        const data = tlv(0xa6, tlv(0x84, Uint8Array.of(2)), tlv(0x81, Uint8Array.of(parameterId)));
        const response = await channel.send({ cla: 0, ins: 0x47, p1, p2: 0, data, le: 65_536, extended: true });
        expect(response.sw).toBe(0x9000);
        return response.data;
      };
      const template = await send(0x80);
      expect(await send(0x81)).toEqual(template);
      const objects = new Map(
        decodeTlvs(enter(new ByteReader(template, '7F49'), 0x7f49).rest(), '7F49').map(({ tag, value }) => [tag, value]),
      );
      const [p, g, y] = [0x81, 0x83, 0x84].map((tag) => BigInt(`0x${toHex(objects.get(tag) ?? new Uint8Array(0))}`));
      const spki = derSequence(
        derSequence(derOid('1.2.840.113549.1.3.1'), derSequence(derInteger(p ?? 0n), derInteger(g ?? 0n))),
        derBitString(derInteger(y ?? 0n)),
      );
      const oid = `0.4.0.127.0.7.2.2.3.1.${cipher}`;
      await channel.send(installForPersonalization(EMRTD_AID));
      for (const [place, fid, bytes] of [
        [tlv(0x85, Uint8Array.of(0)), 0x011c, TEST_CARD_ACCESS],
        [new Uint8Array(0), 0x0101, DG1],
        [
          new Uint8Array(0),
          0x010e,
          dg14.encode({
            securityInfos: [
              { kind: 'ChipAuthenticationInfo', protocol: oid, version: 1 },
              { kind: 'ChipAuthenticationPublicKeyInfo', protocol: '0.4.0.127.0.7.2.2.1.1', subjectPublicKeyInfo: spki },
            ],
          }),
        ],
      ] as const) {
        const fcp = tlv(0x62, tlv(0x80, uintBE(bytes.length, 2)), tlv(0x82, Uint8Array.of(1)), tlv(0x83, uintBE(fid, 2)), place);
        await channel.send({ cla: 0, ins: 0xe0, p1: 0, p2: 0, data: fcp });
        expect((await channel.send({ cla: 0, ins: 0xd6, p1: 0, p2: 0, data: bytes, extended: true })).sw).toBe(0x9000);
      }
      expect((await channel.send({ cla: 0, ins: 0xfe, p1: 0, p2: 0 })).sw).toBe(0x9000);

      const sm = await opened(card);
      const publicKey = chipAuthenticationPublicKey(spki);
      expect(publicKey).toMatchObject({ modp: name });
      await authenticateChip(sm, { parameters: chipAuthenticationParameters(oid), publicKey, random });
      expect(await readFile(sm, 0x0101)).toEqual(DG1);
    },
  );
});
