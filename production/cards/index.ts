/**
 * Card records: their lifecycle, the right to work on one (lease and fence), what a card is bound to for ever, the journals
 * of physical effects, and the line's mode. It is not where a card is made: the steps of `queues` do that and ask here.
 */
export { CardError, type CardErrorCode } from './card-error.ts';
export { CARD_STATES, doorbellOf, eventBetween, next, stationOf, type CardEvent } from './lifecycle.ts';
export { createCardLedger } from './card-ledger.ts';
export { holdLeases, type LeaseHolding } from './held-leases.ts';
export { chipKeysOf } from './chip-keys.ts';
export { advanceInTransaction, lockClaimed, type Fence, type LeaseOptions } from './claims.ts';
export { changeState, lockCard, priorityOf, recordState, type CardRow, type StateChange } from './transition.ts';
export { createChipJournal, createPrintLedger } from './journals.ts';
export {
  createLineControl,
  ensureLine,
  enterRecovery,
  lineStatus,
  setLineMode,
  setSeatService,
  type LineStatus,
  type Seat,
} from './line-control.ts';
export { cardTrace, countByState, leasedTo, listCards, type CardTrace } from './card-queries.ts';
export { lineRoom } from './line-routes.ts';
export { cardRoom } from './routes.ts';
