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
  | 'HSM_NOT_OPEN';

/**
 * What a caller may do next. A wrong PIN is never `retry`: tokens count attempts, and a retry loop around a wrong PIN
 * erases the key it was meant to use. `retry` means the same call with the same input, after the implementation has dropped
 * the session; `stop` means quarantine the token and call a person (invariants §3.4).
 */
export const REMEDY = {
  HSM_PIN_INCORRECT: 'stop',
  HSM_PIN_LOCKED: 'stop',
  HSM_SESSION_LOST: 'retry',
  HSM_SESSION_BUSY: 'retry',
  HSM_KEY_NOT_FOUND: 'stop',
  HSM_KEY_VANISHED: 'stop',
  HSM_KEY_AMBIGUOUS: 'stop',
  HSM_KEY_MISMATCH: 'stop',
  HSM_KEY_EXPOSED: 'stop',
  HSM_KEY_PROTECTED: 'stop',
  HSM_MECHANISM_UNSUPPORTED: 'stop',
  HSM_INPUT_INVALID: 'stop',
  HSM_TOKEN_NOT_FOUND: 'stop',
  HSM_TOKEN_FULL: 'stop',
  HSM_DEVICE_FAILED: 'stop',
  HSM_LIBRARY_FAILED: 'stop',
  HSM_NOT_OPEN: 'stop',
} as const satisfies Record<HsmErrorCode, 'retry' | 'stop'>;

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
} as const satisfies ErrorTable<HsmErrorCode>;

export class HsmError extends CodedError<HsmErrorCode> {
  readonly remedy: 'retry' | 'stop';

  constructor(code: HsmErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
    this.remedy = REMEDY[code];
  }
}
