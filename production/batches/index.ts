/**
 * Cards that travel together: one batch a province, released by two persons who approved exactly this content, held and
 * resumed. How a card is made is not its business, nor how a batch is packed (`shipments`).
 */
export { cancelCard, createBatches, holdBatch, releaseBatch, resumeBatch, type CreatedBatch, type Release } from './batches.ts';
export { findBatch, listBatches, type BatchView } from './batch-queries.ts';
export { BatchError, type BatchErrorCode } from './batch-error.ts';
export { batchRoom } from './routes.ts';
/** For tests of other rooms only. */
export { furnishTestPlant, insertTestCard, releaseTestCards, TEST_OFFICES, testChipId, testNote, testSerial } from './testing.ts';
