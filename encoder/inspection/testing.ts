import { createHash, createSign, createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { qrText } from '#encoder/card-face';
import { ByteReader, concat, equalBytes, fromHex, isCodedError, Secret, toHex, uintBE } from '#encoder/bytes';
import { cvCertificate, cvDomainParameters } from '#encoder/cv-certificate';
import { driverByName, type DriverName, type AccessSecrets, type ChipPublicKeys, type TrustPoint } from '#encoder/drivers';
import { diversify } from '#encoder/globalplatform';
import { directoryOf, fileByName, FILES, type FileName } from '#encoder/lds';
import { personalise, planPersonalisation, prepareChip, type PersonalisationJournal } from '#encoder/personalisation';
import {
  accessSecretsFor,
  buildDataGroups,
  type CardProfile,
  cccd2021Specimen,
  chipKeyAlgorithms,
  type CitizenRecord,
  zoneFor,
} from '#encoder/profiles';
import { ecPair, issue, oneRsaKey, signBy, SPECIMEN_CITIZEN, openAsPlant, testKeySets } from '#encoder/testing';
import { inProcessReader, type CardConnection, type InProcessReader } from '#encoder/readers';
import { decodeOnly, enter, tlv } from '#encoder/tlv';
import { blankSerial, type ChipProgramName, createImage, type makeRsaKey, VirtualCard } from '#encoder/virtual-card';
import {
  type InspectedPrint,
  type PassiveAuthenticator,
  type PassiveCheck,
  terminalAuthenticator,
  type TerminalAuthenticator,
} from './index.ts';

export const PROFILE = cccd2021Specimen;
export const CHIP_ID = '0400112233445566';
const MASTER = new Secret(fromHex('000102030405060708090A0B0C0D0E0F'));

/** A folder of chip images, and readers with a fresh blank in them; `remove` takes everything away again. */
export function blankSource(): {
  insert(rsaKey?: RsaKey, program?: ChipProgramName): { reader: InProcessReader; card: VirtualCard };
  remove(): Promise<void>;
} {
  const folder = mkdtempSync(join(tmpdir(), 'cardmint-inspection-'));
  const cards: VirtualCard[] = [];
  return {
    insert(rsaKey, program = 'reference') {
      const path = join(folder, `${toHex(randomBytes(6))}.image`);
      const transportKeys = diversify(MASTER, fromHex(CHIP_ID));
      createImage(path, { serial: blankSerial('26A', 1), chipId: fromHex(CHIP_ID), transportKeys, personality: { program } });
      const card = VirtualCard.open(path, { takeRsaKey: rsaKey === undefined ? sharedRsaKey : () => rsaKey, durable: false });
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
const sharedRsaKey = oneRsaKey();

/** Invented citizens; nobody has these numbers. */
export async function citizen(changes: Partial<CitizenRecord> = {}): Promise<CitizenRecord> {
  const portrait = await sharp({ create: { width: 480, height: 640, channels: 3, background: '#8fa6c0' } })
    .jpeg()
    .toBuffer();
  return {
    ...SPECIMEN_CITIZEN,
    portrait: new Uint8Array(portrait),
    leftIndexFinger: await finger('#909090'),
    rightIndexFinger: await finger('#707070'),
    ...changes,
  };
}

/** A grey PNG without any ridge. */
async function finger(background: string): Promise<Uint8Array> {
  const image = sharp({ create: { width: 200, height: 300, channels: 3, background } });
  return new Uint8Array(await image.toColourspace('b-w').png().toBuffer());
}

export function printOf(record: CitizenRecord, profile: CardProfile = PROFILE): InspectedPrint {
  return { mrz: zoneFor(profile, record).lines, qrText: qrText(record), can: accessSecretsFor(profile, record).can };
}

const CVCA_PAIR = ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1'));
const DV_PAIR = ecPair('brainpoolP256r1');
const TERMINAL_PAIR = ecPair('brainpoolP256r1');
const CVCA = issue(CVCA_PAIR, CVCA_PAIR, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3 });
const DV = issue(CVCA_PAIR, DV_PAIR, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 });

/** The CVCA that chips of these tests trust. */
export const TRUST_POINT: TrustPoint = { certificate: cvCertificate.encode(CVCA), date: '260601' };
export const CVCA_REFERENCES = ['VNCVCA00001'];

/** An inspection system under that CVCA; `rights` as in BSI TR-03110-3 table 29. */
export function testTerminal(rights = 0x01): TerminalAuthenticator {
  const own = issue(DV_PAIR, TERMINAL_PAIR, { chr: 'VNIS00001', car: 'VNDV00001', rights });
  return terminalAuthenticator({
    certificates: () => Promise.resolve([DV, own].map((certificate) => cvCertificate.encode(certificate))),
    sign: (data) => Promise.resolve(signBy(TERMINAL_PAIR, data)),
  });
}

export interface TestAuthority extends PassiveAuthenticator {
  readonly sign: (dataGroups: ReadonlyMap<number, Uint8Array>) => Uint8Array;
  readonly signCardSecurity: (content: Uint8Array) => Uint8Array;
}

/**
 * A signer and the verifier of its signatures. The object is not a CMS: `pki` is out of this module's reach, and inspection never looks
 * into EF.SOD. It is signed and verified for real all the same: SHA-256 of each data group, ECDSA over all of them.
 */
export function testAuthority(): TestAuthority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'brainpoolP384r1' });
  const digest = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
  const failed = (code: string): { good: boolean; checks: readonly PassiveCheck[] } => ({
    good: false,
    checks: [{ check: 'signature', outcome: 'failed', code }],
  });
  return {
    sign(dataGroups) {
      const hashes = concat(...Array.from(dataGroups, ([number, bytes]) => concat(uintBE(number, 1), digest(bytes))));
      const signature = new Uint8Array(createSign('sha256').update(hashes).sign(privateKey));
      return tlv(0x77, tlv(0x30, tlv(0x04, hashes), tlv(0x03, signature)));
    },
    signCardSecurity(content) {
      const signature = new Uint8Array(createSign('sha256').update(content).sign(privateKey));
      return tlv(0x30, tlv(0x04, content), tlv(0x03, signature));
    },
    verifyCardSecurity(file) {
      const body = decodeOnly(file, 0x30, 'EF.CardSecurity');
      const securityInfos = enter(body, 0x04).rest();
      const good = createVerify('sha256').update(securityInfos).verify(publicKey, enter(body, 0x03).rest());
      return Promise.resolve(good ? { good, checks: [], securityInfos } : failed('SOD_SIGNATURE_INVALID'));
    },
    async verify(efSod, dataGroups) {
      await Promise.resolve();
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
  readonly signCardSecurity?: (content: Uint8Array) => Uint8Array;
  readonly profile?: CardProfile;
  /** Default: the reference profile. */
  readonly driver?: DriverName;
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

/** Makes a card as the line does: driver, plan, lock. Returns the public keys that the chip made. */
export async function makeCard(connection: CardConnection, options: MakeOptions): Promise<ChipPublicKeys> {
  const { record, profile = PROFILE } = options;
  const secrets = options.secrets ?? accessSecretsFor(profile, record);
  const driver = driverByName(options.driver ?? 'reference', connection, { secrets });
  await driver.identify();
  await openAsPlant(driver, driver.capabilities.transport === 'none' ? null : testKeySets());
  const bindingTag = Uint8Array.from(randomBytes(16));
  const publicKeys = await prepareChip({ driver, journal: JOURNAL, bindingTag, keys: chipKeyAlgorithms(profile) });
  const extended = profile.files.includes('EF.CVCA');
  const built = buildDataGroups({
    profile,
    record,
    chipId: options.chipId ?? CHIP_ID,
    activeAuthenticationKey: publicKeys.activeAuthentication,
    chipAuthenticationKey: publicKeys.chipAuthentication,
    cvcaReferences: CVCA_REFERENCES,
  });
  const named = new Map<FileName, Uint8Array>([...built.files, ['EF.SOD', options.sign(built.dataGroups)]]);
  if (built.cardSecurityContent !== null && options.signCardSecurity !== undefined) {
    named.set('EF.CardSecurity', options.signCardSecurity(built.cardSecurityContent));
  }
  const files = Array.from(named)
    .filter(([name]) => options.leaveOut?.includes(name) !== true)
    .map(([name, bytes]) => ({
      directory: directoryOf(fileByName(name)),
      fid: FILES[name].fileId,
      bytes: options.replace?.get(name) ?? bytes,
    }));
  const trustPoint = extended ? TRUST_POINT : null;
  const plan = planPersonalisation({ bindingTag, publicKeys, secrets, trustPoint, files }, driver.capabilities);
  const beforeEach = ({ operation }: { readonly operation: string }): void => {
    if (operation === options.stopBefore) throw new Stopped();
  };
  await personalise({ driver, journal: JOURNAL, plan, beforeEach }).catch((error: unknown) => {
    if (!(error instanceof Stopped)) throw error;
  });
  return publicKeys;
}
