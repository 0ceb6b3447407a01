import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type AccessErrorCode =
  | 'ACCESS_PASSWORD_WRONG'
  | 'ACCESS_PASSWORD_BLOCKED'
  | 'ACCESS_REFUSED'
  | 'ACCESS_ANSWER_INVALID'
  | 'ACCESS_POINT_INVALID'
  | 'ACCESS_SM_INVALID'
  | 'ACCESS_SM_ABORTED'
  | 'ACCESS_CLOSED'
  | 'ACCESS_UNSUPPORTED'
  | 'ACCESS_FILE_INVALID';

const ISOLATE = { vi: 'Cách ly thẻ để kiểm tra', en: 'set the card aside for examination' } as const;

const TABLE = {
  ACCESS_PASSWORD_WRONG: {
    what: { vi: 'Chip không chấp nhận MRZ, số CAN, PIN hoặc PUK này', en: 'the chip does not accept this MRZ, CAN, PIN or PUK' },
    todo: {
      vi: 'Đọc lại mặt thẻ; nếu vẫn sai thì chip thuộc thẻ khác',
      en: 'read the face again; if it stays wrong, the chip belongs to another card',
    },
  },
  ACCESS_PASSWORD_BLOCKED: {
    what: { vi: 'PIN hoặc PUK bị khoá, tạm khoá hoặc chỉ còn một lần thử', en: 'the PIN or PUK is blocked, suspended or on its last try' },
    todo: {
      vi: 'Mở bằng số CAN rồi nhập lại một lần, hoặc mở khoá bằng PUK',
      en: 'open with the CAN and enter it once more, or unblock it with the PUK',
    },
  },
  ACCESS_REFUSED: {
    what: { vi: 'Chip từ chối một bước của giao thức', en: 'the chip refused a step of the protocol' },
    todo: { vi: 'Xem mã trạng thái và khả năng chip công bố', en: 'look at the status word and at what the chip announces' },
  },
  ACCESS_ANSWER_INVALID: {
    what: { vi: 'Trả lời của chip sai quy cách', en: 'an answer of the chip does not have the required form' },
    todo: ISOLATE,
  },
  ACCESS_POINT_INVALID: {
    what: { vi: 'Khoá công khai không hợp lệ', en: 'a public key is not a valid point of its curve' },
    todo: ISOLATE,
  },
  ACCESS_SM_INVALID: {
    what: { vi: 'Mã xác thực của trả lời không đúng', en: 'the authentication code of a response is wrong' },
    todo: ISOLATE,
  },
  ACCESS_SM_ABORTED: {
    what: { vi: 'Chip đã huỷ kênh bảo mật', en: 'the chip ended secure messaging' },
    todo: { vi: 'Kết nối lại và mở kênh mới', en: 'connect again and open a new channel' },
  },
  ACCESS_CLOSED: {
    what: { vi: 'Kênh bảo mật đã đóng', en: 'the secure messaging channel is closed' },
    todo: { vi: 'Kết nối lại và mở kênh mới', en: 'connect again and open a new channel' },
  },
  ACCESS_UNSUPPORTED: {
    what: { vi: 'Thuật toán không được hỗ trợ', en: 'the algorithm is not supported' },
    todo: { vi: 'Kiểm tra hồ sơ thẻ', en: 'check the card profile' },
  },
  ACCESS_FILE_INVALID: {
    what: { vi: 'Tệp trên chip sai cấu trúc hoặc quá lớn', en: 'a file on the chip is malformed or too large' },
    todo: ISOLATE,
  },
} as const satisfies ErrorTable<AccessErrorCode>;

/** A protocol of Doc 9303-11 failed. `where` names the protocol and step, `detail` the status word or a length, never a value. */
export class AccessError extends CodedError<AccessErrorCode> {
  constructor(code: AccessErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
