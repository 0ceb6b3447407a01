import { SHORT_LE_MAX, StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import type { RunningProgram } from './chip-program.ts';
import { status } from './responses.ts';

const BYTES_WAITING = 0x6100;
const WRONG_LE = 0x6c00;

/**
 * A program behind the transport protocol T=0, as far as a terminal sees it (ISO/IEC 7816-3 §12.2.1, 7816-4 §11.5.1 GET RESPONSE): what a
 * short command with data has to say waits for GET RESPONSE, 256 bytes at a time; one without data whose Le is larger than what there
 * is, is told the right Le. Extended commands pass as they are.
 */
export class GetResponse implements RunningProgram {
  readonly #program: RunningProgram;
  #waiting: ResponseApdu | undefined;

  constructor(program: RunningProgram) {
    this.#program = program;
  }

  async process(command: ParsedCommandApdu): Promise<ResponseApdu> {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (command.ins === 0xc0 && (command.cla & 0xfc) === 0) return this.#fetch(command, waiting);
    const response = await this.#program.process(command);
    const { data } = response;
    if (command.extended || data.length === 0) return response;
    if (command.data.length > 0 || data.length > (command.le ?? 0)) {
      this.#waiting = response;
      return status(BYTES_WAITING | count(data));
    }
    return command.le !== SHORT_LE_MAX && data.length < (command.le ?? 0) ? status(WRONG_LE | count(data)) : response;
  }

  #fetch(command: ParsedCommandApdu, waiting: ResponseApdu | undefined): ResponseApdu {
    if (waiting === undefined) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
    const wanted = command.le === SHORT_LE_MAX ? Math.min(waiting.data.length, SHORT_LE_MAX) : (command.le ?? 0);
    if (command.p1 !== 0 || command.p2 !== 0 || command.data.length > 0) return status(StatusWord.INCORRECT_P1_P2);
    this.#waiting = waiting;
    if (command.extended) return status(StatusWord.WRONG_LENGTH);
    if (wanted === 0 || wanted > waiting.data.length) return status(WRONG_LE | count(waiting.data));
    const rest = waiting.data.subarray(wanted);
    this.#waiting = rest.length === 0 ? undefined : { data: rest, sw: waiting.sw };
    return { data: waiting.data.subarray(0, wanted), sw: rest.length === 0 ? waiting.sw : BYTES_WAITING | count(rest) };
  }
}

/** xx of 61xx and 6Cxx: 00 for 256 and more. */
function count(data: Uint8Array): number {
  return data.length >= SHORT_LE_MAX ? 0 : data.length;
}
