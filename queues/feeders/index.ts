/**
 * How a card gets to the next station: the port, the virtual machine of the embedded plant and the socket it answers on. It
 * moves pieces and photographs them; it knows no card record and no chip.
 */
export type { Feeder, Place } from './feeder.ts';
export { FeederError, type FeederErrorCode } from './feeder-error.ts';
export { callMachine, connectFeeder, serveFeeder, type MachineFeeder } from './feeder-socket.ts';
export { VirtualFeeder, type ContactPlates } from './virtual-feeder.ts';
