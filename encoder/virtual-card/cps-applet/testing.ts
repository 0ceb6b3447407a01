import { generateKeyPairSync } from 'node:crypto';
import { toHex } from '#encoder/bytes';
import {
  type DataGrouping,
  diversify,
  encryptGrouping,
  installForPersonalization,
  openScp02,
  openScp03,
  type SecureChannel,
  storeData,
} from '#encoder/globalplatform';
import { imageFolder, TEST_CHIP_ID, TEST_MASTER } from '#encoder/testing';
import { ascii, uintBE } from '#encoder/bytes';
import { createImage, type Defect } from '../memory.ts';
import { EMRTD_AID } from '../reference/chip.ts';
import { BINDING_TAG, CAN, connect, MRZ_INFORMATION, random } from '../testing.ts';
import { VirtualCard, type VirtualCardOptions } from '../virtual-card.ts';
import type { CpsConfiguration } from './configuration.ts';

/** CPS chips for the tests of this folder. */
export interface CpsCards {
  readonly open: (cps?: Partial<CpsConfiguration>, defect?: Defect) => VirtualCard;
  readonly again: (options?: VirtualCardOptions) => VirtualCard;
  /** The image that `open` opened last. */
  readonly lastImage: () => string;
  readonly remove: () => void;
}

export function cpsCards(): CpsCards {
  const folder = imageFolder();
  let made = 0;
  const lastImage = (): string => folder.path(`${made}.image`);
  const again = (options: VirtualCardOptions = {}): VirtualCard => {
    const card = VirtualCard.open(lastImage(), { durable: false, ...options });
    card.powerOn();
    return card;
  };
  return {
    lastImage,
    again,
    remove: folder.remove,
    open(cps, defect) {
      made += 1;
      createImage(lastImage(), {
        serial: 'VN26A00000010',
        chipId: TEST_CHIP_ID,
        transportKeys: diversify(TEST_MASTER, TEST_CHIP_ID),
        personality: { program: 'cps', ...(cps === undefined ? {} : { cps }) },
        ...(defect === undefined ? {} : { defect }),
      });
      return again();
    },
  };
}

export type ScpName = CpsConfiguration['scp'];

/** A secure channel with the transport keys. */
export async function openChannelTo(
  card: VirtualCard,
  scp: ScpName = 'SCP02-15',
  securityLevel: 0x01 | 0x03 = 0x03,
): Promise<SecureChannel> {
  const keys = { ...diversify(TEST_MASTER, TEST_CHIP_ID), version: 0x01 };
  const hostChallenge = random(8);
  return scp === 'SCP03'
    ? openScp03(connect(card), keys, { hostChallenge })
    : openScp02(connect(card), keys, { hostChallenge, securityLevel });
}

/** A channel in which STORE DATA goes to the eMRTD. */
export async function openPersonalisation(card: VirtualCard, scp?: ScpName, securityLevel?: 0x01 | 0x03): Promise<SecureChannel> {
  const channel = await openChannelTo(card, scp, securityLevel);
  const { sw } = await channel.send(installForPersonalization(EMRTD_AID));
  if (sw !== 0x9000) throw new Error('INSTALL is refused');
  return channel;
}

/** One sequence of blocks; the status word of the first that is refused, or of the last. */
export async function store(channel: SecureChannel, groupings: readonly DataGrouping[]): Promise<string> {
  let sw = 0;
  for (const command of storeData(groupings, { blockMax: channel.shortDataMax })) {
    ({ sw } = await channel.send(command));
    if (sw !== 0x9000) break;
  }
  return toHex(uintBE(sw, 2));
}

export const TAG: DataGrouping = { dgi: 0xa003, data: BINDING_TAG };
export const LOCK: DataGrouping = { dgi: 0xdead, data: new Uint8Array(0) };

export function secretsFor(channel: SecureChannel): readonly DataGrouping[] {
  return [
    encryptGrouping(channel, { dgi: 0xa001, data: ascii(MRZ_INFORMATION) }),
    encryptGrouping(channel, { dgi: 0xa002, data: ascii(CAN) }, 'always'),
  ];
}

export interface ImportedKey {
  readonly pkcs8: Uint8Array;
  readonly publicKey: Uint8Array;
}

function exported({ privateKey, publicKey }: ReturnType<typeof generateKeyPairSync>): ImportedKey {
  return {
    pkcs8: Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })),
    publicKey: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })),
  };
}

export const RSA_KEY = exported(generateKeyPairSync('rsa', { modulusLength: 1024 }));
export const EC_KEY = exported(generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }));
