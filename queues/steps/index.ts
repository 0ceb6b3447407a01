/**
 * The stations of a card's journey: what is done to one card in one place, and what is found out when it goes wrong. They
 * stand on ports (`queues/ports`) and know no table, no queue and no key.
 */
export { bindBlank, type BindDeps, type BoundPiece, type Seat } from './bind-blank.ts';
export { cardFiles, cardFilesOf, type CardFacts, type CardFiles } from './card-files.ts';
export { bindingTagOf, encodeCard, type EncodeDeps } from './encode-card.ts';
export { inspectCard, type InspectDeps, type InspectionEvidence } from './inspect-card.ts';
export { clearStation, type PieceDeps } from './pieces.ts';
export { printCard, type PrintDeps } from './print-card.ts';
export { forgetLosses, isSuspect } from './seat-losses.ts';
export type { StepLog, StepResult } from './step.ts';
export { seatTender, type SeatTender } from './tend-seat.ts';
