/**
 * Citizens' records at rest: sealed at intake with a key of their own, opened one at a time through the signer. No table
 * holds a personal value in clear, and this room never writes one anywhere.
 */
export { canonicalRecordHash, recordContentCodec, type RecordContent } from './record-codec.ts';
export { createCardRecords, openRecordOfOrder, openSealed, sealRecord, type SealBox, type SealedRecord } from './sealed-record.ts';
export { RecordError, type RecordErrorCode } from './record-error.ts';
