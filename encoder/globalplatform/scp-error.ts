import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type ScpErrorCode =
  | 'SCP_CARD_CRYPTOGRAM'
  | 'SCP_HOST_REFUSED'
  | 'SCP_KEY_VERSION'
  | 'SCP_ANSWER_INVALID'
  | 'SCP_RESPONSE_MAC'
  | 'SCP_CLOSED'
  | 'SCP_NOT_ASKED';

const STOP = {
  vi: 'Dừng với thẻ này; không thử lại vì bộ đếm của chip có thể cạn',
  en: 'stop with this card; do not try again, the counter of the chip may run out',
} as const;
const ISOLATE = { vi: 'Cách ly thẻ; không ghi thêm', en: 'isolate the card; write nothing more to it' } as const;

const TABLE = {
  SCP_CARD_CRYPTOGRAM: {
    what: { vi: 'Chip không chứng minh được khoá vận chuyển', en: 'the chip does not prove the transport key' },
    todo: STOP,
  },
  SCP_HOST_REFUSED: {
    what: { vi: 'Chip từ chối xác thực của hệ thống', en: 'the chip refused our authentication' },
    todo: STOP,
  },
  SCP_KEY_VERSION: {
    what: {
      vi: 'Chip nêu phiên bản khoá không phải của nhà sản xuất, cũng không phải của nhà máy',
      en: "the chip names a key version that is neither its maker's nor the plant's; no key was tried",
    },
    todo: {
      vi: 'Loại phôi; đối chiếu lô với phiếu khoá của nhà cung cấp',
      en: "set the blank aside; compare the lot with the supplier's key data sheet",
    },
  },
  SCP_ANSWER_INVALID: {
    what: {
      vi: 'Trả lời không đúng quy cách của giao thức kênh an toàn',
      en: 'the answer does not have the form that the secure channel protocol requires',
    },
    todo: ISOLATE,
  },
  SCP_RESPONSE_MAC: {
    what: { vi: 'Mã xác thực của trả lời không đúng', en: 'the authentication code of a response is wrong' },
    todo: ISOLATE,
  },
  SCP_CLOSED: {
    what: { vi: 'Kênh an toàn đã đóng', en: 'the secure channel is closed' },
    todo: { vi: 'Kết nối lại với thẻ và mở kênh mới', en: 'connect to the card again and open a new channel' },
  },
  SCP_NOT_ASKED: {
    what: { vi: 'Tham số không phù hợp với giao thức kênh an toàn', en: 'the parameters do not fit the secure channel protocol' },
    todo: { vi: 'Sửa tham số; thẻ không thay đổi', en: 'correct the parameters; the card has not been changed' },
  },
} as const satisfies ErrorTable<ScpErrorCode>;

/** A secure channel could not be opened or has failed. None of the codes is worth an automatic second try. */
export class ScpError extends CodedError<ScpErrorCode> {
  constructor(code: ScpErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
