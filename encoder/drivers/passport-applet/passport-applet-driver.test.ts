import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import type { CardConnection } from '#encoder/readers';
import { inApplication, inMasterFile, testKeySets } from '#encoder/testing';
import type { CardDriver } from '../card-driver.ts';
import { makeKeyPair } from '../key-pair.ts';
import { passportAppletDriver, type PassportAppletFamily, type PassportAppletOptions } from './passport-applet-driver.ts';

const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
const TAG = new Uint8Array(16).fill(0x5a);

/** A chip that answers from a list, command by command, and takes no other than the next. */
function scripted(...exchanges: readonly (readonly [command: string, answer: string])[]): CardConnection & { readonly left: () => number } {
  let at = 0;
  return {
    atr: fromHex('3B00'),
    left: () => exchanges.length - at,
    transmit(command) {
      const [expected, answer] = exchanges[at] ?? ['no more commands', ''];
      at += 1;
      expect(toHex(command), `command ${at}`).toBe(expected);
      return Promise.resolve(fromHex(answer));
    },
    disconnect: () => Promise.resolve(),
  };
}

/** A chip that answers the longest prefix that fits; 6D00 otherwise. */
function answering(answers: Readonly<Record<string, string>>): CardConnection & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    atr: fromHex('3B00'),
    sent,
    transmit(command) {
      sent.push(toHex(command));
      const fits = Object.keys(answers).filter((prefix) => toHex(command).startsWith(prefix));
      const longest = fits.sort((a, b) => b.length - a.length)[0];
      return Promise.resolve(fromHex(answers[longest ?? ''] ?? '6D00'));
    },
    disconnect: () => Promise.resolve(),
  };
}

/** An applet without secrets that takes everything, and knows the files that were made. */
function openChip(): CardConnection & { readonly sent: string[] } {
  const chip = answering({ '00A404': '9000', '00A402': '6A82', '0084': '6985', '00DA': '9000', '00E0': '9000', '00D6': '9000' });
  return {
    ...chip,
    async transmit(command) {
      const answer = await chip.transmit(command);
      const fid = toHex(command).startsWith('00A4020C02') ? toHex(command).slice(-4) : '';
      return chip.sent.some((sent) => sent.startsWith('00E0') && sent.endsWith(fid)) && fid !== '' ? fromHex('9000') : answer;
    },
  };
}

const SELECT_APPLET = ['00A4040C07A0000002471001', '9000'] as const;
const SELECT_TAG = '00A4020C02010A';
const GET_CHALLENGE = '0084000008';
const NO_TAG = [SELECT_TAG, '6A82'] as const;
const NO_SECRETS = [GET_CHALLENGE, '6985'] as const;
const BIND = [
  ['00DA006220621E5F1F093132333435363738395F18063930303130315F1906333030313031', '9000'],
  ['00E000000663040022010A', '9000'],
  [SELECT_TAG, '9000'],
  [`00D6000220${'5A'.repeat(16)}${'00'.repeat(16)}`, '9000'],
  ['00D60000025310', '9000'],
] as const;
const PROOF = [
  SELECT_APPLET,
  [SELECT_TAG, '6982'],
  ['00B0000001', '6982'],
  ['00DA0000020000', '6985'],
  ['00E000000663040022010A', '6985'],
] as const;

function driverOf(
  connection: CardConnection,
  family: PassportAppletFamily = 'passport-applet',
  options: Partial<PassportAppletOptions> = {},
): CardDriver {
  return passportAppletDriver(connection, family, { secrets: SECRETS, ...options });
}

describe('the whole of a card, command by command (facts/applets.md §2)', () => {
  it('secrets, tag, keys, file, lock and its proof', async () => {
    const pair = makeKeyPair('RSA-1024');
    const jwk = createPrivateKey({ key: Buffer.from(pair.privateKey.reveal()), format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
    const number = (text = ''): string => Buffer.from(text, 'base64url').toString('hex').toUpperCase().padStart(256, '0');
    const chip = scripted(
      SELECT_APPLET,
      NO_TAG,
      SELECT_APPLET,
      NO_TAG,
      NO_SECRETS,
      NO_TAG,
      NO_SECRETS,
      NO_TAG,
      ...BIND,
      [`00DA0060856000048180${number(jwk.n)}`, '9000'],
      [`00DA0061856100048180${number(jwk.d)}`, '9000'],
      ['00A4020C020101', '6A82'],
      ['00E00000066304016C0101', '9000'],
      ['00E00000066304012C0101', '9000'],
      ['00A4020C020101', '9000'],
      [`00D60000FF${'01'.repeat(255)}`, '9000'],
      [`00D600FF2D${'02'.repeat(45)}`, '9000'],
      ['00DADEAD', '9000'],
      ...PROOF,
    );
    const driver = driverOf(chip, 'passport-applet', { keyPairs: { activeAuthentication: pair, chipAuthentication: null } });
    expect(await driver.identify()).toEqual({ family: 'passport-applet', lifeCycle: 'blank', chipId: null });
    await driver.open(null);
    expect(await driver.status()).toMatchObject({ lifeCycle: 'blank', bindingTag: null, files: [], keys: null, accessSecretsSet: false });
    await driver.writeBindingTag(TAG);
    const keys = await driver.generateKeys({ activeAuthentication: 'RSA-1024', chipAuthentication: null });
    expect(keys).toEqual({ activeAuthentication: pair.publicKey, chipAuthentication: null });
    await driver.createFile(inApplication(0x0101), 300);
    await driver.writeFile(inApplication(0x0101), 0, new Uint8Array(255).fill(1));
    await driver.writeFile(inApplication(0x0101), 255, new Uint8Array(45).fill(2));
    await driver.lock();
    await driver.proveLock();
    expect(chip.left()).toBe(0);
  });

  it('with PACE: the CAN beside the MRZ, EF.CardAccess at 011C, and DE AF before DE AD', async () => {
    const chip = scripted(
      SELECT_APPLET,
      NO_TAG,
      NO_SECRETS,
      NO_TAG,
      BIND[0],
      ['00DA00650B6509660702313233343536', '9000'],
      ...BIND.slice(1),
      ['00A4020C02011C', '6A82'],
      ['00E00000066304004A011C', '9000'],
      ['00E00000066304000A011C', '9000'],
      ['00DADEAF', '9000'],
      ['00DADEAD', '9000'],
      ...PROOF,
    );
    const driver = driverOf(chip, 'passport-applet-pace');
    await driver.open(null);
    await driver.writeBindingTag(TAG);
    await driver.createFile(inMasterFile(0x011c), 10);
    await driver.lock();
    await driver.proveLock();
    expect(chip.left()).toBe(0);
  });

  it('a pair that the driver makes is not sent twice, and is asked for by its algorithm only', async () => {
    const chip = openChip();
    const driver = driverOf(chip, 'passport-applet-pace');
    await driver.open(null);
    await driver.writeBindingTag(TAG);
    const wanted = { activeAuthentication: 'RSA-1024', chipAuthentication: 'EC-brainpoolP256r1' } as const;
    const keys = await driver.generateKeys(wanted);
    const sent = chip.sent.length;
    expect(await driver.generateKeys(wanted)).toEqual(keys);
    expect(chip.sent.length).toBe(sent);
    await expect(driver.generateKeys({ ...wanted, activeAuthentication: 'RSA-2048' })).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    expect(chip.sent.length).toBe(sent);
  });
});

describe('what the family cannot do is refused before anything is sent', () => {
  const opened = async (family: PassportAppletFamily = 'passport-applet') => {
    const chip = openChip();
    const driver = driverOf(chip, family);
    await driver.open(null);
    await driver.writeBindingTag(TAG);
    chip.sent.length = 0;
    return { chip, driver };
  };

  it.each<readonly [string, (driver: CardDriver) => Promise<unknown>]>([
    ['a file in the master file', (driver) => driver.createFile(inMasterFile(0x011c), 10)],
    ['DG16, whose identifier is not in the table', (driver) => driver.createFile(inApplication(0x0110), 10)],
    ['the file of the binding tag', (driver) => driver.writeFile(inApplication(0x010a), 0, TAG)],
    ['a file larger than 32,767 bytes', (driver) => driver.createFile(inApplication(0x0102), 32_768)],
    ['more than a short command carries', (driver) => driver.writeFile(inApplication(0x0101), 0, new Uint8Array(256))],
    ['a trust point', (driver) => driver.setTrustPoint({ certificate: TAG, date: '260101' })],
    ['the secrets of another card', (driver) => driver.setAccessSecrets({ ...SECRETS, can: '654321' })],
  ])('%s', async (_name, act) => {
    const { chip, driver } = await opened();
    await expect(act(driver)).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    expect(chip.sent).toEqual([]);
  });

  it('transport keys, and secrets that no applet can be given', async () => {
    const { driver } = await opened();
    await expect(driver.open(testKeySets())).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    await expect(driver.replaceKeys(testKeySets().plant)).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    expect(() =>
      driverOf(answering({}), 'passport-applet', { secrets: { ...SECRETS, mrzInformation: '123456789090010113001019' } }),
    ).toThrow(expect.objectContaining({ code: 'DRIVER_CANNOT' }));
  });

  it('a file that should be gone keeps the chip from being locked, unless it is made anew', async () => {
    const { chip, driver } = await opened();
    await driver.deleteFile(inApplication(0x0101));
    await expect(driver.lock()).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    expect(chip.sent).toEqual([]);
    await driver.createFile(inApplication(0x0101), 5);
    await driver.lock();
    expect(chip.sent.at(-1)).toBe('00DADEAD');
  });
});

describe('threat: a chip of another family, a foreign chip, one that lies (bad-input §5.8)', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['no such application', { '00A404': '6A82' }, 'CHIP_UNKNOWN'],
    ['an applet that answers SELECT EF with what the table does not have', { '00A404': '9000', '00A402': '6E00' }, 'CHIP_UNKNOWN'],
    ['an answer of one byte', { '00A404': '90' }, 'CARD_ANSWER_INVALID'],
  ])('identify: %s', async (_name, answers, code) => {
    const chip = answering(answers);
    await expect(driverOf(chip).identify()).rejects.toMatchObject({ code });
    await expect(driverOf(chip).open(null)).rejects.toBeDefined();
    expect(chip.sent.filter((command) => !command.startsWith('00A4'))).toEqual([]);
  });

  it('an answer to reset that is not of the lot: nothing is sent', async () => {
    const chip = answering({ '00A4': '9000' });
    const driver = driverOf(chip, 'passport-applet', { answersToReset: [fromHex('3B01')] });
    await expect(driver.identify()).rejects.toMatchObject({ code: 'CHIP_UNKNOWN' });
    await expect(driver.open(null)).rejects.toMatchObject({ code: 'CHIP_UNKNOWN' });
    expect(chip.sent).toEqual([]);
  });

  it('a locked applet is known, and is not opened', async () => {
    const chip = answering({ '00A404': '9000', '00A402': '6982' });
    expect(await driverOf(chip).identify()).toEqual({ family: 'passport-applet', lifeCycle: 'locked', chipId: null });
    await expect(driverOf(chip).open(null)).rejects.toMatchObject({ code: 'CARD_REFUSED', sw: 0x6982 });
  });

  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ["with another card's secrets", { '0084': '00112233445566779000', '0082': '6300' }, 'CHIP_SEALED'],
    ['that proves nothing', { '0084': '00112233445566779000', '0082': `${'00'.repeat(40)}9000` }, 'CHIP_SEALED'],
    ['that refuses the proof with what no table has', { '0084': '00112233445566779000', '0082': '6F00' }, 'CHIP_ANSWER_INVALID'],
    ['with a challenge of seven bytes', { '0084': '001122334455669000' }, 'CHIP_ANSWER_INVALID'],
    ['with a tag and no secrets', { '0084': '6985', [SELECT_TAG]: '9000' }, 'CHIP_SEALED'],
  ])('a chip %s: no operation writes to it, and BAC is tried once', async (_name, answers, code) => {
    const chip = answering({ '00A4': '9000', ...answers });
    const driver = driverOf(chip);
    await driver.open(null);
    const acts: readonly (() => Promise<unknown>)[] = [
      () => driver.status(),
      () => driver.writeBindingTag(TAG),
      () => driver.setAccessSecrets(SECRETS),
      () => driver.generateKeys({ activeAuthentication: 'RSA-1024', chipAuthentication: null }),
      () => driver.createFile(inApplication(0x0101), 1),
      () => driver.writeFile(inApplication(0x0101), 0, TAG),
      () => driver.lock(),
    ];
    for (const act of acts) await expect(act()).rejects.toMatchObject({ code });
    expect(chip.sent.filter((command) => /^00(DA|E0|D6)/.test(command))).toEqual([]);
    expect(chip.sent.filter((command) => command.startsWith('0082')).length).toBeLessThan(2);
    if (code === 'CHIP_ANSWER_INVALID') expect(chip.sent.filter((command) => command === GET_CHALLENGE).length).toBe(1);
  });

  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['answers 9000 to the lock and stays open', { '00A402': '9000' }],
    ['is blank', { '00A402': '6A82' }],
    ['closes its files and takes data', { '00DA': '9000' }],
    ['closes its files and makes others', { '00E0': '9000' }],
    ['reads in clear', { '00B0': '019000' }],
    ['refuses everything', { '00': '6985', '00A404': '6985' }],
  ])('a chip that %s is not locked', async (_name, answers) => {
    const locked = { '00A404': '9000', '00A402': '6982', '00B0': '6982', '00DA': '6985', '00E0': '6985' };
    await driverOf(answering(locked)).proveLock();
    await expect(driverOf(answering({ ...locked, ...answers })).proveLock()).rejects.toMatchObject({ code: 'LOCK_NOT_PROVEN' });
  });
});
