import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type StockErrorCode =
  | 'DELIVERY_NOTE_INVALID'
  | 'DELIVERY_NOTE_CONFLICT'
  | 'SERIAL_DUPLICATE'
  | 'CHIP_ID_DUPLICATE'
  | 'SERIAL_ALREADY_RECEIVED'
  | 'CHIP_ID_ALREADY_RECEIVED'
  | 'BLANK_NOT_THERE';

const whole = { vi: 'Không phôi nào được nhập; sửa phiếu và gửi lại', en: 'no blank was received; correct the note and send it again' };

const TABLE = {
  DELIVERY_NOTE_INVALID: {
    what: { vi: 'Phiếu giao phôi sai cấu trúc', en: 'the delivery note does not have the form it must have' },
    todo: whole,
  },
  DELIVERY_NOTE_CONFLICT: {
    what: { vi: 'Phiếu giao này đã nhập với nội dung khác', en: 'this delivery note was received with other content' },
    todo: { vi: 'Đối chiếu với nhà cung cấp', en: 'compare with the supplier' },
  },
  SERIAL_DUPLICATE: { what: { vi: 'Số sê-ri xuất hiện hai lần trong phiếu', en: 'a serial stands on the note twice' }, todo: whole },
  CHIP_ID_DUPLICATE: { what: { vi: 'Mã chip xuất hiện hai lần trong phiếu', en: 'a chip id stands on the note twice' }, todo: whole },
  SERIAL_ALREADY_RECEIVED: { what: { vi: 'Số sê-ri đã nhập theo phiếu khác', en: 'a serial was received on another note' }, todo: whole },
  CHIP_ID_ALREADY_RECEIVED: { what: { vi: 'Mã chip đã nhập theo phiếu khác', en: 'a chip id was received on another note' }, todo: whole },
  BLANK_NOT_THERE: {
    what: { vi: 'Phôi không nằm ở tài khoản nguồn', en: 'the blank is not in the account it should move from' },
    todo: { vi: 'Đối chiếu kho; không di chuyển phôi', en: 'reconcile the stock; do not move the blank' },
  },
} as const satisfies ErrorTable<StockErrorCode>;

/** What the stock ledger refuses. Serials are no personal data and may be named. */
export class StockError extends CodedError<StockErrorCode> {
  constructor(code: StockErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
