import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  authenticateActively,
  authenticateChip,
  canPassword,
  chipAuthenticationParameters,
  mrzPassword,
  openBac,
  openPace,
  paceParameters,
  readFile,
  selectApplication,
  type SmChannel,
} from '#encoder/access';
import { equalBytes, fromHex, toHex } from '#encoder/bytes';
import { referenceDriver, type ChipPublicKeys } from '#encoder/drivers';
import {
  blankImage,
  imageFolder,
  inApplication,
  inMasterFile,
  oneRsaKey,
  TEST_CHIP_ID,
  TEST_CHIP_KEYS,
  openAsPlant,
  testKeySets,
} from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import {
  BINDING_TAG,
  CAN,
  cardAccessOf,
  clearChannel,
  connect,
  dg14Of,
  MRZ_INFORMATION,
  personalise,
  random,
  sw,
  testCards,
} from './testing.ts';
import { VirtualCard } from './virtual-card.ts';

const cards = testCards();
const folder = imageFolder();
afterAll(() => {
  cards.remove();
  folder.remove();
});
const takeRsaKey = oneRsaKey();
const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 13) & 0xff);
const CARD_ACCESS = cardAccessOf({ oid: '0.4.0.127.0.7.2.2.4.2.2', parameterId: 13 });
const FILES = new Map([
  [0x0101, tlv(0x61, content(90))],
  [0x0102, tlv(0x75, content(40_000))],
  [0x0103, tlv(0x63, content(20))],
  [0x011d, tlv(0x77, content(600))],
]);

function personalised(card: VirtualCard): ReturnType<typeof personalise> {
  return personalise(card, {
    files: [[inMasterFile(0x011c), CARD_ACCESS], ...[...FILES].map(([fid, bytes]) => [inApplication(fid), bytes] as const)],
    filesOf: ({ chipAuthentication }) => [[inApplication(0x010e), dg14Of(chipAuthentication, ['0.4.0.127.0.7.2.2.3.2.2'])]],
  });
}

describe('before the lock', () => {
  it('ATR: 3B 89 80 01, nine historical bytes, and a check byte that fits', () => {
    const atr = cards.open().powerOn();
    expect(toHex(atr.subarray(0, 4))).toBe('3B898001');
    expect(atr.subarray(1).reduce((sum, byte) => sum ^ byte, 0)).toBe(0);
  });

  it('in clear it says who it is and nothing else', async () => {
    const card = cards.open();
    connect(card);
    const channel = clearChannel(card);
    const identity = await channel.send({ cla: 0, ins: 0xca, p1: 0xdf, p2: 0x20, le: 256 });
    expect(toHex(identity.data)).toBe(`DF200A0101${toHex(TEST_CHIP_ID)}`);
    const cplc = await channel.send({ cla: 0x80, ins: 0xca, p1: 0x9f, p2: 0x7f, le: 256 });
    expect(cplc.data.length).toBe(3 + 42);
    for (const hex of [
      '00CADF22',
      '00CADF23',
      '00E0000062',
      '00D6000001',
      '00E20000AA',
      '00A4020C0101',
      '00FE0000',
      '80E62000',
      '00478000B6',
      '04CADF23',
    ]) {
      expect(await sw(channel, hex), hex).toBe('6982');
    }
    expect(await sw(channel, '00B20000')).toBe('6D00');
    expect(await sw(channel, 'A0A40000')).toBe('6E00');
    expect(toHex(await card.process(fromHex('00B00000000000FF01')))).toBe('6700');
  });

  it('refuses wrong transport keys, and a command in clear ends the secure channel', async () => {
    const card = cards.open();
    const wrong = referenceDriver(connect(card));
    await expect(wrong.open(testKeySets(fromHex('0400112233445567')))).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
    const driver = referenceDriver(connect(card));
    await openAsPlant(driver);
    await driver.identify();
    await expect(driver.status()).rejects.toMatchObject({ code: 'CARD_REFUSED', sw: 0x6982 });
  });

  it('never gives the same card challenge twice, not even after a power cut', async () => {
    const path = blankImage(folder.path('challenge.image'));
    const challenges = new Set<string>();
    for (let session = 0; session < 3; session += 1) {
      const card = VirtualCard.open(path, { durable: false });
      connect(card);
      const response = await clearChannel(card).send({ cla: 0x80, ins: 0x50, p1: 0, p2: 0, data: new Uint8Array(8), le: 256 });
      challenges.add(toHex(response.data.slice(13, 21)));
      await card.close();
    }
    expect(challenges.size).toBe(3);
  });

  it('no lock on an incomplete chip; no file before the binding tag; the tag is written once', async () => {
    const card = cards.open();
    const driver = referenceDriver(connect(card));
    await openAsPlant(driver);
    await expect(driver.createFile(inApplication(0x0101), 5)).rejects.toMatchObject({ sw: 0x6985 });
    await driver.writeBindingTag(BINDING_TAG);
    await driver.writeBindingTag(BINDING_TAG);
    await expect(driver.writeBindingTag(new Uint8Array(16).fill(8))).rejects.toMatchObject({ sw: 0x6985 });
    await driver.createFile(inApplication(0x0101), 5);
    await expect(driver.createFile(inApplication(0x0101), 5)).rejects.toMatchObject({ sw: 0x6a89 });
    await expect(driver.writeFile(inApplication(0x0101), 3, content(3))).rejects.toMatchObject({ sw: 0x6a84 });
    await expect(driver.lock()).rejects.toMatchObject({ sw: 0x6985 });
    expect(card.lifeCycle).toBe('personalising');
  });

  it('forgets sessions and keeps memory over a power cut', async () => {
    const path = blankImage(folder.path('power.image'));
    const card = VirtualCard.open(path, { takeRsaKey, durable: false });
    const { driver, keys } = await personalised(card);
    const before = await driver.status();
    card.reset();
    await expect(driver.status()).rejects.toMatchObject({ sw: 0x6982 });
    await card.close();
    const again = referenceDriver(connect(VirtualCard.open(path, { takeRsaKey: () => Promise.reject(new Error('not needed')) })));
    await openAsPlant(again);
    expect(await again.status()).toEqual(before);
    expect(before.keys).toEqual(keys);
    expect(await again.generateKeys(TEST_CHIP_KEYS)).toEqual(keys);
    const face = FILES.get(0x0102) ?? new Uint8Array(0);
    expect(before.files.find(({ fid }) => fid === 0x0102)).toEqual({
      directory: 'eMRTD',
      fid: 0x0102,
      size: face.length,
      written: face.length,
      sha256: Uint8Array.from(createHash('sha256').update(face).digest()),
    });
    expect(equalBytes(await again.readFile(inApplication(0x0102), 0, face.length), face)).toBe(true);
  });
});

describe('after the lock', () => {
  let card: VirtualCard;
  let keys: ChipPublicKeys;
  beforeAll(async () => {
    card = cards.open();
    const made = await personalised(card);
    keys = made.keys;
    await made.driver.lock();
    await made.driver.proveLock();
  });

  const pace = (kind: 'can' | 'mrz', secret: string): Promise<SmChannel> => {
    connect(card);
    const password = kind === 'can' ? canPassword(secret) : mrzPassword(secret);
    return openPace(clearChannel(card), { parameters: paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13), password, random });
  };
  const bac = async (mrzInformation: string): Promise<SmChannel> => {
    connect(card);
    const channel = clearChannel(card);
    await selectApplication(channel);
    return openBac(channel, { mrzInformation, random });
  };

  it('every command of the personalisation is refused for ever, over a power cut too', async () => {
    connect(card);
    for (const hex of ['80500000', '84E20000', '00E0000062', '00D6000001', '00CADF20', '00CA9F7F', '00FE0000', '04CADF23', '80CADF20']) {
      expect(await sw(clearChannel(card), hex), hex).toBe('6985');
    }
    const identity = await referenceDriver(connect(card)).identify();
    expect(identity).toEqual({ family: 'cardmint-reference-1', lifeCycle: 'locked', chipId: null });
    await referenceDriver(connect(card)).proveLock();
  });

  it('in clear: EF.CardAccess, by FID and by SFI; every other file is 6982 whether it exists or not; the MF 6D00', async () => {
    connect(card);
    expect(await readFile(clearChannel(card), 0x011c)).toEqual(CARD_ACCESS);
    expect((await clearChannel(card).send({ cla: 0, ins: 0xb0, p1: 0x9c, p2: 2, le: 4 })).data).toEqual(CARD_ACCESS.slice(2, 6));
    expect(await sw(clearChannel(card), '00A4020C0101')).toBe('6982');
    expect(await sw(clearChannel(card), '00A4020C0199')).toBe('6982');
    expect(await sw(clearChannel(card), '00B08200')).toBe('6982');
    expect(await sw(clearChannel(card), '00A4020C2F00')).toBe('6A82');
    expect(await sw(clearChannel(card), '00A4000C3F00')).toBe('6D00');
    expect(await sw(clearChannel(card), '0C A4020C0101')).toBe('6882');
    expect(await sw(clearChannel(card), '01A4040CA0000002471001')).toBe('6881');
    expect(await sw(clearChannel(card), '40A4040CA0000002471001')).toBe('6881');
    expect(await sw(clearChannel(card), '20A4040CA0000002471001')).toBe('6E00');
  });

  it.each([
    ['PACE with the CAN', () => pace('can', CAN)],
    ['PACE with the MRZ', () => pace('mrz', MRZ_INFORMATION)],
    ['BAC', () => bac(MRZ_INFORMATION)],
  ])('%s opens every file but DG3, in short and in extended commands', async (_name, open) => {
    const channel = await open();
    await selectApplication(channel);
    for (const readMax of [223, 65_000]) {
      for (const [fid, bytes] of FILES) {
        if (fid === 0x0103 || (readMax === 223 && fid === 0x0102)) continue;
        expect(equalBytes(await readFile(channel, fid, { readMax }), bytes), fid.toString(16)).toBe(true);
      }
    }
    expect(await sw(channel, '00A4020C0103')).toBe('6982');
    expect(await sw(channel, '00A4020C010B')).toBe('6A82');
    expect(await sw(channel, '00D6000001')).toBe('6985');
    // The errors came inside secure messaging: the session is still there.
    expect(equalBytes(await readFile(channel, 0x0101), FILES.get(0x0101) ?? new Uint8Array(0))).toBe(true);
  });

  it('Doc 9303-11 §4.2: PACE opens the master file; the files of the application are there once it is selected', async () => {
    const channel = await pace('can', CAN);
    expect(await sw(channel, '00A4020C0101')).toBe('6A82');
    expect(await sw(channel, '00B08100')).toBe('6A82');
    expect(await sw(channel, '00A4020C011C')).toBe('9000');
    await selectApplication(channel);
    expect(await sw(channel, '00A4020C0101')).toBe('9000');
  });

  it('ISO/IEC 7816-4: 6282 at the end of the file and not before; P1 and P2 of SELECT; never more than Ne bytes', async () => {
    const channel = await pace('can', CAN);
    await selectApplication(channel);
    const size = FILES.get(0x011d)?.length ?? 0;
    const read = async (offset: number, le: number): Promise<readonly [number, string]> => {
      const { data, sw: word } = await channel.send({ cla: 0, ins: 0xb0, p1: offset >> 8, p2: offset & 0xff, le });
      return [data.length, word.toString(16)];
    };
    expect(await sw(channel, '00A4020C011D')).toBe('9000');
    expect(await read(size - 230, 250)).toEqual([223, '9000']);
    expect(await read(size - 7, 250)).toEqual([7, '6282']);
    expect(await read(size - 7, 7)).toEqual([7, '9000']);
    expect(await read(size, 1)).toEqual([0, '6b00']);
    expect(await sw(channel, '00A4090C011D')).toBe('6A86');
    expect(await sw(channel, '00A4020E011D')).toBe('6A86');
    expect(await sw(channel, '008800000102030405060708')).toBe('6700');
    expect((await channel.send({ cla: 0, ins: 0x88, p1: 0, p2: 0, data: random(8), le: 65_536 })).data).toHaveLength(256);
  });

  it.each([
    ['PACE with another CAN', () => pace('can', '123457')],
    ['PACE with another MRZ', () => pace('mrz', '123456789790010113001018')],
    ['BAC with another MRZ', () => bac('123456789790010113001018')],
  ])('%s does not open', async (_name, open) => {
    await expect(open()).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
  });

  it('Chip Authentication goes on under new keys, and Active Authentication proves the key made on the chip', async () => {
    const channel = await pace('can', CAN);
    await selectApplication(channel);
    const point = (keys.chipAuthentication ?? new Uint8Array(0)).slice(-65);
    const parameters = chipAuthenticationParameters('0.4.0.127.0.7.2.2.3.2.2');
    await authenticateChip(channel, { parameters, publicKey: { curve: 'brainpoolP256r1', point }, random });
    expect(equalBytes(await readFile(channel, 0x0101), FILES.get(0x0101) ?? new Uint8Array(0))).toBe(true);
    expect(await authenticateActively(channel, { publicKey: keys.activeAuthentication ?? new Uint8Array(0), challenge: random(8) })).toBe(
      true,
    );
    expect(await sw(clearChannel(card), '008800000102030405060708')).toBe('6982');
  });

  it('a wrong MAC or a command in clear ends secure messaging (Doc 9303-11 §9.8.1)', async () => {
    const tampered = await pace('can', CAN);
    await selectApplication(tampered);
    const broken = toHex(await card.process(fromHex('0CB081000D97010485080102030405060708 00')));
    expect(['6987', '6988']).toContain(broken);
    await expect(readFile(tampered, 0x0101)).rejects.toMatchObject({ code: 'ACCESS_SM_ABORTED' });
    const interrupted = await pace('can', CAN);
    await clearChannel(card).send({ cla: 0, ins: 0x84, p1: 0, p2: 0, le: 8 });
    await expect(readFile(interrupted, 0x0101)).rejects.toMatchObject({ code: 'ACCESS_SM_ABORTED' });
  });
});

describe('threat: a terminal sends anything at all', () => {
  const apdu = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(
        fc.constantFrom(0x00, 0x04, 0x0c, 0x10, 0x80, 0x84),
        fc.constantFrom(0x22, 0x47, 0x50, 0x82, 0x84, 0x86, 0x88, 0xa4, 0xb0, 0xb1, 0xca, 0xd6, 0xd7, 0xe0, 0xe2, 0xe4, 0xe6, 0xfe),
        fc.uint8Array({ minLength: 2, maxLength: 40 }),
      )
      .map(([cla, ins, rest]) => Uint8Array.of(cla, ins, ...rest)),
  );

  it('a blank and a locked chip answer every byte string with a status word that is not 6F00, and change nothing', async () => {
    const blank = cards.open();
    const locked = cards.open();
    const { driver } = await personalised(locked);
    await driver.lock();
    connect(blank);
    connect(locked);
    const before = JSON.stringify([locked.fileDigests(), blank.fileDigests()]);
    await fc.assert(
      fc.asyncProperty(apdu, async (bytes) => {
        for (const card of [blank, locked]) {
          const response = await card.process(bytes);
          expect(response.length).toBeGreaterThanOrEqual(2);
          expect(toHex(response.slice(-2))).not.toBe('6F00');
        }
      }),
      { numRuns: 500 },
    );
    expect(blank.lifeCycle).toBe('blank');
    expect(locked.lifeCycle).toBe('locked');
    expect(JSON.stringify([locked.fileDigests(), blank.fileDigests()])).toBe(before);
  });
});

describe('defects for the rehearsal', () => {
  it('dead on arrival: no answer to reset', () => {
    expect(cards.open({ defect: { kind: 'dead' } }).powerOn()).toEqual(new Uint8Array(0));
  });

  it('torn at the n-th update: no answer, half a write, and mute for ever', async () => {
    const card = cards.open({ defect: { kind: 'tornAtUpdate', update: 2 } });
    await expect(personalised(card)).rejects.toMatchObject({ code: 'CARD_VANISHED' });
    expect(card.mute).toBe(true);
    expect(card.powerOn()).toEqual(new Uint8Array(0));
  });

  it('a lock that answers 9000 and changes nothing is caught by its proof', async () => {
    const card = cards.open({ defect: { kind: 'lockLies' } });
    const { driver } = await personalised(card);
    await driver.lock();
    await expect(driver.proveLock()).rejects.toMatchObject({ code: 'LOCK_NOT_PROVEN' });
  });
});
