import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type TraceErrorCode = 'TRACE_INVALID' | 'TRACE_REDACTED' | 'TRACE_DIVERGES' | 'TRACE_OVER';

const TABLE = {
  TRACE_INVALID: {
    what: { vi: 'Tệp ghi APDU không đúng quy cách', en: 'the file is no APDU trace' },
    todo: { vi: 'Kiểm tra dòng được nêu; ghi lại nếu cần', en: 'look at the line named; record it again' },
  },
  TRACE_REDACTED: {
    what: { vi: 'Bản ghi APDU đã được che dữ liệu', en: 'the data of this APDU trace has been removed' },
    todo: { vi: 'Chỉ đọc để chẩn đoán; không thể phát lại', en: 'read it to find a fault; only a lab trace can be replayed' },
  },
  TRACE_DIVERGES: {
    what: { vi: 'Lệnh khác với lệnh đã ghi', en: 'this is not what was recorded at this point' },
    todo: { vi: 'Tìm thay đổi trong chương trình, hoặc ghi lại', en: 'find what the program does differently, or record it again' },
  },
  TRACE_OVER: {
    what: { vi: 'Bản ghi APDU đã hết', en: 'the APDU trace ends before this' },
    todo: { vi: 'Tìm thay đổi trong chương trình, hoặc ghi lại', en: 'find what the program does more, or record it again' },
  },
} as const satisfies ErrorTable<TraceErrorCode>;

/** `where` is a line of the file or the number of an event; no byte of a command's data is ever in it. */
export class TraceError extends CodedError<TraceErrorCode> {
  constructor(code: TraceErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
