import { createHash, createSign, createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { qrText } from '#encoder/card-face';
import { ByteReader, concat, equalBytes, fromHex, isCodedError, Secret, toHex, uintBE } from '#encoder/bytes';
import { referenceDriver, type AccessSecrets } from '#encoder/drivers';
import { diversify } from '#encoder/globalplatform';
import { directoryOf, fileByName, FILES, type FileName } from '#encoder/lds';
import { canFor, mrzFor, mrzInformation } from '#encoder/mrz';
import { personalise, planPersonalisation, prepareChip, type PersonalisationJournal } from '#encoder/personalisation';
import { buildDataGroups, cccd2021Specimen, type CitizenRecord } from '#encoder/profiles';
import { SPECIMEN_CITIZEN, TEST_CHIP_KEYS } from '#encoder/testing';
import { inProcessReader, type CardConnection, type InProcessReader } from '#encoder/readers';
import { decodeOnly, enter, tlv } from '#encoder/tlv';
import { blankSerial, createImage, makeRsaKey, VirtualCard } from '#encoder/virtual-card';
import type { InspectedPrint, PassiveAuthenticator, PassiveCheck } from './index.ts';

export const PROFILE = cccd2021Specimen;
export const CHIP_ID = '0400112233445566';
const MASTER = new Secret(fromHex('000102030405060708090A0B0C0D0E0F'));

/** A folder of chip images, and readers with a fresh blank in them; `remove` takes everything away again. */
export function blankSource(): { insert(rsaKey?: RsaKey): { reader: InProcessReader; card: VirtualCard }; remove(): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-inspection-'));
  const cards: VirtualCard[] = [];
  return {
    insert(rsaKey = SHARED_RSA_KEY) {
      const path = join(folder, `${toHex(randomBytes(6))}.image`);
      const transportKeys = diversify(MASTER, fromHex(CHIP_ID));
      createImage(path, { serial: blankSerial('26A', 1), chipId: fromHex(CHIP_ID), transportKeys });
      const card = VirtualCard.open(path, { takeRsaKey: () => rsaKey, durable: false });
      cards.push(card);
      const reader = inProcessReader();
      reader.insert(card);
      return { reader, card };
    },
    async remove() {
      for (const card of cards) await card.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type RsaKey = ReturnType<typeof makeRsaKey>;

/** Making one takes a second: the cards of a test file share it where nobody compares chips. */
const SHARED_RSA_KEY = makeRsaKey();

/** Invented citizens; nobody has these numbers. */
export async function citizen(changes: Partial<CitizenRecord> = {}): Promise<CitizenRecord> {
  const portrait = await sharp({ create: { width: 480, height: 640, channels: 3, background: '#8fa6c0' } })
    .jpeg()
    .toBuffer();
  return {
    ...SPECIMEN_CITIZEN,
    portrait: new Uint8Array(portrait),
    leftIndexFinger: new Uint8Array(1),
    rightIndexFinger: new Uint8Array(1),
    ...changes,
  };
}

export function printOf(record: CitizenRecord): InspectedPrint {
  return { mrz: mrzFor(record, PROFILE.mrz).lines, qrText: qrText(record) };
}

/**
 * A signer and the verifier of its signatures. The object is not a CMS: `pki` is out of this module's reach, and inspection never looks
 * into EF.SOD. It is signed and verified for real all the same: SHA-256 of each data group, ECDSA over all of them.
 */
export function testAuthority(): PassiveAuthenticator & { readonly sign: (dataGroups: ReadonlyMap<number, Uint8Array>) => Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP384r1' });
  const digest = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
  return {
    sign(dataGroups) {
      const hashes = concat(...Array.from(dataGroups, ([number, bytes]) => concat(uintBE(number, 1), digest(bytes))));
      const signature = new Uint8Array(createSign('sha256').update(hashes).sign(privateKey));
      return tlv(0x77, tlv(0x30, tlv(0x04, hashes), tlv(0x03, signature)));
    },
    async verify(efSod, dataGroups) {
      await Promise.resolve();
      const failed = (code: string): { good: boolean; checks: readonly PassiveCheck[] } => ({
        good: false,
        checks: [{ check: 'signature', outcome: 'failed', code }],
      });
      try {
        const outer = decodeOnly(efSod, 0x77, 'EF.SOD');
        const body = enter(outer, 0x30);
        const hashes = enter(body, 0x04).rest();
        const signature = enter(body, 0x03).rest();
        if (!createVerify('sha256').update(hashes).verify(publicKey, signature)) return failed('SOD_SIGNATURE_INVALID');
        const reader = new ByteReader(hashes, 'hashes');
        const checks: PassiveCheck[] = [];
        while (reader.remaining > 0) {
          const dataGroup = reader.uint(1);
          const hash = reader.take(32);
          const file = dataGroups.get(dataGroup);
          if (file === undefined) checks.push({ check: 'data-group', dataGroup, outcome: 'skipped', code: 'DATA_GROUP_NOT_READ' });
          else if (equalBytes(digest(file), hash)) checks.push({ check: 'data-group', dataGroup, outcome: 'passed' });
          else checks.push({ check: 'data-group', dataGroup, outcome: 'failed', code: 'DATA_GROUP_CHANGED' });
        }
        return { good: checks.every(({ outcome }) => outcome !== 'failed'), checks };
      } catch (error) {
        if (isCodedError(error)) return failed('SOD_MALFORMED');
        throw error;
      }
    },
  };
}

export interface MakeOptions {
  readonly record: CitizenRecord;
  readonly sign: (dataGroups: ReadonlyMap<number, Uint8Array>) => Uint8Array;
  /** What is written instead of a file that was signed. */
  readonly replace?: ReadonlyMap<FileName, Uint8Array>;
  readonly leaveOut?: readonly FileName[];
  readonly secrets?: AccessSecrets;
  readonly chipId?: string;
  /** Ends before the lock. */
  readonly stopBefore?: 'lock';
}

const JOURNAL: PersonalisationJournal = { intend: () => Promise.resolve(), outcome: () => Promise.resolve() };

class Stopped extends Error {}

function keyOf(key: Uint8Array | null): Uint8Array {
  if (key === null) throw new Error('the chip has no such key');
  return key;
}

/** Of the profile of these tests, which has both. */
export interface ChipKeys {
  readonly activeAuthentication: Uint8Array;
  readonly chipAuthentication: Uint8Array;
}

/** Makes a card as the line does: driver, plan, lock. Returns the public keys that the chip made. */
export async function makeCard(connection: CardConnection, options: MakeOptions): Promise<ChipKeys> {
  const { record } = options;
  const driver = referenceDriver(connection, {});
  await driver.identify();
  await driver.open(diversify(MASTER, fromHex(CHIP_ID)));
  const bindingTag = Uint8Array.from(randomBytes(16));
  const publicKeys = await prepareChip({ driver, journal: JOURNAL, bindingTag, keys: TEST_CHIP_KEYS });
  const keys = { activeAuthentication: keyOf(publicKeys.activeAuthentication), chipAuthentication: keyOf(publicKeys.chipAuthentication) };
  const built = buildDataGroups({
    profile: PROFILE,
    record,
    chipId: options.chipId ?? CHIP_ID,
    activeAuthenticationKey: keys.activeAuthentication,
    chipAuthenticationKey: keys.chipAuthentication,
  });
  const named = new Map<FileName, Uint8Array>([...built.files, ['EF.SOD', options.sign(built.dataGroups)]]);
  const files = Array.from(named)
    .filter(([name]) => options.leaveOut?.includes(name) !== true)
    .map(([name, bytes]) => ({
      directory: directoryOf(fileByName(name)),
      fid: FILES[name].fileId,
      bytes: options.replace?.get(name) ?? bytes,
    }));
  const lines = mrzFor(record, PROFILE.mrz).lines;
  const secrets = options.secrets ?? { mrzInformation: mrzInformation(lines), can: canFor(lines) };
  const plan = planPersonalisation({ bindingTag, publicKeys, secrets, trustPoint: null, files }, driver.capabilities);
  const beforeEach = ({ operation }: { readonly operation: string }): void => {
    if (operation === options.stopBefore) throw new Stopped();
  };
  await personalise({ driver, journal: JOURNAL, plan, beforeEach }).catch((error: unknown) => {
    if (!(error instanceof Stopped)) throw error;
  });
  return keys;
}
