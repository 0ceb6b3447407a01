import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

/** `CARD_VANISHED` is the rehearsed defect: the card left its reader for good while a command was being executed. */
export type VirtualCardErrorCode =
  | 'IMAGE_MISSING'
  | 'IMAGE_EXISTS'
  | 'IMAGE_CORRUPT'
  | 'IMAGE_IN_USE'
  | 'IMAGE_WRITE_FAILED'
  | 'CARD_UNPOWERED'
  | 'CARD_VANISHED';

const TABLE = {
  IMAGE_MISSING: {
    what: { vi: 'Không tìm thấy tệp bộ nhớ chip', en: 'the memory image of the chip does not exist' },
    todo: { vi: 'Kiểm tra đường dẫn', en: 'check the path' },
  },
  IMAGE_EXISTS: {
    what: { vi: 'Tệp bộ nhớ chip đã tồn tại', en: 'a memory image exists there already' },
    todo: { vi: 'Chọn đường dẫn khác', en: 'choose another path' },
  },
  IMAGE_CORRUPT: {
    what: { vi: 'Tệp bộ nhớ chip bị hỏng', en: 'the memory image is damaged' },
    todo: { vi: 'Coi như chip đã hỏng', en: 'treat the chip as broken' },
  },
  IMAGE_IN_USE: {
    what: { vi: 'Tệp bộ nhớ chip đang bị tiến trình khác ghi', en: 'another process writes to the memory image' },
    todo: { vi: 'Mỗi chip chỉ cắm vào một đầu đọc', en: 'put each chip into one reader only' },
  },
  IMAGE_WRITE_FAILED: {
    what: { vi: 'Không ghi được bộ nhớ chip', en: 'the memory image cannot be written' },
    todo: { vi: 'Kiểm tra dung lượng đĩa', en: 'check the disk' },
  },
  CARD_UNPOWERED: {
    what: { vi: 'Thẻ không có nguồn', en: 'the card has no power' },
    todo: { vi: 'Kết nối lại với thẻ', en: 'connect to the card again' },
  },
  CARD_VANISHED: {
    what: { vi: 'Thẻ rời đầu đọc khi đang ghi', en: 'the card left the reader while it was writing' },
    todo: { vi: 'Loại phôi', en: 'spoil the blank' },
  },
} as const satisfies ErrorTable<VirtualCardErrorCode>;

export class VirtualCardError extends CodedError<VirtualCardErrorCode> {
  constructor(code: VirtualCardErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
