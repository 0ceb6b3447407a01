/**
 * The sweep: whole personalisations, interrupted at one command after the other, on every chip family and with every profile; each must
 * end as resumed and byte-identical, or as terminated and recorded. It is machinery of tests and of `npm run test:sweep`
 * (docs/operations/sweep.md): nothing that runs in a plant imports it.
 */
export { sweptCard, sweptCards, sweptContent, type SweptCard, type SweptContent } from './swept-card.ts';
export { FAMILIES, missingOf, referenceFamily, type Family } from './family.ts';
export { inProcessSeats, Seats, type Seat } from './seats.ts';
export { pcscSeats } from './pcsc-seats.ts';
export type { Interruption, Manner } from './interrupted-card.ts';
export { sweepBench, type SweepBench } from './bench.ts';
export { everyInterruption, randomNumbers, seededInterruptions } from './interruptions.ts';
export { sweep, wholeRun, type SweepResult, type Violation } from './sweep.ts';
export type { Verdict } from './judge.ts';
export { sweepTable } from './table.ts';
