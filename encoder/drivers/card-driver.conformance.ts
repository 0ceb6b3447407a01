import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  authenticateActively,
  authenticateChip,
  chipAuthenticationParameters,
  chipAuthenticationPublicKey,
  canPassword,
  openBac,
  openPace,
  paceParameters,
  readFile,
  selectApplication,
} from '#encoder/access';
import { openChannel } from '#encoder/apdu';
import { equalBytes, toHex } from '#encoder/bytes';
import { cvCertificate, cvDomainParameters } from '#encoder/cv-certificate';
import { dg14, dg14Of, PROTOCOL, type SecurityInfo } from '#encoder/lds';
import { ecPair, inApplication, inMasterFile, issue, openAsPlant, TEST_CARD_ACCESS, type Pair } from '#encoder/testing';
import { derOid, tlv } from '#encoder/tlv';
import type { AccessSecrets, CardDriver } from './card-driver.ts';
import type { ChipKeyAlgorithms } from './chip-keys.ts';
import type { ChipBench, DriverBench } from './driver-bench.ts';
import type { FileId } from './file-id.ts';
import { keyReplacementConformance } from './key-replacement.conformance.ts';

/** PKCS #3, whose parameters node:crypto does not tell. */
const DH_KEY_AGREEMENT = derOid('1.2.840.113549.1.3.1');

const SECRETS: AccessSecrets = { mrzInformation: '123456789790010113001019', can: '123456' };
const CA = 'id-CA-ECDH-AES-CBC-CMAC-128';
const OF_ANOTHER: AccessSecrets = { mrzInformation: 'L898902C<369080619406236', can: '654321' };

/** What every driver does alike, whatever its chip family; what it cannot do it says in its capabilities. */
export function cardDriverConformance(family: string, make: DriverBench): void {
  const { transport, onChipKeyGeneration, resumes, readsBack, terminalAuthentication } = make.capabilities;
  const tag = Uint8Array.from({ length: 32 }, (_, i) => i);
  const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 11 + (i >> 8)) & 0xff);
  const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest());
  const driverOf = async (chip: ChipBench): Promise<CardDriver> => make.driver(await chip.connect(), SECRETS);

  /** The first key of each kind that the family makes or takes. */
  const keysOf = ({ capabilities }: CardDriver): ChipKeyAlgorithms => ({
    activeAuthentication: capabilities.activeAuthentication[0] ?? null,
    chipAuthentication: capabilities.chipAuthentication[0] ?? null,
  });

  /** With RSA, whose proof needs no word of DG14. */
  const finishedKeysOf = ({ capabilities }: CardDriver): ChipKeyAlgorithms => ({
    activeAuthentication: capabilities.activeAuthentication.find((algorithm) => algorithm.startsWith('RSA-')) ?? null,
    chipAuthentication: capabilities.chipAuthentication.find((algorithm) => algorithm === 'EC-brainpoolP256r1') ?? null,
  });

  async function opened(chip: ChipBench): Promise<CardDriver> {
    const driver = await driverOf(chip);
    await openAsPlant(driver, chip.keys());
    return driver;
  }

  async function bound(chip: ChipBench): Promise<CardDriver> {
    const driver = await opened(chip);
    await driver.writeBindingTag(tag);
    return driver;
  }

  async function writeAll(driver: CardDriver, file: FileId, bytes: Uint8Array): Promise<void> {
    const { writeBytesMax } = driver.capabilities;
    await driver.createFile(file, bytes.length);
    for (let at = 0; at < bytes.length; at += writeBytesMax) await driver.writeFile(file, at, bytes.subarray(at, at + writeBytesMax));
  }

  /** Up to the lock, with one file. */
  async function finished(chip: ChipBench): Promise<CardDriver> {
    const driver = await bound(chip);
    await driver.generateKeys(keysOf(driver));
    await driver.setAccessSecrets(SECRETS);
    await writeAll(driver, inApplication(0x011d), content(50));
    return driver;
  }

  describe(`the driver port, as ${family} keeps it`, () => {
    keyReplacementConformance(make, SECRETS);

    it('its capabilities are those of its family, and hold together', async () => {
      const { capabilities } = await driverOf(await make.chip());
      expect(capabilities).toMatchObject(make.capabilities);
      const { writeBytesMax, fileBytesMax, files, directories } = capabilities;
      expect(writeBytesMax).toBeGreaterThan(0);
      expect(fileBytesMax).toBeLessThan(65_536);
      expect(resumes === 'byte' ? readsBack : true).toBe(true);
      expect(capabilities.makerKeyVersion === null).toBe(transport === 'none');
      for (const file of files ?? []) expect(directories).toContain(file.directory);
    });

    it('knows a chip before any key, and does nothing else before it is opened', async () => {
      const chip = await make.chip();
      const driver = await driverOf(chip);
      const lifeCycle = make.tellsBlank ? 'blank' : 'unlocked';
      expect(await driver.identify()).toEqual({ family: driver.family, lifeCycle, chipId: chip.chipId });
      const closed: (() => Promise<unknown>)[] = [
        () => driver.status(),
        () => driver.readBindingTag(),
        () => driver.writeBindingTag(tag),
        () => driver.generateKeys(keysOf(driver)),
        () => driver.setAccessSecrets(SECRETS),
        () => driver.setTrustPoint({ certificate: tag, date: '260101' }),
        () => driver.createFile(inApplication(0x0101), 1),
        () => driver.deleteFile(inApplication(0x0101)),
        () => driver.writeFile(inApplication(0x0101), 0, tag),
        () => driver.readFile(inApplication(0x0101), 0, 1),
        () => driver.lock(),
      ];
      const keys = chip.keys();
      if (keys !== null) closed.push(() => driver.replaceKeys(keys.plant));
      for (const act of closed) await expect(act()).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      if (keys === null) return;
      // Opened with its maker's keys a chip is not open yet: only the plant's let anything in.
      expect(await driver.open(keys)).toBe('maker');
      closed.pop();
      for (const act of closed) await expect(act()).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      await driver.replaceKeys(keys.plant);
      expect((await driver.status()).lifeCycle).toBe('blank');
      await expect(driver.replaceKeys(keys.plant)).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    });

    it.runIf(transport !== 'none')('wrong transport keys end in one coded error, and the right ones still open the chip', async () => {
      const chip = await make.chip();
      const driver = await driverOf(chip);
      await expect(driver.open(null)).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      await expect(driver.open(chip.wrongKeys())).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
      await openAsPlant(driver, chip.keys());
      expect((await driver.status()).lifeCycle).toBe('blank');
    });

    it.runIf(transport === 'none')("another card's secrets are tried once, and nothing is written to its chip", async () => {
      const chip = await make.chip();
      const first = await bound(chip);
      await writeAll(first, inApplication(0x0101), content(300));
      const before = await first.status();
      const stranger = make.driver(await chip.connect(), OF_ANOTHER);
      await stranger.open(chip.keys());
      const acts: readonly (() => Promise<unknown>)[] = [
        () => stranger.status(),
        () => stranger.writeBindingTag(tag.toReversed()),
        () => stranger.setAccessSecrets(OF_ANOTHER),
        () => stranger.generateKeys(keysOf(stranger)),
        () => stranger.createFile(inApplication(0x0101), 5),
        () => stranger.writeFile(inApplication(0x0101), 0, tag),
        () => stranger.lock(),
      ];
      for (const act of acts) await expect(act()).rejects.toMatchObject({ code: 'CHIP_SEALED' });
      expect(await (await opened(chip)).status()).toEqual(before);
    });

    it('binds once, for ever', async () => {
      const chip = await make.chip();
      const driver = await opened(chip);
      expect(await driver.readBindingTag()).toBeNull();
      expect(await driver.status()).toMatchObject({ lifeCycle: 'blank', bindingTag: null, keys: null });
      await expect(driver.writeBindingTag(tag.subarray(0, 15))).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      await driver.writeBindingTag(tag);
      await driver.writeBindingTag(tag);
      await expect(driver.writeBindingTag(tag.toReversed())).rejects.toMatchObject({
        code: transport === 'none' ? 'CHIP_SEALED' : 'CARD_REFUSED',
      });
      const again = await opened(chip);
      expect(await again.readBindingTag()).toEqual(tag);
      expect(await again.status()).toMatchObject({ lifeCycle: 'personalising', bindingTag: tag });
      const lifeCycle = make.tellsBlank ? 'personalising' : 'unlocked';
      expect(await (await driverOf(chip)).identify()).toMatchObject({ lifeCycle, chipId: chip.chipId });
    });

    it('makes or takes keys once; only public halves come out, and they are what the capabilities say', async () => {
      const chip = await make.chip();
      const driver = await bound(chip);
      const keys = await driver.generateKeys(keysOf(driver));
      expect(await driver.generateKeys(keysOf(driver))).toEqual(keys);
      expect((await driver.status()).keys).toEqual(keys);
      // A chip that takes keys does not tell them: the next run puts them in again.
      expect((await (await opened(chip)).status()).keys).toEqual(onChipKeyGeneration ? keys : null);
      expect(algorithmOf(keys.activeAuthentication)).toBe(keysOf(driver).activeAuthentication);
      expect(algorithmOf(keys.chipAuthentication)).toBe(keysOf(driver).chipAuthentication);
    });

    it('makes or takes every key that its capabilities list, and asks for no other', async () => {
      const { capabilities } = await driverOf(await make.chip());
      for (const role of ['activeAuthentication', 'chipAuthentication'] as const) {
        for (const algorithm of capabilities[role]) {
          const driver = await bound(await make.chip());
          const keys = await driver.generateKeys({ activeAuthentication: null, chipAuthentication: null, [role]: algorithm });
          expect(algorithmOf(keys[role])).toBe(algorithm);
        }
      }
      const driver = await bound(await make.chip());
      await expect(driver.generateKeys({ activeAuthentication: 'RSA-512', chipAuthentication: null })).rejects.toMatchObject({
        code: 'DRIVER_CANNOT',
      });
    });

    it('writes files up to the largest, in every directory that it has', async () => {
      const driver = await bound(await make.chip());
      const { fileBytesMax, writeBytesMax, directories } = driver.capabilities;
      await writeAll(driver, inApplication(0x0101), content(1));
      await writeAll(driver, inApplication(0x0102), content(300));
      await writeAll(driver, inApplication(0x010d), content(fileBytesMax));
      if (directories.includes('MF')) await writeAll(driver, inMasterFile(0x011c), content(90));
      const more = content(writeBytesMax + 1);
      await expect(driver.writeFile(inApplication(0x010d), 0, more)).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      await expect(driver.writeFile(inApplication(0x0102), 299, content(2))).rejects.toMatchObject({
        code: readsBack ? 'CARD_REFUSED' : 'DRIVER_CANNOT',
      });
    });

    it.runIf(readsBack)('reads what was written, from every offset', async () => {
      const driver = await bound(await make.chip());
      const { fileBytesMax, directories } = driver.capabilities;
      const files = [1, 300, fileBytesMax].map((length, i) => [inApplication([0x0101, 0x0102, 0x010d][i] ?? 0), content(length)] as const);
      for (const [file, bytes] of files) await writeAll(driver, file, bytes);
      for (const [file, bytes] of files) expect(equalBytes(await driver.readFile(file, 0, bytes.length), bytes)).toBe(true);
      const end = content(fileBytesMax).subarray(fileBytesMax - 40);
      expect(equalBytes(await driver.readFile(inApplication(0x010d), fileBytesMax - 40, 40), end)).toBe(true);
      const beyond = expect.stringMatching(/^(Card|Driver)Error$/) as string;
      await expect(driver.readFile(inApplication(0x0102), 290, 20)).rejects.toMatchObject({ name: beyond });
      await expect(driver.readFile(inApplication(0x0105), 0, 1)).rejects.toMatchObject({ code: 'CARD_REFUSED', sw: 0x6a82 });
      if (!directories.includes('MF')) return;
      await writeAll(driver, inMasterFile(0x011c), content(90));
      expect(await driver.readFile(inMasterFile(0x011c), 0, 90)).toEqual(content(90));
    });

    it.runIf(resumes === 'byte')('after a power cut the chip tells how far each file is, and what it holds; files can go', async () => {
      const chip = await make.chip();
      const driver = await bound(chip);
      await driver.createFile(inApplication(0x0101), 100);
      await driver.writeFile(inApplication(0x0101), 0, content(60));
      await driver.createFile(inApplication(0x0102), 100);
      await driver.writeFile(inApplication(0x0102), 50, content(10));
      await writeAll(driver, inApplication(0x0103), content(5));
      await expect(driver.createFile(inApplication(0x0102), 300)).rejects.toMatchObject({ code: 'CARD_REFUSED' });
      await driver.deleteFile(inApplication(0x0103));
      const { files, accessSecretsSet } = await (await opened(chip)).status();
      expect(accessSecretsSet).toBe(false);
      expect(files).toEqual([
        { ...inApplication(0x0101), size: 100, written: 60, sha256: sha256(content(60)) },
        { ...inApplication(0x0102), size: 100, written: 0, sha256: sha256(new Uint8Array(0)) },
      ]);
    });

    it.runIf(resumes === 'byte')('goes on in the master file and comes back: files of one name are told apart by their place', async () => {
      const chip = await make.chip();
      const driver = await bound(chip);
      for (const file of [inMasterFile(0x011c), inMasterFile(0x011d), inApplication(0x011d), inApplication(0x0101)]) {
        await driver.createFile(file, 50);
        await driver.writeFile(file, 0, content(20));
      }
      const again = await opened(chip);
      await again.writeFile(inMasterFile(0x011c), 20, content(50).subarray(20));
      await again.writeFile(inApplication(0x0101), 20, content(50).subarray(20));
      await again.writeFile(inMasterFile(0x011c), 0, content(50));
      await again.deleteFile(inApplication(0x011d));
      await again.writeFile(inMasterFile(0x011d), 20, content(50).subarray(20));
      expect(await again.readFile(inApplication(0x0101), 0, 50)).toEqual(content(50));
      const whole = { size: 50, written: 50, sha256: sha256(content(50)) };
      const { files } = await again.status();
      expect(files).toHaveLength(3);
      for (const file of [inMasterFile(0x011c), inMasterFile(0x011d), inApplication(0x0101)]) {
        expect(files).toContainEqual({ ...file, ...whole });
      }
      // A new channel begins anew, wherever the one before was.
      await again.open(chip.keys());
      expect(await again.readFile(inApplication(0x0101), 0, 50)).toEqual(content(50));
    });

    it.runIf(resumes === 'file')('after a power cut no file counts as written that is not, and each can be written anew', async () => {
      const chip = await make.chip();
      const driver = await bound(chip);
      await writeAll(driver, inApplication(0x0101), content(100));
      await driver.createFile(inApplication(0x0102), 300);
      if (readsBack) await driver.writeFile(inApplication(0x0102), 0, content(200));
      const again = await opened(chip);
      const { files } = await again.status();
      const proven = (fid: number, bytes: Uint8Array): boolean =>
        files.some((file) => file.fid === fid && file.written === bytes.length && equalBytes(file.sha256, sha256(bytes)));
      expect(proven(0x0101, content(100))).toBe(readsBack);
      expect(proven(0x0102, content(300))).toBe(false);
      await writeAll(again, inApplication(0x0102), content(310));
      await writeAll(again, inApplication(0x0101), content(90));
      if (readsBack) {
        expect((await again.status()).files).toEqual([
          { ...inApplication(0x0101), size: 90, written: 90, sha256: sha256(content(90)) },
          { ...inApplication(0x0102), size: 310, written: 310, sha256: sha256(content(310)) },
        ]);
      }
    });

    it.runIf(resumes === 'file')('a file that should be gone, and cannot, keeps the chip from being locked', async () => {
      const driver = await finished(await make.chip());
      const locked = driver.deleteFile(inApplication(0x011d)).then(() => driver.lock());
      await expect(locked).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    });

    it('refuses secrets that are no MRZ information and no CAN before anything is sent', async () => {
      const driver = await opened(await make.chip());
      await expect(driver.setAccessSecrets({ ...SECRETS, can: '12345' })).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      await expect(driver.setAccessSecrets({ ...SECRETS, mrzInformation: 'x' })).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    });

    it.runIf(!terminalAuthentication)('takes no trust point when its chips have no Terminal Authentication', async () => {
      const driver = await bound(await make.chip());
      await expect(driver.setTrustPoint({ certificate: tag, date: '260101' })).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    });

    it.runIf(terminalAuthentication)('takes a trust point, again as well, and none that its own signature does not verify', async () => {
      const chip = await make.chip();
      const driver = await bound(chip);
      const root = ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1'));
      const certificateBy = (issuer: Pair): Uint8Array =>
        cvCertificate.encode(issue(issuer, root, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3 }));
      const trustPoint = { certificate: certificateBy(root), date: '260601' };
      await driver.setTrustPoint(trustPoint);
      await driver.setTrustPoint(trustPoint);
      const another = ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1'));
      const forged = { ...trustPoint, certificate: certificateBy(another) };
      await expect(driver.setTrustPoint(forged)).rejects.toMatchObject({ code: 'CARD_REFUSED', sw: 0x6a80 });
      await expect(driver.setTrustPoint({ ...trustPoint, date: '6 June' })).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      if (readsBack) expect((await (await opened(chip)).status()).trustPointSet).toBe(true);
    });

    it('locks for ever, proves it in the same session and in a new one, and no lock is proven on an open chip', async () => {
      const chip = await make.chip();
      const driver = await finished(chip);
      if (readsBack) expect((await driver.status()).accessSecretsSet).toBe(true);
      await expect((await driverOf(chip)).proveLock()).rejects.toMatchObject({ code: 'LOCK_NOT_PROVEN' });
      const last = await opened(chip);
      // Families that take keys put them in anew in every run.
      if (!onChipKeyGeneration) await last.generateKeys(keysOf(last));
      await last.lock();
      await last.proveLock();
      // The keys of the channel are forgotten with its use.
      if (transport !== 'none') await expect(last.status()).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      const later = await driverOf(chip);
      expect(await later.identify()).toEqual({ family: later.family, lifeCycle: 'locked', chipId: null });
      await later.proveLock();
      await expect(later.open(chip.keys())).rejects.toMatchObject({ code: 'CARD_REFUSED' });
    });

    it('the finished card opens with its secrets, holds what was written, and proves the keys whose public halves came out', async () => {
      const chip = await make.chip();
      const driver = await bound(chip);
      const wanted = finishedKeysOf(driver);
      const keys = await driver.generateKeys(wanted);
      await driver.setAccessSecrets(SECRETS);
      const files = [
        ...[0x011e, 0x0101, 0x0102].map((fid, i) => [fid, tlv(0x60, content(20 + 700 * i))] as const),
        [0x010e, dg14.encode(dg14Of([], chipAuthenticationInfos(keys.chipAuthentication)))] as const,
        [0x011d, tlv(0x77, content(1500))] as const,
      ];
      const pace = driver.capabilities.accessControl.includes('id-PACE-ECDH-GM');
      if (pace) await writeAll(driver, inMasterFile(0x011c), TEST_CARD_ACCESS);
      for (const [fid, bytes] of files) await writeAll(driver, inApplication(fid), bytes);
      await driver.lock();
      await driver.proveLock();
      const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
      if (pace) {
        const parameters = paceParameters(PROTOCOL['id-PACE-ECDH-GM-AES-CBC-CMAC-128'], 13);
        const channel = await openPace(openChannel(await chip.connect()), { parameters, password: canPassword(SECRETS.can), random });
        await selectApplication(channel);
        expect(await readFile(channel, 0x011e)).toEqual(files[0]?.[1]);
      }
      const clear = openChannel(await chip.connect());
      await selectApplication(clear);
      const holder = await openBac(clear, { mrzInformation: SECRETS.mrzInformation, random });
      for (const [fid, bytes] of files) expect(equalBytes(await readFile(holder, fid), bytes)).toBe(true);
      if (keys.activeAuthentication !== null) {
        const proof = { publicKey: keys.activeAuthentication, challenge: random(8) };
        expect(await authenticateActively(holder, proof)).toBe(true);
      }
      if (keys.chipAuthentication !== null) {
        const publicKey = chipAuthenticationPublicKey(keys.chipAuthentication);
        await authenticateChip(holder, { parameters: chipAuthenticationParameters(PROTOCOL[CA]), publicKey, random });
        expect(equalBytes(await readFile(holder, 0x0101), files[1]?.[1] ?? tag)).toBe(true);
      }
    });

    it('a chip that answers 9000 to the lock and stays open is caught', async () => {
      const chip = await make.chip('lockLies');
      const driver = await finished(chip);
      await driver.lock();
      await expect(driver.proveLock()).rejects.toMatchObject({ code: 'LOCK_NOT_PROVEN' });
      await expect((await driverOf(chip)).proveLock()).rejects.toMatchObject({ code: 'LOCK_NOT_PROVEN' });
    });
  });
}

/** What a chip must announce to have Chip Authentication with this key. */
function chipAuthenticationInfos(subjectPublicKeyInfo: Uint8Array | null): readonly SecurityInfo[] {
  if (subjectPublicKeyInfo === null) return [];
  return [
    { kind: 'ChipAuthenticationInfo', protocol: PROTOCOL[CA], version: 1 },
    { kind: 'ChipAuthenticationPublicKeyInfo', protocol: PROTOCOL['id-PK-ECDH'], subjectPublicKeyInfo },
  ];
}

/** In the terms of the capabilities. */
function algorithmOf(spki: Uint8Array | null): string | null {
  if (spki === null) return null;
  if (toHex(spki).includes(toHex(DH_KEY_AGREEMENT))) {
    const key = chipAuthenticationPublicKey(spki);
    return 'modp' in key ? `DH-${key.modp}` : null;
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  if (asymmetricKeyType === 'rsa') return `RSA-${asymmetricKeyDetails?.modulusLength ?? 0}`;
  const curve = asymmetricKeyDetails?.namedCurve ?? '';
  return `EC-${{ prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[curve] ?? curve}`;
}
