/**
 * How a card gets to the next station: the port, the virtual feeder of the embedded plant and its client. It moves pieces
 * and photographs them; it knows no card record and no chip.
 */
export type { Feeder, Place } from './feeder.ts';
