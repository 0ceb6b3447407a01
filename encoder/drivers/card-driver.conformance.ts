import { createHash, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '#encoder/bytes';
import type { CardConnection } from '#encoder/readers';
import { inApplication } from '#encoder/testing';
import type { ChipKeyAlgorithms } from './chip-keys.ts';
import type { FileId } from './file-id.ts';
import type { CardDriver, TransportKeys } from './card-driver.ts';

/** One chip, fresh from its maker, and how to reach it. */
export interface ChipBench {
  /** Power on (again): a new connection to the same chip. */
  readonly connect: () => Promise<CardConnection>;
  readonly chipId: string;
  readonly keys: () => TransportKeys;
  /** Of another chip. */
  readonly wrongKeys: () => TransportKeys;
}

/** What every driver does alike, whatever its chip family; what it cannot do it says in its capabilities. */
export function cardDriverConformance(
  family: string,
  make: { readonly chip: () => Promise<ChipBench> | ChipBench; readonly driver: (connection: CardConnection) => CardDriver },
): void {
  const tag = Uint8Array.from({ length: 32 }, (_, i) => i);
  const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 11 + (i >> 8)) & 0xff);
  const sha256 = (bytes: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(bytes).digest());
  const secrets = { mrzInformation: '123456789790010113001019', can: '123456' };

  /** The first key of each kind that the family makes. */
  const keysOf = ({ capabilities }: CardDriver): ChipKeyAlgorithms => ({
    activeAuthentication: capabilities.activeAuthentication[0] ?? null,
    chipAuthentication: capabilities.chipAuthentication[0] ?? null,
  });

  async function opened(chip: ChipBench): Promise<CardDriver> {
    const driver = make.driver(await chip.connect());
    await driver.open(chip.keys());
    return driver;
  }

  async function writeAll(driver: CardDriver, file: FileId, bytes: Uint8Array): Promise<void> {
    const { writeBytesMax } = driver.capabilities;
    await driver.createFile(file, bytes.length);
    for (let at = 0; at < bytes.length; at += writeBytesMax) await driver.writeFile(file, at, bytes.subarray(at, at + writeBytesMax));
  }

  describe(`the driver port, as ${family} keeps it`, () => {
    it('knows a chip before any key, and does nothing else before it is opened', async () => {
      const chip = await make.chip();
      const driver = make.driver(await chip.connect());
      expect(await driver.identify()).toEqual({ family: driver.family, lifeCycle: 'blank', chipId: chip.chipId });
      const locked: readonly (() => Promise<unknown>)[] = [
        () => driver.status(),
        () => driver.readBindingTag(),
        () => driver.writeBindingTag(tag),
        () => driver.generateKeys(keysOf(driver)),
        () => driver.setAccessSecrets(secrets),
        () => driver.createFile(inApplication(0x0101), 1),
        () => driver.lock(),
      ];
      for (const act of locked) await expect(act()).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    });

    it('wrong transport keys end in one coded error, and the right ones still open the chip', async () => {
      const chip = await make.chip();
      const driver = make.driver(await chip.connect());
      await expect(driver.open(chip.wrongKeys())).rejects.toMatchObject({ code: 'SCP_CARD_CRYPTOGRAM' });
      await driver.open(chip.keys());
      expect((await driver.status()).lifeCycle).toBe('blank');
    });

    it('binds once, for ever', async () => {
      const chip = await make.chip();
      const driver = await opened(chip);
      expect(await driver.readBindingTag()).toBeNull();
      await expect(driver.writeBindingTag(tag.subarray(0, 15))).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      await driver.writeBindingTag(tag);
      await driver.writeBindingTag(tag);
      await expect(driver.writeBindingTag(tag.toReversed())).rejects.toMatchObject({ code: 'CARD_REFUSED' });
      const again = await opened(chip);
      expect(await again.readBindingTag()).toEqual(tag);
      expect(await again.status()).toMatchObject({ lifeCycle: 'personalising', bindingTag: tag });
      expect(await make.driver(await chip.connect()).identify()).toMatchObject({ lifeCycle: 'personalising', chipId: chip.chipId });
    });

    it('makes keys once; only public halves come out, and they are what the capabilities say', async () => {
      const chip = await make.chip();
      const driver = await opened(chip);
      await driver.writeBindingTag(tag);
      const keys = await driver.generateKeys(keysOf(driver));
      expect(await driver.generateKeys(keysOf(driver))).toEqual(keys);
      expect((await (await opened(chip)).status()).keys).toEqual(keys);
      expect(algorithmOf(keys.activeAuthentication)).toBe(keysOf(driver).activeAuthentication);
      expect(algorithmOf(keys.chipAuthentication)).toBe(keysOf(driver).chipAuthentication);
    });

    it('makes every key that its capabilities list, and asks for no other', async () => {
      const { capabilities } = make.driver(await (await make.chip()).connect());
      for (const role of ['activeAuthentication', 'chipAuthentication'] as const) {
        for (const algorithm of capabilities[role]) {
          const driver = await opened(await make.chip());
          await driver.writeBindingTag(tag);
          const keys = await driver.generateKeys({ activeAuthentication: null, chipAuthentication: null, [role]: algorithm });
          expect(algorithmOf(keys[role])).toBe(algorithm);
        }
      }
      const driver = await opened(await make.chip());
      await driver.writeBindingTag(tag);
      await expect(driver.generateKeys({ activeAuthentication: 'RSA-512', chipAuthentication: null })).rejects.toMatchObject({
        code: 'DRIVER_CANNOT',
      });
    });

    it('writes and reads files up to the largest, at every offset', async () => {
      const chip = await make.chip();
      const driver = await opened(chip);
      await driver.writeBindingTag(tag);
      const { fileBytesMax, writeBytesMax } = driver.capabilities;
      const files = [1, 300, fileBytesMax].map((length, i) => [inApplication(0x0101 + i), content(length)] as const);
      for (const [file, bytes] of files) await writeAll(driver, file, bytes);
      for (const [file, bytes] of files) expect(equalBytes(await driver.readFile(file, 0, bytes.length), bytes)).toBe(true);
      const end = content(fileBytesMax).subarray(fileBytesMax - 40);
      expect(equalBytes(await driver.readFile(inApplication(0x0103), fileBytesMax - 40, 40), end)).toBe(true);
      await expect(driver.writeFile(inApplication(0x0103), 0, content(writeBytesMax + 1))).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      await expect(driver.writeFile(inApplication(0x0102), 299, content(2))).rejects.toMatchObject({ code: 'CARD_REFUSED' });
      await expect(driver.createFile(inApplication(0x0102), 300)).rejects.toMatchObject({ code: 'CARD_REFUSED' });
      await driver.deleteFile(inApplication(0x0103));
      expect((await driver.status()).files.map(({ fid }) => fid)).toEqual([0x0101, 0x0102]);
    });

    it('after a power cut the chip tells how far each file is, and what it holds', async () => {
      const chip = await make.chip();
      const driver = await opened(chip);
      await driver.writeBindingTag(tag);
      await driver.createFile(inApplication(0x0101), 100);
      await driver.writeFile(inApplication(0x0101), 0, content(60));
      await driver.createFile(inApplication(0x0102), 100);
      await driver.writeFile(inApplication(0x0102), 50, content(10));
      const { files, accessSecretsSet } = await (await opened(chip)).status();
      expect(accessSecretsSet).toBe(false);
      expect(files).toEqual([
        { ...inApplication(0x0101), size: 100, written: 60, sha256: sha256(content(60)) },
        { ...inApplication(0x0102), size: 100, written: 0, sha256: sha256(new Uint8Array(0)) },
      ]);
    });

    it('refuses secrets that are no MRZ information and no CAN before anything is sent', async () => {
      const driver = await opened(await make.chip());
      await expect(driver.setAccessSecrets({ ...secrets, can: '12345' })).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
      await expect(driver.setAccessSecrets({ ...secrets, mrzInformation: 'x' })).rejects.toMatchObject({ code: 'DRIVER_CANNOT' });
    });

    it('locks for ever, proves it in the same session and in a new one, and no lock is proven on an open chip', async () => {
      const chip = await make.chip();
      const driver = await opened(chip);
      await driver.writeBindingTag(tag);
      await driver.generateKeys(keysOf(driver));
      await driver.setAccessSecrets(secrets);
      expect((await driver.status()).accessSecretsSet).toBe(true);
      await writeAll(driver, inApplication(0x011d), content(50));
      await expect(make.driver(await chip.connect()).proveLock()).rejects.toMatchObject({ code: 'LOCK_NOT_PROVEN' });
      const last = await opened(chip);
      await last.lock();
      await last.proveLock();
      const later = make.driver(await chip.connect());
      expect(await later.identify()).toEqual({ family: later.family, lifeCycle: 'locked', chipId: null });
      await later.proveLock();
      await expect(later.open(chip.keys())).rejects.toMatchObject({ code: 'CARD_REFUSED' });
    });
  });
}

/** In the terms of the capabilities. */
function algorithmOf(spki: Uint8Array | null): string | null {
  if (spki === null) return null;
  const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  if (asymmetricKeyType === 'rsa') return `RSA-${asymmetricKeyDetails?.modulusLength ?? 0}`;
  const curve = asymmetricKeyDetails?.namedCurve ?? '';
  return `EC-${{ prime256v1: 'P-256', secp384r1: 'P-384' }[curve] ?? curve}`;
}
