import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type BatchErrorCode = 'BATCH_UNKNOWN' | 'BATCH_STATE' | 'BATCH_EMPTY' | 'APPROVAL_STALE';

const TABLE = {
  BATCH_UNKNOWN: {
    what: { vi: 'Không có lô này', en: 'there is no such batch' },
    todo: { vi: 'Kiểm tra mã lô', en: 'check the batch id' },
  },
  BATCH_STATE: {
    what: { vi: 'Trạng thái của lô không cho phép việc này', en: 'the state of the batch does not allow this' },
    todo: { vi: 'Xem trạng thái của lô', en: 'look at the state of the batch' },
  },
  BATCH_EMPTY: {
    what: { vi: 'Không có thẻ nào chờ vào lô', en: 'no card waits for a batch' },
    todo: { vi: 'Chờ đơn mới được kiểm tra', en: 'wait until orders have been checked' },
  },
  APPROVAL_STALE: {
    what: { vi: 'Nội dung lô đã khác nội dung được phê duyệt', en: 'the batch is not the one that the approval names' },
    todo: { vi: 'Xem lại lô và phê duyệt lại', en: 'look at the batch again and approve it again' },
  },
} as const satisfies ErrorTable<BatchErrorCode>;

/** What a batch refuses. */
export class BatchError extends CodedError<BatchErrorCode> {
  constructor(code: BatchErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
