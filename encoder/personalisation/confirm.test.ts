import { createHash, randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { driverByName, makeKeyPair, type DriverName, type FileId } from '#encoder/drivers';
import { inProcessReader, type CardConnection } from '#encoder/readers';
import {
  blankImage,
  imageFolder,
  inApplication,
  inMasterFile,
  oneRsaKey,
  TEST_CARD_ACCESS,
  openAsPlant,
  testKeySets,
} from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { VirtualCard } from '#encoder/virtual-card';
import { confirmLocked, faultKind, type Confirmation, type FileDigest } from './index.ts';

const SECRETS = { mrzInformation: '123456789790010113001019', can: '123456' };
const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
/** No data object that tells its length: a name, and zeros to the end (Doc 9303-11 K.2). */
const EF_CVCA = Uint8Array.from([0x42, 0x02, 0x56, 0x4e, ...new Uint8Array(32)]);
const FILES: readonly (readonly [FileId, Uint8Array])[] = [
  [inApplication(0x0101), tlv(0x61, content(90))],
  [inApplication(0x011d), tlv(0x77, content(600))],
];
const folder = imageFolder();
afterAll(folder.remove);
const digests = (files: typeof FILES): readonly FileDigest[] =>
  files.map(([file, bytes]) => ({ ...file, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }));

/** A locked chip with these files; each call powers it anew. */
async function locked(name: DriverName, files: typeof FILES): Promise<() => Promise<CardConnection>> {
  const image = blankImage(folder.path(`${name}.image`), { personality: { program: name } });
  const card = VirtualCard.open(image, { takeRsaKey: oneRsaKey(), durable: false });
  const reader = inProcessReader();
  const connect = (): Promise<CardConnection> => {
    reader.insert(card);
    return reader.connect();
  };
  const activeAuthentication = name === 'reference' ? null : makeKeyPair('RSA-1024');
  const driver = driverByName(name, await connect(), { secrets: SECRETS, keyPairs: { activeAuthentication, chipAuthentication: null } });
  await openAsPlant(driver, driver.capabilities.transport === 'none' ? null : testKeySets());
  await driver.writeBindingTag(new Uint8Array(16).fill(3));
  await driver.setAccessSecrets(SECRETS);
  for (const [file, bytes] of files) {
    await driver.createFile(file, bytes.length);
    const { writeBytesMax } = driver.capabilities;
    for (let at = 0; at < bytes.length; at += writeBytesMax) await driver.writeFile(file, at, bytes.subarray(at, at + writeBytesMax));
  }
  await driver.lock();
  return connect;
}

const WITH_CARD_ACCESS = [[inMasterFile(0x011c), TEST_CARD_ACCESS] as const, ...FILES];
const WITH_CVCA = [...FILES, [inApplication(0x011c), EF_CVCA] as const];

describe.each([
  ['by PACE', 'reference', WITH_CARD_ACCESS, {}],
  ['by BAC, where there is no PACE and no extended length', 'passport-applet', WITH_CVCA, { extendedLength: false }],
] as const)('a chip that was found locked is confirmed %s (%s)', (_way, name, files, options) => {
  const chip = locked(name, files);
  const confirm = async (changes: Partial<Confirmation> = {}): Promise<void> =>
    confirmLocked({
      connection: await (await chip)(),
      secrets: SECRETS,
      files: digests(files),
      random: (length) => Uint8Array.from(randomBytes(length)),
      ...options,
      ...changes,
    });

  it('when it holds what was planned', async () => {
    await expect(confirm()).resolves.toBeUndefined();
  });

  it('and not when a byte differs, or a file is longer or shorter than planned', async () => {
    const [[file, bytes]] = FILES as [(typeof FILES)[number]];
    for (const planned of [bytes.with(40, 0), tlv(0x61, content(91)), tlv(0x61, content(89))]) {
      await expect(confirm({ files: digests([[file, planned]]) })).rejects.toMatchObject({ code: 'CHIP_CONTENT_DIFFERS' });
    }
  });

  it('and not when it opens with the secrets of another card: a fault of this chip, which is not tried again', async () => {
    const secrets = { mrzInformation: 'L898902C<369080619406236', can: '654321' };
    const error: unknown = await confirm({ secrets }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
    expect(faultKind(error)).toBe('chip');
  });

  it('a file that nobody can read is not compared', async () => {
    const closed = inApplication(0x0103);
    const withClosed = [...digests(files), { ...closed, size: 5, sha256: '' }];
    await expect(confirm({ files: withClosed, unreadable: [closed] })).resolves.toBeUndefined();
    await expect(confirm({ files: withClosed })).rejects.toMatchObject({ code: 'CARD_REFUSED' });
  });
});
