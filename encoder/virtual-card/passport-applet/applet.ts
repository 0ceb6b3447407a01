import { EC_DOMAINS, type ChipAuthenticationKey, type EcDomainName } from '#encoder/access';
import { decodeUtf8, Secret } from '#encoder/bytes';
import type { ChipHardware } from '../chip-program.ts';
import { fileAddress, type ChipMemory, type FileAddress } from '../memory.ts';

/** What the commands of the applet work on: lasting memory, and what a power cut forgets. */
export interface Applet extends ChipHardware {
  /** The variant with PACE: EF.CardAccess at 011C, and a lock in two steps. */
  readonly pace: boolean;
  /** The selected EF. */
  currentFile: FileAddress | undefined;
}

/** Numbers of the applet's own items of memory. */
export const ITEM = { personalised: 0xdeaf } as const;

const EF_CARD_ACCESS_FID = 0x011c;
export const EF_CARD_ACCESS = fileAddress('MF', EF_CARD_ACCESS_FID);

/**
 * The applet has no directories. Its 011C is EF.CVCA, as in Doc 9303-10 §3.11, or with PACE the EF.CardAccess that the standard has in the
 * master file; the memory keeps each where the standard has it.
 */
export function addressOf({ pace }: Pick<Applet, 'pace'>, fid: number): FileAddress {
  return pace && fid === EF_CARD_ACCESS_FID ? EF_CARD_ACCESS : fileAddress('eMRTD', fid);
}

export function isLocked(memory: ChipMemory): boolean {
  return memory.lifeCycle === 'locked';
}

/** The MRZ information that the card was personalised for; undefined before. */
export function mrzInformation(memory: ChipMemory): string | undefined {
  const secret = memory.secret('mrz');
  return secret === undefined ? undefined : Buffer.from(secret).toString('latin1');
}

/** The key that PUT DATA 63 left: the memory has the name of its curve in the place of the public key, which nobody asks the applet for. */
export function chipAuthenticationKey(memory: ChipMemory): ChipAuthenticationKey | undefined {
  const key = memory.key('chipAuthentication');
  if (key === undefined) return undefined;
  const curve = decodeUtf8(key.publicKey) as EcDomainName;
  return { curve: EC_DOMAINS[curve].name, privateKey: new Secret(key.privateKey) };
}
