import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

/**
 * "The card refused" is `CardError` CARD_REFUSED of `encoder/apdu`, with its status word; these are what only a driver can say.
 * DRIVER_CANNOT means that nothing was sent.
 */
export type DriverErrorCode =
  | 'CHIP_ANSWER_INVALID'
  | 'CHIP_SEALED'
  | 'CHIP_UNKNOWN'
  | 'DRIVER_CANNOT'
  | 'KEYS_NOT_REPLACED'
  | 'KEYS_UNFIT'
  | 'LAYOUT_INVALID'
  | 'LOCK_NOT_PROVEN';

const TABLE = {
  CHIP_ANSWER_INVALID: {
    what: { vi: 'Chip trả lời sai cấu trúc', en: "the chip's answer is not well formed" },
    todo: { vi: 'Ngừng dùng phôi này', en: 'stop using this blank' },
  },
  CHIP_SEALED: {
    what: { vi: 'Chip mang dữ liệu của thẻ khác', en: "the chip holds another card's secrets or binding tag" },
    todo: { vi: 'Lấy phôi ra và đối chiếu số phôi; không ghi thêm', en: 'take the blank out and compare its serial; write nothing to it' },
  },
  CHIP_UNKNOWN: {
    what: { vi: 'Chip không thuộc họ này', en: 'the chip is not of this family' },
    todo: { vi: 'Kiểm tra lô phôi và trình điều khiển', en: 'check the lot of blanks and the driver chosen for it' },
  },
  DRIVER_CANNOT: {
    what: { vi: 'Họ chip này không làm được việc được yêu cầu', en: 'this chip family cannot do what was asked; nothing was sent' },
    todo: { vi: 'Sửa kế hoạch cá thể hoá', en: 'correct the personalisation plan' },
  },
  KEYS_NOT_REPLACED: {
    what: {
      vi: 'Chip báo đã thay khoá của nhà sản xuất nhưng không mở bằng khoá của nhà máy',
      en: "the chip answered 9000 to PUT KEY and does not open with the plant's keys",
    },
    todo: { vi: 'Loại phôi và báo nhà cung cấp', en: 'spoil the blank and tell the supplier' },
  },
  KEYS_UNFIT: {
    what: {
      vi: 'Khoá vận chuyển là khoá thử ai cũng biết, hoặc khoá của nhà máy trùng khoá của nhà sản xuất; chưa gửi gì',
      en: "a transport key is a published test key, or the plant's is the maker's; nothing was sent",
    },
    todo: { vi: 'Kiểm tra khoá chủ của nhà sản xuất và của nhà máy', en: "check the maker's master key and the plant's" },
  },
  LAYOUT_INVALID: {
    what: { vi: 'Tệp mô tả nhóm dữ liệu (DGI) của chip không hợp lệ', en: "the layout of the chip family's data groupings is not valid" },
    todo: { vi: 'Sửa trường đã nêu theo tài liệu của nhà cung cấp chip', en: "correct the field named, from the chip supplier's document" },
  },
  LOCK_NOT_PROVEN: {
    what: { vi: 'Chip báo đã khoá nhưng vẫn mở', en: 'the chip answered 9000 to the lock and is still open' },
    todo: { vi: 'Loại thẻ và báo nhà cung cấp', en: 'spoil the card and tell the supplier' },
  },
} as const satisfies ErrorTable<DriverErrorCode>;

export class DriverError extends CodedError<DriverErrorCode> {
  readonly operation: string;

  constructor(code: DriverErrorCode, operation: string, context: Omit<ErrorContext, 'where'> = {}) {
    super(TABLE, code, { ...context, where: operation });
    this.operation = operation;
  }
}
