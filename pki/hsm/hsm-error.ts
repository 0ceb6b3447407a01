import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type HsmErrorCode =
  | 'HSM_PIN_INCORRECT'
  | 'HSM_PIN_LOCKED'
  | 'HSM_SESSION_LOST'
  | 'HSM_SESSION_BUSY'
  | 'HSM_KEY_NOT_FOUND'
  | 'HSM_KEY_VANISHED'
  | 'HSM_KEY_AMBIGUOUS'
  | 'HSM_KEY_MISMATCH'
  | 'HSM_KEY_EXPOSED'
  | 'HSM_KEY_PROTECTED'
  | 'HSM_MECHANISM_UNSUPPORTED'
  | 'HSM_INPUT_INVALID'
  | 'HSM_TOKEN_NOT_FOUND'
  | 'HSM_TOKEN_FULL'
  | 'HSM_DEVICE_FAILED'
  | 'HSM_LIBRARY_FAILED'
  | 'HSM_NOT_OPEN'
  | 'HSM_SIGNATURE_FORM'
  | 'HSM_TIMED_OUT'
  | 'HSM_PROCESS_LOST'
  | 'HSM_BREAKER_OPEN'
  | 'HSM_QUARANTINED';

/**
 * What follows a failure (invariants §3.4); `hostedHsm` does it, a caller in the token's own process has to.
 *
 * - `retry`: the same call once more with the same input; the implementation has dropped the session and proves the key anew.
 * - `recycle`: the process that holds the library is ended and another started, after a pause: initialising is process-wide, and no
 *   call can mend it from within.
 * - `wait`: nothing was tried; another token, or later.
 * - `quarantine`: no call reaches the token again until a person restarts it; what the key was is never looked up by label.
 * - `stop`: this call is not made again. A wrong PIN is always that: tokens count attempts, and a retry loop around a wrong PIN
 *   erases the key it was meant to use.
 */
export type Remedy = 'retry' | 'recycle' | 'wait' | 'quarantine' | 'stop';

export const REMEDY = {
  HSM_PIN_INCORRECT: 'stop',
  HSM_PIN_LOCKED: 'stop',
  HSM_SESSION_LOST: 'retry',
  HSM_SESSION_BUSY: 'retry',
  HSM_KEY_NOT_FOUND: 'stop',
  HSM_KEY_VANISHED: 'quarantine',
  HSM_KEY_AMBIGUOUS: 'quarantine',
  HSM_KEY_MISMATCH: 'quarantine',
  HSM_KEY_EXPOSED: 'quarantine',
  HSM_KEY_PROTECTED: 'stop',
  HSM_MECHANISM_UNSUPPORTED: 'stop',
  HSM_INPUT_INVALID: 'stop',
  HSM_TOKEN_NOT_FOUND: 'recycle',
  HSM_TOKEN_FULL: 'recycle',
  HSM_DEVICE_FAILED: 'recycle',
  HSM_LIBRARY_FAILED: 'recycle',
  HSM_NOT_OPEN: 'stop',
  HSM_SIGNATURE_FORM: 'stop',
  HSM_TIMED_OUT: 'recycle',
  HSM_PROCESS_LOST: 'recycle',
  HSM_BREAKER_OPEN: 'wait',
  HSM_QUARANTINED: 'quarantine',
} as const satisfies Record<HsmErrorCode, Remedy>;

/**
 * Failures after which it is certain that the token was not asked: an intent may go to the other token. After any other failure of `sign`
 * there may be a signature somewhere, and only identical content may be signed again.
 */
export const TOKEN_NOT_ASKED: ReadonlySet<HsmErrorCode> = new Set<HsmErrorCode>([
  'HSM_PIN_INCORRECT',
  'HSM_PIN_LOCKED',
  'HSM_NOT_OPEN',
  'HSM_BREAKER_OPEN',
  'HSM_QUARANTINED',
]);

const TABLE = {
  HSM_PIN_INCORRECT: {
    what: { vi: 'Sai mã PIN của token', en: 'the token refused the PIN' },
    todo: { vi: 'Không thử lại. Kiểm tra tệp PIN rồi khởi động lại', en: 'do not try again: check the PIN file, then restart' },
  },
  HSM_PIN_LOCKED: {
    what: { vi: 'Mã PIN của token đã bị khóa', en: 'the PIN of the token is locked' },
    todo: { vi: 'Mở khóa bằng mã SO theo quy trình', en: 'unlock it with the security officer PIN, by procedure' },
  },
  HSM_SESSION_LOST: {
    what: { vi: 'Phiên làm việc với token bị mất', en: 'the session with the token was lost' },
    todo: { vi: 'Gửi lại đúng yêu cầu đó', en: 'make the same call again' },
  },
  HSM_SESSION_BUSY: {
    what: { vi: 'Phiên token đang bận', en: 'the session is in the middle of another operation' },
    todo: { vi: 'Gửi lại đúng yêu cầu đó', en: 'make the same call again' },
  },
  HSM_KEY_NOT_FOUND: {
    what: { vi: 'Không có khóa này trong token', en: 'the token has no key with this identifier' },
    todo: { vi: 'Kiểm tra đúng token và biên bản lễ tạo khóa', en: 'check that it is the right token, against the ceremony minutes' },
  },
  HSM_KEY_VANISHED: {
    what: { vi: 'Khóa đã biến mất khỏi token', en: 'a key that was there has vanished from the token' },
    todo: { vi: 'Cách ly token, dừng dây chuyền', en: 'quarantine the token and stop the line' },
  },
  HSM_KEY_AMBIGUOUS: {
    what: { vi: 'Nhiều khóa trùng một mã', en: 'more than one key has this identifier' },
    todo: { vi: 'Cách ly token và kiểm kê khóa', en: 'quarantine the token and take an inventory of its keys' },
  },
  HSM_KEY_MISMATCH: {
    what: { vi: 'Khóa trong token không phải khóa được yêu cầu', en: 'the key under this identifier is not the key that was asked for' },
    todo: { vi: 'Cách ly token và kiểm kê khóa', en: 'quarantine the token and take an inventory of its keys' },
  },
  HSM_KEY_EXPOSED: {
    what: { vi: 'Khóa có thể đọc ra khỏi token hoặc không sinh trong token', en: 'the key can leave the token, or was not made in it' },
    todo: { vi: 'Không dùng khóa này; tạo khóa mới theo lễ tạo khóa', en: 'do not use this key; make a new one by ceremony' },
  },
  HSM_KEY_PROTECTED: {
    what: { vi: 'Token từ chối thao tác này với khóa', en: 'the token does not allow this with the key' },
    todo: { vi: 'Dùng khóa đúng mục đích', en: 'use a key that was made for this purpose' },
  },
  HSM_MECHANISM_UNSUPPORTED: {
    what: { vi: 'Token không hỗ trợ thuật toán', en: 'the token does not support the algorithm' },
    todo: { vi: 'Chọn token hoặc thuật toán khác trong cấu hình', en: 'choose another token or algorithm in the configuration' },
  },
  HSM_INPUT_INVALID: {
    what: { vi: 'Dữ liệu gửi vào token không hợp lệ', en: 'the token does not accept this input' },
    todo: { vi: 'Sửa lỗi nơi gọi', en: 'correct the caller' },
  },
  HSM_TOKEN_NOT_FOUND: {
    what: { vi: 'Không tìm thấy token', en: 'the token is not there' },
    todo: { vi: 'Kiểm tra nhãn token, SOFTHSM2_CONF và kết nối', en: 'check the token label, SOFTHSM2_CONF and the connection' },
  },
  HSM_TOKEN_FULL: {
    what: { vi: 'Token hết bộ nhớ hoặc hết phiên', en: 'the token has no memory or no sessions left' },
    todo: { vi: 'Hủy khóa hết hạn theo quy trình hoặc giảm số phiên', en: 'destroy expired keys by procedure, or use fewer sessions' },
  },
  HSM_DEVICE_FAILED: {
    what: { vi: 'Token báo lỗi thiết bị', en: 'the token reports that it failed' },
    todo: {
      vi: 'Khởi động lại tiến trình ký; nếu lặp lại thì thay token',
      en: 'restart the signer process; replace the token if it happens again',
    },
  },
  HSM_LIBRARY_FAILED: {
    what: { vi: 'Không dùng được thư viện PKCS#11', en: 'the PKCS#11 library cannot be used' },
    todo: {
      vi: 'Kiểm tra đường dẫn thư viện, rồi khởi động lại tiến trình ký',
      en: 'check the path of the library, then restart the signer process',
    },
  },
  HSM_NOT_OPEN: {
    what: { vi: 'Token chưa được mở', en: 'the token is not open' },
    todo: { vi: 'Đăng nhập token trước', en: 'open it with its PIN first' },
  },
  HSM_SIGNATURE_FORM: {
    what: {
      vi: 'Token trả về dữ liệu không phải chữ ký của khóa này (sai độ dài)',
      en: 'what the token returned is no signature of this key: its length is another',
    },
    todo: { vi: 'Không dùng khóa này nữa; kiểm tra token', en: 'use the key no more; look at the token' },
  },
  HSM_TIMED_OUT: {
    what: {
      vi: 'Token không trả lời kịp thời; không biết thao tác đã xong hay chưa',
      en: 'the token did not answer in time: whether it did what it was asked is not known',
    },
    todo: {
      vi: 'Tiến trình token được khởi động lại; việc đang dở giữ là chưa rõ, kiểm tra token nếu lặp lại',
      en: 'its process is started anew; the intent stays in doubt; look at the token if it happens again',
    },
  },
  HSM_PROCESS_LOST: {
    what: {
      vi: 'Tiến trình giữ token đã kết thúc trước khi trả lời; không biết thao tác đã xong hay chưa',
      en: 'the process that holds the token ended before it answered: whether it did what it was asked is not known',
    },
    todo: {
      vi: 'Tiến trình token được khởi động lại; việc đang dở giữ là chưa rõ',
      en: 'its process is started anew; the intent stays in doubt',
    },
  },
  HSM_BREAKER_OPEN: {
    what: {
      vi: 'Token vừa hỏng và đang được khởi động lại; không gửi gì tới token',
      en: 'the token has failed and its process is being started anew: nothing was sent to it',
    },
    todo: { vi: 'Dùng token kia, hoặc đợi đến giờ đã ghi', en: 'use the other token, or wait until the time given' },
  },
  HSM_QUARANTINED: {
    what: {
      vi: 'Token bị cách ly: khóa trong đó không còn như đã biết',
      en: 'the token is quarantined: its keys are not what they were',
    },
    todo: {
      vi: 'Kiểm kê khóa theo biên bản lễ tạo khóa; chỉ người có trách nhiệm mới khởi động lại token',
      en: 'take an inventory of its keys against the ceremony minutes; only a person puts it back by a restart',
    },
  },
} as const satisfies ErrorTable<HsmErrorCode>;

export class HsmError extends CodedError<HsmErrorCode> {
  readonly remedy: Remedy;

  constructor(code: HsmErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
    this.remedy = REMEDY[code];
  }
}
