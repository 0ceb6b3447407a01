import type { ChipProgram, ChipProgramName } from './chip-program.ts';
import { CPS_APPLET } from './cps-applet/cps-program.ts';
import { PASSPORT_APPLET, PASSPORT_APPLET_PACE } from './passport-applet/passport-program.ts';
import { REFERENCE_PROGRAM } from './reference/reference-program.ts';
import { VirtualCardError } from './virtual-card-error.ts';

/** By the name in the chip's birth record. */
const CHIP_PROGRAMS: Readonly<Record<ChipProgramName, ChipProgram>> = {
  reference: REFERENCE_PROGRAM,
  'passport-applet': PASSPORT_APPLET,
  'passport-applet-pace': PASSPORT_APPLET_PACE,
  cps: CPS_APPLET,
};

/** Throws `VirtualCardError` IMAGE_CORRUPT for a name that is none. */
export function chipProgram(name: ChipProgramName): ChipProgram {
  const program = CHIP_PROGRAMS[name];
  if (program === undefined) throw new VirtualCardError('IMAGE_CORRUPT', { where: 'personality.program' });
  return program;
}
