import type { InspectionRights } from '#encoder/access';
import { fileAddress, type FileAddress } from '../memory.ts';

/** Open to everybody (Doc 9303-10 §3.11): EF.CardAccess, EF.DIR, EF.ATR/INFO. */
const FREE: ReadonlySet<FileAddress> = new Set([0x011c, 0x2f00, 0x2f01].map((fid) => fileAddress('MF', fid)));
const EF_DG3 = fileAddress('eMRTD', 0x0103);
const EF_DG4 = fileAddress('eMRTD', 0x0104);
const EF_CARD_SECURITY = fileAddress('MF', 0x011d);

export function isFree(address: FileAddress): boolean {
  return FREE.has(address);
}

/** What a terminal has shown inside secure messaging. */
export interface Shown {
  /** PACE opened it, not BAC. */
  readonly byPace: boolean;
  readonly rights: InspectionRights;
}

/**
 * Inside secure messaging: all but fingerprints and irises, which are for authenticated terminals (Doc 9303-11 §7.1), and EF.CardSecurity,
 * which is for PACE (Doc 9303-10 table 34).
 */
export function mayRead(address: FileAddress, { byPace, rights }: Shown): boolean {
  return (address !== EF_DG3 || rights.dg3) && (address !== EF_DG4 || rights.dg4) && (address !== EF_CARD_SECURITY || byPace);
}
