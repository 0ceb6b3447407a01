import { copyFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { openBac, readFile, selectApplication } from '#encoder/access';
import { openChannel } from '#encoder/apdu';
import { isCodedError, toHex } from '#encoder/bytes';
import { faultKind, personalise, planPersonalisation, prepareChip, type PersonalisationJournal } from '#encoder/personalisation';
import { inProcessReader, type CardConnection } from '#encoder/readers';
import { imageFolder, inApplication, blankImage } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { VirtualCard, type Fault } from '#encoder/virtual-card';
import { makeKeyPair } from '../key-pair.ts';
import { passportAppletDriver, type PassportAppletFamily } from './passport-applet-driver.ts';

const UPDATE_BINARY = 0xd6;
const TAG = new Uint8Array(16).fill(0x5a);
const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
const KEYS = { activeAuthentication: 'RSA-1024', chipAuthentication: null } as const;
const PAIRS = { activeAuthentication: makeKeyPair('RSA-1024'), chipAuthentication: null };
const content = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + seed) & 0xff);
const FILES = [
  { ...inApplication(0x0101), bytes: tlv(0x61, content(300, 1)) },
  { ...inApplication(0x011e), bytes: tlv(0x60, content(24, 2)) },
  { ...inApplication(0x011d), bytes: tlv(0x77, content(270, 3)) },
];
const QUIET: PersonalisationJournal = { intend: () => Promise.resolve(), outcome: () => Promise.resolve() };

const folder = imageFolder();
afterAll(folder.remove);

/** Where a run that was torn goes on is what the applet gives back under BAC; nothing but that counts. */
async function runSeat(connection: CardConnection, family: PassportAppletFamily): Promise<void> {
  const driver = passportAppletDriver(connection, family, { secrets: SECRETS, keyPairs: PAIRS });
  await driver.open(null);
  const publicKeys = await prepareChip({ driver, journal: QUIET, bindingTag: TAG, keys: KEYS });
  const plan = planPersonalisation({ bindingTag: TAG, publicKeys, secrets: SECRETS, trustPoint: null, files: FILES }, driver.capabilities);
  await personalise({ driver, journal: QUIET, plan });
}

async function readByHolder(connection: CardConnection): Promise<readonly string[]> {
  const clear = openChannel(connection);
  await selectApplication(clear);
  const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
  const channel = await openBac(clear, { mrzInformation: SECRETS.mrzInformation, random });
  const read: string[] = [];
  for (const { fid } of FILES) read.push(toHex(await readFile(channel, fid)));
  return read;
}

describe.each(['passport-applet', 'passport-applet-pace'] as const)('threat: the power goes within a write, %s', (family) => {
  const blank = blankImage(folder.path(`${family}.blank`), { personality: { program: family } });

  /** Makes one card whose chip has this fault in its first reader; gives how often it was put back, and what its holder reads. */
  async function make(fault: Fault): Promise<{ readonly interrupted: number; readonly read: readonly string[] }> {
    const path = folder.path(`${family}.image`);
    copyFileSync(blank, path);
    const reader = inProcessReader();
    const seat = async (faults: readonly Fault[]): Promise<boolean> => {
      const card = VirtualCard.open(path, { durable: false, faults });
      reader.insert(card);
      const done = await reader
        .connect()
        .then((connection) => runSeat(connection, family))
        .then(() => true)
        .catch((error: unknown) => {
          // Only what leaves the chip in doubt is worth another try.
          expect(isCodedError(error) && faultKind(error), String(error)).toBe('doubt');
          return false;
        });
      await card.close();
      return done;
    };
    const whole = await seat([fault]);
    if (!whole) expect(await seat([])).toBe(true);
    const card = VirtualCard.open(path, { durable: false });
    reader.insert(card);
    const read = await readByHolder(await reader.connect());
    await card.close();
    return { interrupted: whole ? 0 : 1, read };
  }

  it.each([0, 1, 15, 200])('after %i bytes of any write: no torn tag binds, no torn file counts', async (bytes) => {
    const written = FILES.map((file) => toHex(file.bytes));
    let torn = 0;
    for (let occurrence = 1; ; occurrence += 1) {
      const run = await make({ at: { ins: UPDATE_BINARY, occurrence }, effect: { kind: 'torn', bytes } });
      expect(run.read, `write ${occurrence}`).toEqual(written);
      if (run.interrupted === 0) break;
      torn += 1;
    }
    // Two of the tag, two of each long file, one of the short one.
    expect(torn).toBe(7);
  });
});
