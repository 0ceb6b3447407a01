import type { ParsedCommandApdu, ResponseApdu } from '#encoder/apdu';
import type { ChipHardware, ChipProgram, RunningProgram } from '../chip-program.ts';
import { ATR, freshState, type Chip } from './chip.ts';
import { PersonalisationState } from './personalisation-state.ts';
import { TravelState } from './travel-state.ts';

/** The reference profile of `docs/chip-specification.md`: two machines, one before the lock and one after it. */
export const REFERENCE_PROGRAM: ChipProgram = {
  atr: ATR,
  lifeCycle: (memory) => memory.lifeCycle,
  start: (hardware) => new ReferenceProgram(hardware),
};

class ReferenceProgram implements RunningProgram {
  readonly #hardware: ChipHardware;
  #state: PersonalisationState | TravelState;

  constructor(hardware: ChipHardware) {
    this.#hardware = hardware;
    this.#state = stateOf(hardware);
  }

  async process(command: ParsedCommandApdu): Promise<ResponseApdu> {
    const response = await this.#state.process(command);
    // From the lock on, the chip is another machine; what the old one still knew is gone.
    const { lifeCycle } = this.#hardware.memory;
    if (lifeCycle === 'locked' && this.#state instanceof PersonalisationState) this.#state = stateOf(this.#hardware);
    return response;
  }
}

function stateOf(hardware: ChipHardware): PersonalisationState | TravelState {
  const chip: Chip = { ...hardware, volatile: freshState() };
  return hardware.memory.lifeCycle === 'locked' ? new TravelState(chip) : new PersonalisationState(chip);
}
