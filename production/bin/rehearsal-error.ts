import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

/** What a rehearsal of the signing authority found, or why it does not begin. */
export type RehearsalErrorCode = 'REHEARSAL_ONLY' | 'REHEARSAL_FAILED' | 'REHEARSAL_ORPHANS';

const TABLE = {
  REHEARSAL_ONLY: {
    what: {
      vi: 'Khóa ký tài liệu của nhà máy được chuyển tự động; lệnh này chỉ diễn tập',
      en: 'the Document Signers of a plant roll over by themselves; this command only rehearses it',
    },
    todo: { vi: 'Thêm --rehearse', en: 'add --rehearse' },
  },
  REHEARSAL_FAILED: {
    what: {
      vi: 'Có yêu cầu ký không thành hoặc một khóa vượt giới hạn',
      en: 'a request for a signature failed, or a key passed its cap',
    },
    todo: { vi: 'Xem bảng ở trên; không dùng phiên bản này', en: 'see the table above; do not put this version to work' },
  },
  REHEARSAL_ORPHANS: {
    what: {
      vi: 'Có chữ ký mà sổ sách không giải thích được',
      en: 'there is a signature or an intent that the books do not account for',
    },
    todo: { vi: 'Xem bảng ở trên; không dùng phiên bản này', en: 'see the table above; do not put this version to work' },
  },
} as const satisfies ErrorTable<RehearsalErrorCode>;

export class RehearsalError extends CodedError<RehearsalErrorCode> {
  constructor(code: RehearsalErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
