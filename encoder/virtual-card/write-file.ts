import type { ChipMemory, FileAddress } from './memory.ts';
import { VirtualCardError } from './virtual-card-error.ts';

/** What UPDATE BINARY does to the memory, whole or as the rehearsed defect has it: half of it, and CARD_VANISHED. */
export function writeFile(memory: ChipMemory, address: FileAddress, offset: number, data: Uint8Array): void {
  if (memory.defect?.kind === 'tornAtUpdate' && memory.updates + 1 === memory.defect.update) {
    memory.tear(address, offset, data);
    throw new VirtualCardError('CARD_VANISHED');
  }
  memory.update(address, offset, data);
}
