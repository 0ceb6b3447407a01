import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type RecordErrorCode = 'RECORD_UNKNOWN' | 'RECORD_UNREADABLE' | 'RECORD_HASH_MISMATCH';

const stop = { vi: 'Dừng thẻ này và báo người phụ trách', en: 'stop this card and call the person in charge' };

const TABLE = {
  RECORD_UNKNOWN: { what: { vi: 'Không còn hồ sơ niêm phong của thẻ này', en: 'there is no sealed record for this card' }, todo: stop },
  RECORD_UNREADABLE: {
    what: { vi: 'Hồ sơ niêm phong không mở được bằng khoá của nó', en: 'the sealed record does not open with its key' },
    todo: stop,
  },
  RECORD_HASH_MISMATCH: {
    what: { vi: 'Hồ sơ mở ra khác hồ sơ đã duyệt', en: 'the record that was opened is not the one that was approved' },
    todo: stop,
  },
} as const satisfies ErrorTable<RecordErrorCode>;

/** A sealed record cannot be had. Never holds anything of its content. */
export class RecordError extends CodedError<RecordErrorCode> {
  constructor(code: RecordErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
