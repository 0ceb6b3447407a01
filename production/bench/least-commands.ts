import type { CardRun, Step } from './encoder-card.ts';

/** A command that no card can do without, beside its files. */
const FIXED = {
  identify: { commands: 1, why: 'GET DATA chip identity' },
  SCP03: { commands: 2, why: "INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, with the maker's keys" },
  'plant keys': { commands: 4, why: 'PUT KEY; INITIALIZE UPDATE, EXTERNAL AUTHENTICATE with them, INSTALL [for personalization]' },
  'binding tag': { commands: 2, why: 'read (with the status), written' },
  'chip keys': { commands: 2, why: 'Active and Chip Authentication' },
  write: { commands: 2, why: 'access secrets, trust point' },
  'lock and proof': { commands: 6, why: 'lock; five commands that must be refused or answered' },
  PACE: { commands: 5, why: 'MSE:Set AT, four GENERAL AUTHENTICATE' },
  read: { commands: 1, why: 'SELECT eMRTD' },
  'Active Authentication': { commands: 1, why: 'INTERNAL AUTHENTICATE' },
  'Chip Authentication': { commands: 2, why: 'MSE:Set AT, GENERAL AUTHENTICATE' },
  'Terminal Authentication': {
    commands: 7,
    why: 'MSE:Set DST and PSO:Verify Certificate twice, MSE:Set AT, GET CHALLENGE, EXTERNAL AUTHENTICATE',
  },
} as const satisfies Partial<Record<Step, { readonly commands: number; readonly why: string }>>;

/** Largest data fields of the channels: SCP03 (S8) at 65,535 bytes a command, secure messaging at 65,535 bytes an answer. */
const WRITE_BYTES = 65_503;
const READ_BYTES = 65_487;

export interface LeastCommands {
  readonly sent: number;
  readonly least: number;
  readonly fixed: readonly { readonly step: string; readonly commands: number; readonly why: string }[];
  /** One SELECT (or CREATE) and ⌈length / largest data field⌉ a file. */
  readonly writing: number;
  readonly reading: number;
}

/** The commands of a card against the fewest that its files could be written and read back with. */
export function leastCommands(run: CardRun): LeastCommands {
  const perFile = (files: CardRun['read'], largest: number): number =>
    files.reduce((sum, { bytes }) => sum + 1 + Math.ceil(bytes / largest), 0);
  const writing = perFile(run.written, WRITE_BYTES);
  const reading = perFile(run.read, READ_BYTES);
  const fixed = Object.entries(FIXED).map(([step, row]) => ({ step, ...row }));
  const least = writing + reading + fixed.reduce((sum, { commands }) => sum + commands, 0);
  return { sent: run.exchanges.length, least, fixed, writing, reading };
}
