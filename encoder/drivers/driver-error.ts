import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

/** "The card refused", "the card answered nonsense" and "we refused to ask" are three things. */
export type DriverErrorCode =
  | 'CHIP_REFUSED'
  | 'CHIP_ANSWER_INVALID'
  | 'CHIP_UNKNOWN'
  | 'CHIP_AUTHENTICATION_FAILED'
  | 'DRIVER_CANNOT'
  | 'LOCK_NOT_PROVEN';

const TABLE = {
  CHIP_REFUSED: {
    what: { vi: 'Chip từ chối lệnh', en: 'the chip refused a command' },
    todo: { vi: 'Hỏi trạng thái chip; nếu lặp lại thì loại phôi', en: 'ask the chip for its status; if it refuses again, spoil the blank' },
  },
  CHIP_ANSWER_INVALID: {
    what: { vi: 'Chip trả lời sai cấu trúc', en: "the chip's answer is not well formed" },
    todo: { vi: 'Ngừng dùng phôi này', en: 'stop using this blank' },
  },
  CHIP_UNKNOWN: {
    what: { vi: 'Chip không thuộc họ này', en: 'the chip is not of this family' },
    todo: { vi: 'Kiểm tra lô phôi và trình điều khiển', en: 'check the lot of blanks and the driver chosen for it' },
  },
  CHIP_AUTHENTICATION_FAILED: {
    what: { vi: 'Xác thực với chip thất bại', en: 'authentication with the transport keys failed' },
    todo: { vi: 'Không thử lại; đối chiếu khoá vận chuyển của lô phôi', en: 'do not try again; compare the transport keys of this lot' },
  },
  DRIVER_CANNOT: {
    what: { vi: 'Họ chip này không làm được việc được yêu cầu', en: 'this chip family cannot do what was asked; nothing was sent' },
    todo: { vi: 'Sửa kế hoạch cá thể hoá', en: 'correct the personalisation plan' },
  },
  LOCK_NOT_PROVEN: {
    what: { vi: 'Chip báo đã khoá nhưng vẫn mở', en: 'the chip answered 9000 to the lock and is still open' },
    todo: { vi: 'Loại thẻ và báo nhà cung cấp', en: 'spoil the card and tell the supplier' },
  },
} as const satisfies ErrorTable<DriverErrorCode>;

/** `sw` is the status word that the chip answered with; 0 when the chip said nothing. */
export class DriverError extends CodedError<DriverErrorCode> {
  readonly operation: string;
  readonly sw: number;

  constructor(code: DriverErrorCode, at: { operation: string; sw?: number }, context: Omit<ErrorContext, 'where'> = {}) {
    const sw = at.sw ?? 0;
    const status = sw === 0 ? undefined : `SW ${sw.toString(16).toUpperCase().padStart(4, '0')}`;
    const detail = [status, context.detail].filter((part) => part !== undefined).join(', ');
    super(TABLE, code, { ...context, where: at.operation, ...(detail === '' ? {} : { detail }) });
    this.operation = at.operation;
    this.sw = sw;
  }
}
