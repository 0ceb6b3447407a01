import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { type Chip, status } from './chip.ts';
import { readBinary, selectApplication, selectFile } from './file-commands.ts';

const EF_CARD_ACCESS = 0x011c;

/** The chip after its lock: a travel document and nothing else. */
export class TravelState {
  readonly #chip: Chip;

  constructor(chip: Chip) {
    this.#chip = chip;
  }

  process(command: ParsedCommandApdu): Promise<ResponseApdu> {
    return Promise.resolve(this.#process(command));
  }

  #process(command: ParsedCommandApdu): ResponseApdu {
    if ((command.cla & 0x80) !== 0) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
    switch (command.ins) {
      case 0xa4:
        return command.p1 === 0x04 ? selectApplication(command) : selectFile(this.#chip, command, (fid) => fid === EF_CARD_ACCESS);
      case 0xb0:
      case 0xb1:
        return readBinary(this.#chip, command, (fid) => fid === EF_CARD_ACCESS);
      default:
        return status(StatusWord.INS_NOT_SUPPORTED);
    }
  }
}
