import { afterAll, describe, expect, it } from 'vitest';
import { fromHex, toHex } from '#encoder/bytes';
import type { CardConnection } from '#encoder/readers';
import { imageFolder, inApplication, inMasterFile, openAsPlant } from '#encoder/testing';
import type { CardDriver } from '../card-driver.ts';
import { chipBench, transportKeys } from '../testing.ts';
import { cpsCapabilities, cpsDriver } from './cps-driver.ts';
import { CPS_LAYOUT, cpsLayout, type CpsLayout } from './layout.ts';

const folder = imageFolder();
afterAll(folder.remove);
const TAG = new Uint8Array(16).fill(0x5a);
const KEYS = (): NonNullable<ReturnType<typeof transportKeys>> => {
  const keys = transportKeys({ program: 'cps' });
  if (keys === null) throw new Error('CPS chips have transport keys');
  return keys;
};

/** A chip that answers the longest prefix that fits; 6D00 otherwise. */
function answering(answers: Readonly<Record<string, string>>): CardConnection & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    atr: fromHex('3B00'),
    sent,
    transmit(command) {
      sent.push(toHex(command));
      const fits = Object.keys(answers).filter((prefix) => toHex(command).startsWith(prefix));
      return Promise.resolve(fromHex(answers[fits.sort((a, b) => b.length - a.length)[0] ?? ''] ?? '6D00'));
    },
    disconnect: () => Promise.resolve(),
  };
}

/** A real chip behind a wire that changes what goes over it. */
async function tampered(
  channel: CpsLayout['channel'],
  change: {
    readonly command?: (bytes: Uint8Array) => Uint8Array;
    readonly answer?: (bytes: Uint8Array, command: Uint8Array) => Uint8Array;
  },
): Promise<{ readonly driver: CardDriver; readonly sent: string[] }> {
  const inner = await chipBench(folder.path, { program: 'cps', cps: { scp: channel } })().connect();
  const sent: string[] = [];
  const connection: CardConnection = {
    atr: inner.atr,
    disconnect: (disposition) => inner.disconnect(disposition),
    async transmit(command) {
      sent.push(toHex(command));
      const answer = await inner.transmit(change.command?.(command) ?? command);
      return change.answer?.(answer, command) ?? answer;
    },
  };
  return { driver: cpsDriver(connection, { layout: { ...CPS_LAYOUT, channel } }), sent };
}

const flipLast = (bytes: Uint8Array): Uint8Array => bytes.with(-1 + bytes.length, (bytes.at(-1) ?? 0) ^ 1);
const isIns = (bytes: Uint8Array, ins: number): boolean => bytes[1] === ins;

describe('the layout of an applet', () => {
  it('comes from JSON', () => {
    expect(cpsLayout(JSON.parse(JSON.stringify(CPS_LAYOUT)))).toEqual(CPS_LAYOUT);
    const command = { ...CPS_LAYOUT, lock: { command: '80F0800F07A0000002471001' } };
    expect(cpsLayout(command)).toEqual(command);
  });

  it.each<readonly [string, unknown, string]>([
    ['nothing', null, ''],
    ['a field that is unknown', { ...CPS_LAYOUT, more: 1 }, '/more'],
    ['a grouping of three digits', { ...CPS_LAYOUT, secrets: { mrz: 'A01', can: 'A002' } }, '/secrets/mrz'],
    ['a protocol that is out of scope', { ...CPS_LAYOUT, channel: 'SCP01' }, '/channel'],
    ['one grouping for two things', { ...CPS_LAYOUT, secrets: { mrz: 'A001', can: '0101' } }, 'data grouping 0101'],
    ['a lock that is no command', { ...CPS_LAYOUT, lock: { command: '80F0800F0501' } }, '/lock/command'],
  ])('%s is refused, and where is said', (_name, json, where) => {
    expect(() => cpsLayout(json)).toThrow(expect.objectContaining({ code: 'LAYOUT_INVALID', where }));
  });

  it('says what the family can do', () => {
    const layout = cpsLayout({ ...CPS_LAYOUT, channel: 'SCP03', trustPoint: null, files: { eMRTD: { '0101': '0101' }, MF: {} } });
    expect(cpsCapabilities(layout)).toMatchObject({
      transport: 'SCP03',
      terminalAuthentication: false,
      directories: ['eMRTD'],
      files: [inApplication(0x0101)],
    });
  });
});

describe('what the family cannot do is refused before anything is sent', () => {
  it.each<readonly [string, (driver: CardDriver) => Promise<unknown>]>([
    ['a file without a grouping', (driver) => driver.createFile(inMasterFile(0x0101), 10)],
    ['a file larger than one sequence', (driver) => driver.createFile(inApplication(0x0102), 61_180)],
    ['a part of a file', (driver) => driver.writeFile(inApplication(0x0101), 5, TAG)],
    ['a file of another size than it was created with', (driver) => driver.writeFile(inApplication(0x0101), 0, TAG.subarray(1))],
    ['reading', (driver) => driver.readFile(inApplication(0x0101), 0, 1)],
    ['deleting', (driver) => driver.deleteFile(inApplication(0x0101))],
    ['a trust point without a date', (driver) => driver.setTrustPoint({ certificate: TAG, date: '2026-01-01' })],
    ['a key pair of another algorithm', (driver) => driver.generateKeys({ activeAuthentication: 'RSA-4096', chipAuthentication: null })],
  ])('%s', async (_name, act) => {
    const { driver, sent } = await tampered('SCP02-15', {});
    await openAsPlant(driver, KEYS());
    await driver.writeBindingTag(TAG);
    await driver.createFile(inApplication(0x0101), TAG.length);
    const before = sent.length;
    await expect(act(driver)).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    expect(sent.length).toBe(before);
  });
});

describe('threat: a chip of another family, or one that lies (bad-input §5.8)', () => {
  const LOCKED = { '00A4040008': '6A82', '00A4040007': '9000', '80CA': '6985', '8050': '6985', '80E2': '6985' };

  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    ['that knows no command', {}, 'CHIP_UNKNOWN'],
    ['without the application', { ...LOCKED, '00A4040007': '6A82' }, 'CHIP_UNKNOWN'],
    ['without an id, and open', { '00A4': '9000', '80CA': '6A88' }, 'CHIP_UNKNOWN'],
    ['whose id is cut short', { '00A4': '9000', '80CA0045': '450804001122339000' }, 'CHIP_ANSWER_INVALID'],
    ['whose id has no end', { '00A4': '9000', '80CA0045': `${'45'.repeat(300)}9000` }, 'CHIP_ANSWER_INVALID'],
    ['that answers one byte', { '00A4': '90' }, 'CARD_ANSWER_INVALID'],
    ['that answers 61xx for ever', { '00A4': '9000', '80CA': '6110', '00C0': '00006110' }, 'CARD_ANSWER_INVALID'],
  ])('identify: a chip %s', async (_name, answers, code) => {
    const chip = answering(answers);
    await expect(cpsDriver(chip).identify()).rejects.toMatchObject({ code });
    expect(chip.sent.filter((command) => command.startsWith('8482'))).toEqual([]);
  });

  it('a locked chip is known by what it refuses', async () => {
    expect(await cpsDriver(answering(LOCKED)).identify()).toEqual({ family: 'cps', lifeCycle: 'locked', chipId: null });
    await cpsDriver(answering(LOCKED)).proveLock();
  });

  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['still has its security domain', { '00A4040008': '9000' }],
    ['still tells its id', { '80CA': '450804001122334455669000' }],
    ['still begins a channel', { '8050': `${'00'.repeat(28)}9000` }],
    ["has no more than its maker's keys lost", { '805001': '6A88' }],
    ['still takes data', { '80E2': '9000' }],
    ['has lost its application', { '00A4040007': '6A82' }],
  ])('a chip that %s is not locked', async (_name, answers) => {
    await expect(cpsDriver(answering({ ...LOCKED, ...answers })).proveLock()).rejects.toMatchObject({ code: 'LOCK_NOT_PROVEN' });
  });

  it('an answer to reset that is not of the lot: nothing is sent', async () => {
    const chip = answering(LOCKED);
    const driver = cpsDriver(chip, { answersToReset: [fromHex('3B01')] });
    await expect(driver.identify()).rejects.toMatchObject({ code: 'CHIP_UNKNOWN' });
    await expect(driver.open(KEYS())).rejects.toMatchObject({ code: 'CHIP_UNKNOWN' });
    expect(chip.sent).toEqual([]);
  });

  it.each(['SCP02-15', 'SCP02-55', 'SCP03'] as const)(
    '%s: a failed authentication is tried once, and nothing is stored',
    async (channel) => {
      const { driver, sent } = await tampered(channel, { command: (bytes) => (isIns(bytes, 0x82) ? flipLast(bytes) : bytes) });
      await expect(driver.open(KEYS())).rejects.toMatchObject({ code: 'SCP_HOST_REFUSED' });
      expect(sent.filter((command) => command.startsWith('8482')).length).toBe(1);
      await expect(driver.writeBindingTag(TAG)).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      expect(sent.filter((command) => command.startsWith('84E2'))).toEqual([]);
    },
  );

  it('SCP03: an answer that was changed on the way ends the channel', async () => {
    const { driver, sent } = await tampered('SCP03', {
      answer: (bytes, command) => (isIns(command, 0xe2) && bytes.length > 2 ? bytes.with(0, (bytes[0] ?? 0) ^ 1) : bytes),
    });
    await openAsPlant(driver, KEYS());
    await expect(driver.writeBindingTag(TAG)).rejects.toMatchObject({ code: 'SCP_RESPONSE_MAC' });
    const before = sent.length;
    await expect(driver.setAccessSecrets({ mrzInformation: '123456789790010113001019', can: '123456' })).rejects.toMatchObject({
      code: 'SCP_CLOSED',
    });
    expect(sent.length).toBe(before);
  });

  it.each([
    ['cut short', 'DF22109000'],
    ['another object', 'DF21105A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A9000'],
    ['too short for a tag', 'DF22025A5A9000'],
    ['followed by more', `DF2210${'5A'.repeat(16)}009000`],
  ])('SCP02, whose answers nothing protects: a binding tag that is %s', async (_name, answer) => {
    const { driver } = await tampered('SCP02-15', { answer: (bytes, command) => (isIns(command, 0xca) ? fromHex(answer) : bytes) });
    await openAsPlant(driver, KEYS());
    await expect(driver.status()).rejects.toMatchObject({ code: 'CHIP_ANSWER_INVALID' });
  });
});
