import type { ParsedCommandApdu, ResponseApdu } from '#encoder/apdu';
import { contactlessAtr } from '../atr.ts';
import type { ChipHardware, ChipProgram, RunningProgram } from '../chip-program.ts';
import { freshState } from '../reference/chip.ts';
import { TravelState } from '../reference/travel-state.ts';
import { CpsPersonalisation } from './personalisation.ts';

/** A chip personalised in the style of EMV CPS, which after its lock is the eMRTD that the reference chip is. */
export const CPS_APPLET: ChipProgram = {
  atr: contactlessAtr('CPSEMRTD1'),
  lifeCycle: (memory) => memory.lifeCycle,
  start: (hardware) => new CpsApplet(hardware),
};

class CpsApplet implements RunningProgram {
  readonly #hardware: ChipHardware;
  #state: CpsPersonalisation | TravelState;

  constructor(hardware: ChipHardware) {
    this.#hardware = hardware;
    this.#state = stateOf(hardware);
  }

  async process(command: ParsedCommandApdu): Promise<ResponseApdu> {
    const response = await this.#state.process(command);
    if (this.#hardware.memory.lifeCycle === 'locked' && this.#state instanceof CpsPersonalisation) this.#state = stateOf(this.#hardware);
    return response;
  }
}

function stateOf(hardware: ChipHardware): CpsPersonalisation | TravelState {
  return hardware.memory.lifeCycle === 'locked'
    ? new TravelState({ ...hardware, volatile: freshState() })
    : new CpsPersonalisation(hardware);
}
