import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CeremonyErrorCode =
  | 'CEREMONY_PLAN_CHANGED'
  | 'CEREMONY_MINUTES_MISSING'
  | 'CEREMONY_MINUTES_BROKEN'
  | 'CEREMONY_TOKEN_UNEXPECTED'
  | 'CEREMONY_TRANSPORT_MASTER_CHANGED'
  | 'CEREMONY_SECOND_OPINION'
  | 'CEREMONY_UNFINISHED';

const TABLE = {
  CEREMONY_PLAN_CHANGED: {
    what: { vi: 'Kế hoạch khác với kế hoạch đã bắt đầu', en: 'the plan is not the one that this ceremony was begun with' },
    todo: {
      vi: 'Chạy tiếp với đúng kế hoạch cũ, hoặc mở lễ mới với mã khác',
      en: 'resume with the same plan, or begin a new ceremony under another id',
    },
  },
  CEREMONY_MINUTES_MISSING: {
    what: {
      vi: 'Token có khóa của lễ này nhưng không có biên bản',
      en: 'the token has keys of this ceremony, but its minutes are missing',
    },
    todo: { vi: 'Khôi phục biên bản; không tự ý hủy khóa', en: 'restore the minutes; destroy no key on your own' },
  },
  CEREMONY_MINUTES_BROKEN: {
    what: { vi: 'Biên bản bị sửa hoặc bị cụt', en: 'the minutes were changed or cut: their hash chain does not hold' },
    todo: { vi: 'Khôi phục biên bản gốc', en: 'restore the original minutes' },
  },
  CEREMONY_TOKEN_UNEXPECTED: {
    what: { vi: 'Token có khóa không giải thích được bằng biên bản', en: 'the token has keys that the minutes do not explain' },
    todo: { vi: 'Cách ly token và kiểm kê khóa', en: 'quarantine the token and take an inventory of its keys' },
  },
  CEREMONY_TRANSPORT_MASTER_CHANGED: {
    what: { vi: 'Khóa vận chuyển khác với khóa đã nhập', en: 'the transport master is not the one that was imported' },
    todo: { vi: 'Kiểm tra KCV với nhà sản xuất chip', en: 'check the KCV with the chip maker' },
  },
  CEREMONY_SECOND_OPINION: {
    what: { vi: 'Thư viện kiểm tra thứ hai không chấp nhận chứng thư', en: 'the second library does not accept the certificate' },
    todo: { vi: 'Không công bố; kiểm tra token và phần mềm', en: 'do not publish it; examine the token and the software' },
  },
  CEREMONY_UNFINISHED: {
    what: { vi: 'Lễ tạo khóa chưa hoàn tất', en: 'the ceremony is not finished' },
    todo: { vi: 'Chạy tiếp lễ tạo khóa', en: 'run the ceremony again: it resumes' },
  },
} as const satisfies ErrorTable<CeremonyErrorCode>;

export class CeremonyError extends CodedError<CeremonyErrorCode> {
  constructor(code: CeremonyErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
