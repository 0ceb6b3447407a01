import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { referenceDriver, type AccessSecrets } from '#encoder/drivers';
import { cardAccess } from '#encoder/lds';
import { inProcessReader, type CardConnection } from '#encoder/readers';
import { blankImage, imageFolder, inApplication, inMasterFile, openAsPlant } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { VirtualCard } from '#encoder/virtual-card';
import { confirmLocked, EF_SOD, fileDigests, planPersonalisation, type FileDigest, type PlannedFile } from './index.ts';

const folder = imageFolder();
afterAll(folder.remove);

const SECRETS: AccessSecrets = { mrzInformation: '123456789790010113001019', can: '123456' };
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
const EF_COM: PlannedFile = { ...inApplication(0x011e), bytes: tlv(0x60, new Uint8Array(300).fill(1)) };
const SOD: PlannedFile = { ...EF_SOD, bytes: tlv(0x77, new Uint8Array(40).fill(2)) };

/** PACEInfos: branch and cipher below id-PACE, and domain parameters (Doc 9303-11 §9.2.1). */
function announcing(...ways: readonly (readonly [arcs: string, parameterId: number])[]): PlannedFile {
  const securityInfos = ways.map(
    ([arcs, parameterId]) => ({ kind: 'PACEInfo', protocol: `0.4.0.127.0.7.2.2.4.${arcs}`, version: 2, parameterId }) as const,
  );
  return { ...inMasterFile(0x011c), bytes: cardAccess.encode({ securityInfos }) };
}

let made = 0;

/** A locked chip that holds these files, and what a plan says of them. */
async function finished(
  files: readonly PlannedFile[],
): Promise<{ connect: () => Promise<CardConnection>; digests: readonly FileDigest[] }> {
  made += 1;
  const reader = inProcessReader();
  const card = VirtualCard.open(blankImage(folder.path(`${made}.image`)), { durable: false });
  const connect = (): Promise<CardConnection> => {
    reader.insert(card);
    return reader.connect();
  };
  const driver = referenceDriver(await connect());
  await openAsPlant(driver);
  await driver.writeBindingTag(new Uint8Array(16));
  await driver.setAccessSecrets(SECRETS);
  for (const file of files) {
    await driver.createFile(file, file.bytes.length);
    await driver.writeFile(file, 0, file.bytes);
  }
  await driver.lock();
  const publicKeys = { activeAuthentication: null, chipAuthentication: null };
  const plan = planPersonalisation(
    { bindingTag: new Uint8Array(16), publicKeys, secrets: SECRETS, trustPoint: null, files },
    driver.capabilities,
  );
  return { connect, digests: fileDigests(plan) };
}

describe('a locked chip is opened as its planned EF.CardAccess announces', () => {
  it.each([
    ['ECDH-GM, brainpoolP256r1', [['2.2', 13]]],
    ['ECDH-IM, P-256', [['4.2', 12]]],
    ['DH-GM', [['1.2', 0]]],
    [
      'one protocol with two groups, which are named then',
      [
        ['2.4', 16],
        ['2.4', 12],
      ],
    ],
  ] as const)('%s', async (_name, ways) => {
    const { connect, digests } = await finished([announcing(...ways), EF_COM, SOD]);
    await confirmLocked({ connection: await connect(), secrets: SECRETS, files: digests, random });
    await confirmLocked({ connection: await connect(), secrets: SECRETS, files: digests, random, extendedLength: false });
    const wrong = { ...SECRETS, can: '654321' };
    const confirmed = confirmLocked({ connection: await connect(), secrets: wrong, files: digests, random });
    await expect(confirmed).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
  });

  it('after its driver has asked for the application, as well', async () => {
    const { connect, digests } = await finished([announcing(['4.2', 12]), EF_COM, SOD]);
    const connection = await connect();
    const driver = referenceDriver(connection);
    expect((await driver.identify()).lifeCycle).toBe('locked');
    await driver.proveLock();
    await confirmLocked({ connection, secrets: SECRETS, files: digests, random });
  });

  it('without EF.CardAccess by BAC', async () => {
    const { connect, digests } = await finished([EF_COM, SOD]);
    await confirmLocked({ connection: await connect(), secrets: SECRETS, files: digests, random });
    const wrong = { ...SECRETS, mrzInformation: SECRETS.mrzInformation.replace('1', '2') };
    const confirmed = confirmLocked({ connection: await connect(), secrets: wrong, files: digests, random });
    await expect(confirmed).rejects.toMatchObject({ code: 'ACCESS_PASSWORD_WRONG' });
  });
});

describe('threat: EF.CardAccess, which is signed by nobody, is not the planned one', () => {
  it('what it announces is not tried', async () => {
    const { digests } = await finished([announcing(['2.2', 12]), EF_COM, SOD]);
    const { connect } = await finished([announcing(['2.2', 13]), EF_COM, SOD]);
    const confirmed = confirmLocked({ connection: await connect(), secrets: SECRETS, files: digests, random });
    await expect(confirmed).rejects.toMatchObject({ code: 'CHIP_CONTENT_DIFFERS', where: 'MF/EF 011C' });
  });
});
