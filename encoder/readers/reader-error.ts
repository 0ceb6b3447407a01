import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

/**
 * What can go wrong between us and a card before the card says anything. None of the codes that `transmit` throws means
 * "the card did not do it": CARD_REMOVED, CARD_RESET, READER_GONE, SERVICE_GONE and DEADLINE all leave the outcome unknown.
 * Only COMMAND_REFUSED is ours: the command never left.
 */
export type ReaderErrorCode =
  | 'NO_CARD'
  | 'CARD_STAYS'
  | 'CARD_MUTE'
  | 'CARD_REMOVED'
  | 'CARD_RESET'
  | 'CARD_IN_USE'
  | 'READER_GONE'
  | 'SERVICE_GONE'
  | 'DEADLINE'
  | 'COMMAND_REFUSED';

const TABLE = {
  NO_CARD: {
    what: { vi: 'Không có thẻ trong đầu đọc', en: 'no card is in the reader' },
    todo: { vi: 'Đặt thẻ vào đầu đọc', en: 'put a card into the reader' },
  },
  CARD_STAYS: {
    what: { vi: 'Thẻ vẫn còn trong đầu đọc', en: 'the card is still in the reader' },
    todo: { vi: 'Lấy thẻ ra khỏi đầu đọc', en: 'take the card out of the reader' },
  },
  CARD_MUTE: {
    what: { vi: 'Thẻ có mặt nhưng không trả lời', en: 'a card is present and gives no answer to reset' },
    todo: { vi: 'Đặt lại thẻ một lần; nếu vẫn im lặng thì loại phôi', en: 'reseat it once; if it stays mute, spoil the blank' },
  },
  CARD_REMOVED: {
    what: { vi: 'Thẻ bị rút ra giữa chừng', en: 'the card left the reader during the exchange' },
    todo: { vi: 'Đặt lại chính thẻ đó rồi hỏi trạng thái chip', en: 'put the same card back and ask the chip what it holds' },
  },
  CARD_RESET: {
    what: { vi: 'Thẻ bị khởi động lại giữa chừng', en: 'the card was reset by someone else' },
    todo: { vi: 'Kết nối lại rồi hỏi trạng thái chip', en: 'connect again and ask the chip what it holds' },
  },
  CARD_IN_USE: {
    what: { vi: 'Thẻ đang được chương trình khác sử dụng', en: 'another program holds the card' },
    todo: { vi: 'Đóng chương trình đang giữ đầu đọc', en: 'stop the other program that uses the reader' },
  },
  READER_GONE: {
    what: { vi: 'Không thấy đầu đọc', en: 'the reader is not there' },
    todo: { vi: 'Kiểm tra cáp và tên đầu đọc', en: 'check the cable and the name of the reader' },
  },
  SERVICE_GONE: {
    what: { vi: 'Dịch vụ PC/SC không chạy', en: 'the PC/SC service does not answer' },
    todo: { vi: 'Khởi động pcscd; tiến trình sẽ tự kết nối lại', en: 'start pcscd; the process opens the reader again' },
  },
  DEADLINE: {
    what: { vi: 'Thẻ không trả lời trong thời hạn', en: 'no answer within the deadline' },
    todo: { vi: 'Kết thúc tiến trình của đầu đọc rồi hỏi lại chip', en: 'end the process of this reader and ask the chip again' },
  },
  COMMAND_REFUSED: {
    what: { vi: 'Lệnh không được gửi đi', en: 'the command was not sent' },
    todo: { vi: 'Sửa chương trình gọi', en: 'correct the caller' },
  },
} as const satisfies ErrorTable<ReaderErrorCode>;

export const READER_ERROR_CODES: readonly ReaderErrorCode[] = Object.freeze(Object.keys(TABLE) as ReaderErrorCode[]);

/**
 * `retry`: a later call on the same reader may succeed. `reopen`: open the reader again. `exit`: the process that holds the addon is ended, by a
 * signal: `process.exit` waits for the addon's threads, and one of them may never come back. `openChildReader` does both by itself.
 */
const REMEDY = {
  NO_CARD: 'retry',
  CARD_STAYS: 'retry',
  CARD_MUTE: 'retry',
  CARD_REMOVED: 'retry',
  CARD_RESET: 'retry',
  CARD_IN_USE: 'retry',
  READER_GONE: 'reopen',
  SERVICE_GONE: 'reopen',
  DEADLINE: 'exit',
  COMMAND_REFUSED: 'exit',
} as const satisfies Record<ReaderErrorCode, 'retry' | 'reopen' | 'exit'>;

/** A command APDU has a header of four bytes, and at most extended Lc, data and Le around it (ISO/IEC 7816-4 §5.1). */
export const COMMAND_BYTES_MIN = 4;
export const COMMAND_BYTES_MAX = 65_544;

/** `where` is the reader's name. */
export class ReaderError extends CodedError<ReaderErrorCode> {
  constructor(code: ReaderErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }

  get remedy(): 'retry' | 'reopen' | 'exit' {
    return REMEDY[this.code];
  }
}
