import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BacCardSession, type SmSession } from '#encoder/access';
import { encodeResponse, parseCommand, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { fromHex, toHex } from '#encoder/bytes';
import type { CardConnection } from '#encoder/readers';
import { inApplication } from '#encoder/testing';
import type { CardDriver } from '../card-driver.ts';
import { passportAppletDriver } from './passport-applet-driver.ts';

const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
const TAG = fromHex('00112233445566778899AABBCCDDEEFF');
/** 53, length, tag, and room for the longest. */
const TAG_FILE = fromHex(`5310${toHex(TAG)}${'00'.repeat(16)}`);

interface Applet {
  /** Content by FID. */
  readonly files: Record<string, Uint8Array>;
  /** The session outlives SELECT of the application, and gives no challenge while it lasts. */
  readonly keepsSession?: boolean;
  /** In place of what it would answer inside secure messaging. */
  readonly answers?: (command: ParsedCommandApdu, honest: ResponseApdu) => ResponseApdu;
  /** On the wire. */
  readonly wire?: (response: Uint8Array, command: ParsedCommandApdu) => Uint8Array;
}

/** An applet that has our secrets, and can be read: enough of one to lie. */
function applet({ files, keepsSession = false, answers, wire }: Applet): CardConnection & { readonly clear: string[] } {
  const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
  const bac = new BacCardSession(SECRETS.mrzInformation, random);
  const status = (sw: number): ResponseApdu => ({ data: new Uint8Array(0), sw });
  const clear: string[] = [];
  let session: SmSession | undefined;
  let current: Uint8Array | undefined;

  const execute = ({ ins, p1, p2, data, le = 0 }: ParsedCommandApdu, secured: boolean): ResponseApdu => {
    if (ins === 0xa4 && p1 === 0x04) return status(0x9000);
    if (ins === 0xa4) {
      current = files[toHex(data)];
      return status(current === undefined ? 0x6a82 : 0x9000);
    }
    if (ins === 0xb0 && secured) {
      const offset = p1 * 256 + p2;
      const all = current ?? new Uint8Array(0);
      if (offset >= all.length) return status(0x6b00);
      return { data: all.slice(offset, offset + le), sw: offset + le > all.length ? 0x6282 : 0x9000 };
    }
    return status(ins === 0xb0 ? 0x6982 : 0x9000);
  };

  const answer = (command: ParsedCommandApdu): ResponseApdu => {
    if (command.cla === 0x0c) {
      const plain = session?.unwrapCommand(command);
      if (session === undefined || typeof plain !== 'object') return status(0x6988);
      const honest = execute(plain, true);
      return session.wrapResponse(answers?.(plain, honest) ?? honest, plain.ins);
    }
    clear.push(toHex(Uint8Array.of(command.cla, command.ins, command.p1, command.p2)));
    if (!keepsSession) session = undefined;
    if (command.ins === 0x84) return keepsSession && session !== undefined ? status(0x6982) : bac.getChallenge(command).response;
    if (command.ins !== 0x82) return execute(command, false);
    const step = bac.externalAuthenticate(command);
    session = step.session;
    return step.response;
  };

  return {
    atr: fromHex('3B00'),
    clear,
    transmit: (bytes) => {
      const command = parseCommand(bytes);
      const response = encodeResponse(answer(command));
      return Promise.resolve(wire?.(response, command) ?? response);
    },
    disconnect: () => Promise.resolve(),
  };
}

async function opened(chip: CardConnection): Promise<CardDriver> {
  const driver = passportAppletDriver(chip, 'passport-applet', { secrets: SECRETS });
  await driver.open(null);
  return driver;
}

describe('reading under BAC (facts/applets.md §2)', () => {
  it('never asks for more than 223 bytes, and finds the end of a file by itself', async () => {
    const asked: number[] = [];
    const files = { '010A': TAG_FILE, '0101': new Uint8Array(446).fill(7), '0102': new Uint8Array(500).fill(8), '011E': new Uint8Array(1) };
    const driver = await opened(
      applet({
        files,
        answers: (command, honest) => {
          if (command.ins === 0xb0) asked.push(command.le ?? 0);
          return honest;
        },
      }),
    );
    const status = await driver.status();
    expect(status).toMatchObject({ lifeCycle: 'personalising', bindingTag: TAG, accessSecretsSet: true });
    expect(status.files.map(({ fid, size, written }) => [fid, size, written])).toEqual([
      [0x0101, 446, 446],
      [0x0102, 500, 500],
      [0x011e, 1, 1],
    ]);
    expect(Math.max(...asked)).toBe(223);
  });

  it('a file that is closed to BAC, as DG3 may be, counts as not written', async () => {
    const files = { '010A': TAG_FILE, '0103': new Uint8Array(100) };
    let reading = '';
    const driver = await opened(
      applet({
        files,
        answers: ({ ins, data }, honest) => {
          if (ins === 0xa4) reading = toHex(data);
          return ins === 0xb0 && reading === '0103' ? { data: new Uint8Array(0), sw: 0x6982 } : honest;
        },
      }),
    );
    expect((await driver.status()).files).toMatchObject([{ fid: 0x0103, size: 0, written: 0 }]);
  });

  it.each([false, true])('goes between reading and writing; the applet keeps its session over SELECT: %j', async (keepsSession) => {
    const chip = applet({ files: { '010A': TAG_FILE, '0101': new Uint8Array(9) }, keepsSession });
    const driver = await opened(chip);
    for (let round = 0; round < 3; round += 1) {
      expect(await driver.readBindingTag()).toEqual(TAG);
      await driver.writeFile(inApplication(0x0101), 0, new Uint8Array(9));
    }
    expect(chip.clear.filter((command) => command === '00820000').length).toBe(keepsSession ? 1 : 3);
  });
});

describe('threat: an applet that lies under secure messaging (bad-input §5.7, §5.8)', () => {
  it.each<readonly [string, Uint8Array]>([
    ['without a header', new Uint8Array(34)],
    ['of another object', TAG_FILE.with(0, 0x54)],
    ['too short', TAG_FILE.with(1, 15)],
    ['too long', TAG_FILE.with(1, 33)],
  ])('a tag %s is none', async (_name, file) => {
    const driver = await opened(applet({ files: { '010A': file } }));
    expect(await driver.status()).toMatchObject({ lifeCycle: 'blank', bindingTag: null });
  });

  const longer = (command: ParsedCommandApdu, honest: ResponseApdu): ResponseApdu =>
    command.ins === 0xb0 ? { data: new Uint8Array((command.le ?? 0) + 1), sw: 0x9000 } : honest;
  const refusing = (command: ParsedCommandApdu, honest: ResponseApdu): ResponseApdu =>
    command.ins === 0xb0 ? { data: new Uint8Array(0), sw: 0x6f00 } : honest;
  const endless = (command: ParsedCommandApdu, honest: ResponseApdu): ResponseApdu =>
    command.ins === 0xb0 ? { data: new Uint8Array(command.le ?? 0).fill(1), sw: 0x9000 } : honest;
  const flipped = (response: Uint8Array, { cla }: ParsedCommandApdu): Uint8Array =>
    cla === 0x0c && response.length > 2 ? response.with(3, (response[3] ?? 0) ^ 1) : response;
  const bare = (response: Uint8Array, { cla }: ParsedCommandApdu): Uint8Array => (cla === 0x0c ? fromHex('9000') : response);
  const replayed = (): NonNullable<Applet['wire']> => {
    let first: Uint8Array | undefined;
    return (response, { cla }) => (cla === 0x0c ? (first ??= response) : response);
  };

  it.each<readonly [string, Omit<Applet, 'files'>, string]>([
    ['more than was asked for', { answers: longer }, 'CHIP_ANSWER_INVALID'],
    ['a refusal that no table has', { answers: refusing }, 'CARD_REFUSED'],
    ['a wrong MAC', { wire: flipped }, 'CHIP_ANSWER_INVALID'],
    ['9000 and no secure messaging', { wire: bare }, 'CHIP_ANSWER_INVALID'],
    ['the answer before this one', { wire: replayed() }, 'CHIP_ANSWER_INVALID'],
  ])('%s', async (_name, lie, code) => {
    const chip = applet({ files: { '010A': TAG_FILE }, ...lie });
    const driver = await opened(chip);
    await expect(driver.status()).rejects.toMatchObject({ code });
    expect(chip.clear.filter((command) => /^00(DA|E0|D6)/.test(command))).toEqual([]);
  });

  it('a tag file that is cut short is a coded error, not a blank chip', async () => {
    const driver = await opened(applet({ files: { '010A': TAG_FILE.slice(0, 20) } }));
    await expect(driver.status()).rejects.toMatchObject({ code: 'CHIP_ANSWER_INVALID' });
  });

  it('a file without an end is cut off at the largest that there can be', async () => {
    let commands = 0;
    const files = { '010A': TAG_FILE, '0101': new Uint8Array(1) };
    let reading = '';
    const driver = await opened(
      applet({
        files,
        answers: (command, honest) => {
          commands += 1;
          if (command.ins === 0xa4) reading = toHex(command.data);
          return reading === '0101' ? endless(command, honest) : honest;
        },
      }),
    );
    const [file] = (await driver.status()).files;
    expect(file).toMatchObject({ fid: 0x0101, size: 32_767, written: 32_767 });
    expect(commands).toBeLessThan(200);
  });
});
