import { randomBytes } from 'node:crypto';
import { openChannel, type ApduChannel } from '#encoder/apdu';
import { fromHex, toHex } from '#encoder/bytes';
import { cvCertificate, cvDomainParameters, type CvCertificate } from '#encoder/cv-certificate';
import {
  referenceDriver,
  type CardDriver,
  type ChipKeyAlgorithms,
  type ChipPublicKeys,
  type FileId,
  type TrustPoint,
} from '#encoder/drivers';
import { cardAccess, dg14, type SecurityInfo } from '#encoder/lds';
import type { CardConnection } from '#encoder/readers';
import { blankImage, ecPair, imageFolder, issue, oneRsaKey, TEST_CHIP_KEYS, openAsPlant } from '#encoder/testing';
import type { Defect, Personality } from './memory.ts';
import { VirtualCard, type VirtualCardOptions } from './virtual-card.ts';

/** Chips of the reference profile for the tests of this room, with one citizen's secrets. */
export const MRZ_INFORMATION = '123456789790010113001019';
export const CAN = '123456';
export const BINDING_TAG = new Uint8Array(16).fill(7);

export const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));

export interface TestCards {
  readonly open: (options?: VirtualCardOptions & { readonly defect?: Defect; readonly personality?: Partial<Personality> }) => VirtualCard;
  /** The image that `open` made last, opened once more. */
  readonly again: (options?: VirtualCardOptions) => VirtualCard;
  /** The image that `open` opened last. */
  readonly lastImage: () => string;
  readonly remove: () => void;
}

export function testCards(): TestCards {
  const folder = imageFolder();
  const takeRsaKey = oneRsaKey();
  let made = 0;
  const path = (): string => folder.path(`${made}.image`);
  return {
    open({ defect, personality, ...options } = {}) {
      made += 1;
      const image = { ...(defect === undefined ? {} : { defect }), ...(personality === undefined ? {} : { personality }) };
      return VirtualCard.open(blankImage(path(), image), { takeRsaKey, durable: false, ...options });
    },
    again: (options = {}) => VirtualCard.open(path(), { takeRsaKey, durable: false, ...options }),
    lastImage: path,
    remove: folder.remove,
  };
}

/** Power on, as a reader does it. */
export function connect(card: VirtualCard): CardConnection {
  const atr = card.powerOn();
  return { atr, transmit: (command) => card.process(command), disconnect: () => Promise.resolve() };
}

export function clearChannel(card: VirtualCard): ApduChannel {
  return openChannel({ transmit: (command) => card.process(command) });
}

/** The status word of a command given as header and data, with the longest short Le. */
export async function sw(channel: ApduChannel, hex: string): Promise<string> {
  const [cla = 0, ins = 0, p1 = 0, p2 = 0, ...data] = fromHex(hex);
  const response = await channel.send({ cla, ins, p1, p2, data: Uint8Array.from(data), le: 256 });
  return toHex(Uint8Array.of(response.sw >> 8, response.sw & 0xff));
}

export async function openDriver(card: VirtualCard): Promise<CardDriver> {
  const driver = referenceDriver(connect(card));
  await openAsPlant(driver);
  return driver;
}

export interface Personalisation {
  readonly files: readonly (readonly [FileId, Uint8Array])[];
  readonly keys?: ChipKeyAlgorithms;
  readonly trustPoint?: TrustPoint;
  /** Files that need the chip's keys. */
  readonly filesOf?: (keys: ChipPublicKeys) => readonly (readonly [FileId, Uint8Array])[];
}

/** Everything up to the lock. */
export async function personalise(
  card: VirtualCard,
  { files, keys = TEST_CHIP_KEYS, trustPoint, filesOf = () => [] }: Personalisation,
): Promise<{ readonly driver: CardDriver; readonly keys: ChipPublicKeys }> {
  const driver = await openDriver(card);
  await driver.writeBindingTag(BINDING_TAG);
  const made = await driver.generateKeys(keys);
  await driver.setAccessSecrets({ mrzInformation: MRZ_INFORMATION, can: CAN });
  if (trustPoint !== undefined) await driver.setTrustPoint(trustPoint);
  for (const [file, bytes] of [...files, ...filesOf(made)]) {
    await driver.createFile(file, bytes.length);
    await driver.writeFile(file, 0, bytes);
  }
  return { driver, keys: made };
}

/** EF.CardAccess with a PACEInfo for each. */
export function cardAccessOf(...offered: readonly { readonly oid: string; readonly parameterId: number }[]): Uint8Array {
  return cardAccess.encode({
    securityInfos: offered.map(({ oid, parameterId }) => ({ kind: 'PACEInfo', protocol: oid, version: 2, parameterId })),
  });
}

/** EF.DG14 with the chip's key, ciphers of Chip Authentication, and whatever else there is to say. */
export function dg14Of(publicKey: Uint8Array | null, ciphers: readonly string[], ...further: readonly SecurityInfo[]): Uint8Array {
  const key: readonly SecurityInfo[] =
    publicKey === null
      ? []
      : [{ kind: 'ChipAuthenticationPublicKeyInfo', protocol: '0.4.0.127.0.7.2.2.1.2', subjectPublicKeyInfo: publicKey }];
  const offered = ciphers.map((protocol): SecurityInfo => ({ kind: 'ChipAuthenticationInfo', protocol, version: 1 }));
  return dg14.encode({ securityInfos: [...offered, ...key, ...further] });
}

const BRAINPOOL = cvDomainParameters('brainpoolP256r1');

/** A CVCA and those below it, all inspection systems. */
export const CV_PAIRS = {
  root: ecPair('brainpoolP256r1', BRAINPOOL),
  root2: ecPair('brainpoolP256r1', BRAINPOOL),
  dv: ecPair('brainpoolP256r1'),
  terminal: ecPair('brainpoolP256r1'),
};
const { root, root2, dv, terminal } = CV_PAIRS;

export const CVCA = bytesOf(
  issue(root, root, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3, from: '2025-01-01', to: '2028-01-01' }),
);
export const LINK = bytesOf(
  issue(root, root2, { chr: 'VNCVCA00002', car: 'VNCVCA00001', rights: 0xc3, from: '2026-06-01', to: '2029-06-01' }),
);
export const DV = bytesOf(issue(root, dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83, from: '2026-11-01', to: '2027-01-31' }));

/** A terminal's certificate: `rights` 01 fingerprints, 02 irises. */
export function terminalCertificate(rights: number, from = '2026-11-20', to = '2026-12-20'): Uint8Array {
  return bytesOf(issue(dv, terminal, { chr: 'VNIS00001', car: 'VNDV00001', rights, from, to }));
}

export const TRUST_POINT: TrustPoint = { certificate: CVCA, date: '261101' };

function bytesOf(certificate: CvCertificate): Uint8Array {
  return cvCertificate.encode(certificate);
}
