import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openBac, selectApplication } from '#encoder/access';
import { openChannel, parseCommand } from '#encoder/apdu';
import { fromHex, toHex } from '#encoder/bytes';
import { openScp03 } from '#encoder/globalplatform';
import { checkDigit } from '#encoder/mrz';
import type { CardConnection } from '#encoder/readers';
import { tlv } from '#encoder/tlv';
import { imageFolder, inApplication, inMasterFile, openAsPlant, testKeySets } from '#encoder/testing';
import { cardDriverConformance } from '../card-driver.conformance.ts';
import { chipBench } from '../testing.ts';
import { referenceDriver } from './reference-driver.ts';
import { decodeStatus } from './status.ts';

const folder = imageFolder();
afterAll(folder.remove);

const BENCH = {
  chip: chipBench(folder.path, {}),
  capabilities: { transport: 'SCP03', onChipKeyGeneration: true, resumes: 'byte', readsBack: true, terminalAuthentication: true },
  tellsBlank: true,
} as const;
cardDriverConformance('the reference profile with the largest commands', { ...BENCH, driver: (connection) => referenceDriver(connection) });
cardDriverConformance('the reference profile through a reader of 2,048 bytes', {
  ...BENCH,
  driver: (connection) => referenceDriver(connection, { commandBytesMax: 2048 }),
});

describe('chip specification §4.1: MRZ information is always padded', () => {
  it.each([
    ['of two whole blocks, with a document number of 17 characters', 17],
    ['of three', 33],
    ['of another length', 9],
  ])('%s: the finished chip opens by BAC', async (_name, digits) => {
    const chip = BENCH.chip();
    const secrets = { mrzInformation: `${'7'.repeat(digits)}${checkDigit('7'.repeat(digits))}90010113001019`, can: '123456' };
    const driver = referenceDriver(await chip.connect());
    await openAsPlant(driver, chip.keys());
    await driver.writeBindingTag(new Uint8Array(16));
    await driver.setAccessSecrets(secrets);
    await driver.createFile(inApplication(0x011e), 1);
    await driver.writeFile(inApplication(0x011e), 0, Uint8Array.of(0x60));
    await driver.lock();
    const clear = openChannel(await chip.connect());
    await selectApplication(clear);
    await openBac(clear, { mrzInformation: secrets.mrzInformation, random: (length) => Uint8Array.from(randomBytes(length)) });
  });
});

describe('chip specification §4: SELECT by name inside SCP03', () => {
  it('leads back to the application, where no file is current; another name changes nothing', async () => {
    const chip = BENCH.chip();
    const driver = referenceDriver(await chip.connect());
    await openAsPlant(driver, chip.keys());
    await driver.writeBindingTag(new Uint8Array(16));
    for (const file of [inApplication(0x0101), inMasterFile(0x011c)]) {
      await driver.createFile(file, 4);
      await driver.writeFile(file, 0, Uint8Array.of(1, 2, 3, 4));
    }
    const channel = await openScp03(await chip.connect(), testKeySets().plant, { hostChallenge: new Uint8Array(8) });
    const sw = async (hex: string): Promise<string> => (await channel.send(parseCommand(fromHex(hex)))).sw.toString(16).toUpperCase();
    expect(await sw('00A4080C02011C')).toBe('9000');
    expect(await sw('00A4020C020101')).toBe('6A82');
    expect(await sw('00A4040C07A0000002471002')).toBe('6A82');
    expect(await sw('00B0000004')).toBe('9000');
    expect(await sw('00A4040C07A0000002471001')).toBe('9000');
    expect(await sw('00B0000004')).toBe('6986');
    expect(await sw('00A4020C020101')).toBe('9000');
  });
});

/** A card that answers the longest prefix that fits; 6D00 otherwise. */
function lying(answers: Readonly<Record<string, string>>): CardConnection {
  return {
    atr: new Uint8Array(0),
    transmit(command) {
      const fits = Object.keys(answers).filter((prefix) => toHex(command).startsWith(prefix));
      return Promise.resolve(fromHex(answers[fits.sort((a, b) => b.length - a.length)[0] ?? ''] ?? '6D00'));
    },
    disconnect: () => Promise.resolve(),
  };
}

describe('threat: a chip of another family, or one that lies', () => {
  it.each([
    ['another family', {}, 'CHIP_UNKNOWN'],
    ['an identity of another version', { '00CADF20': 'DF200A0201040011223344556690 00' }, 'CHIP_UNKNOWN'],
    ['an identity that is no data object', { '00CADF20': 'DF20FF9000' }, 'CHIP_ANSWER_INVALID'],
    ['a chip that refuses everything', { '00': '6985' }, 'CHIP_UNKNOWN'],
  ])('%s', async (_name, answers, code) => {
    await expect(referenceDriver(lying(answers)).identify()).rejects.toMatchObject({ code });
  });

  it('an answer to reset that is not of the lot: nothing is sent', async () => {
    const connection = { ...lying({}), transmit: () => Promise.reject(new Error('something was sent')) };
    const driver = referenceDriver(connection, { answersToReset: [fromHex('3B01')] });
    await expect(driver.identify()).rejects.toMatchObject({ code: 'CHIP_UNKNOWN' });
    await expect(driver.open(testKeySets())).rejects.toMatchObject({ code: 'CHIP_UNKNOWN' });
  });

  it('a chip that refuses everything is not a locked one', async () => {
    await expect(referenceDriver(lying({ '00': '6985', '80': '6985' })).proveLock()).rejects.toMatchObject({ code: 'LOCK_NOT_PROVEN' });
  });

  const LOCKED = { '00CA': '6985', '8050': '6985', '00D6': '6985', '00A4040C': '9000' };
  it('E6: a locked chip begins no channel, with whichever keys', async () => {
    await expect(referenceDriver(lying(LOCKED)).proveLock()).resolves.toBeUndefined();
  });

  it.each([
    ["still begins a channel with its maker's keys", { '805001': `${'00'.repeat(29)}9000` }],
    ["has no more than its maker's keys lost, and would begin one with the plant's", { '805001': '6A88' }],
    ['still tells its identity', { '00CADF20': 'DF200A010301122334455669009000' }],
    ['still writes', { '00D6': '9000' }],
  ])('threat: a chip that %s is not locked', async (_name, answers) => {
    const chip = lying({ ...LOCKED, ...answers });
    await expect(referenceDriver(chip).proveLock()).rejects.toMatchObject({ code: 'LOCK_NOT_PROVEN' });
  });

  it.each([
    ['cut short', 'DF230780010381'],
    ['a file without its hash', 'DF230F800103A50A80020101810200058200'],
    ['a DH key in a group of its own', 'DF231F800103A41A7F4917060904007F00070202010181011782010B830102840104'],
    ['a DH key without a group', 'DF2313800103A40E7F490B060904007F000702020101'],
    ['an RSA key of 8 bits', 'DF230F800103A30A7F49078101FF820203'],
  ])('a status that is %s', (_name, hex) => {
    expect(() => decodeStatus(fromHex(hex))).toThrow(expect.objectContaining({ code: 'CHIP_ANSWER_INVALID' }));
  });

  it('whatever bytes a status is, it is a status or a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, framed) => {
        try {
          decodeStatus(framed ? tlv(0xdf23, bytes) : bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CHIP_ANSWER_INVALID' });
        }
      }),
    );
  });
});
