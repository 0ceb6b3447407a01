import { fileAddress, type ChipMemory } from '../memory.ts';
import { wantsChipAuthentication } from './announced.ts';
import { EF_CVCA } from './trust-points.ts';

const EF_DG15 = fileAddress('eMRTD', 0x010f);

/**
 * Whether a chip is all that its files say it is, so that it can be locked: it belongs to a card, can be opened by its secrets,
 * every file is written to its end, and it has the keys that DG14 (Chip Authentication), DG15 (Active Authentication)
 * and EF.CVCA (Terminal Authentication) announce.
 */
export function isComplete(memory: ChipMemory): boolean {
  const has = (address: number): boolean => memory.file(address) !== undefined;
  const files = memory.files();
  return (
    memory.bindingTag !== null &&
    memory.secret('mrz') !== undefined &&
    memory.secret('can') !== undefined &&
    files.length > 0 &&
    files.every((file) => file.written === file.content.length) &&
    (!wantsChipAuthentication(memory) || memory.key('chipAuthentication') !== undefined) &&
    (!has(EF_DG15) || memory.key('activeAuthentication') !== undefined) &&
    (!has(EF_CVCA) || memory.trustPoints !== undefined)
  );
}
