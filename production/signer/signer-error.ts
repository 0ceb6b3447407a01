import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type SignerErrorCode =
  | 'SIGNER_UNREACHABLE'
  | 'SIGNER_REFUSED'
  | 'SIGNER_REQUEST_INVALID'
  | 'CARD_NOT_CLAIMED'
  | 'CHIP_NOT_BOUND'
  | 'SIGNATURE_FAILED'
  | 'TOKEN_UNAVAILABLE'
  | 'DOCUMENT_SIGNER_EXHAUSTED'
  | 'DOCUMENT_SIGNER_UNKNOWN'
  | 'DOCUMENT_SIGNER_REFUSED'
  | 'KEY_NOT_DESTROYED'
  | 'TRUST_REFUSED'
  | 'CLOCK_SKEW'
  | 'CLOCK_BACKWARDS'
  | 'CLOCK_JUMPED';

const TABLE = {
  SIGNER_UNREACHABLE: {
    what: { vi: 'Tiến trình ký không trả lời', en: 'the signer does not answer' },
    todo: { vi: 'Kiểm tra tiến trình ký và HSM; thẻ sẽ chờ', en: 'check the signer process and its token; cards wait' },
  },
  SIGNER_REFUSED: {
    what: { vi: 'Tiến trình ký không cho phép yêu cầu này', en: 'the signer does not take this request from this process' },
    todo: { vi: 'Kiểm tra danh tính của tiến trình', en: 'check the identity of the calling process' },
  },
  SIGNER_REQUEST_INVALID: {
    what: { vi: 'Yêu cầu ký không hợp lệ', en: 'the request to the signer is not valid' },
    todo: { vi: 'Báo lỗi này cho nhà phát triển', en: 'report this to the developers' },
  },
  CARD_NOT_CLAIMED: {
    what: { vi: 'Thẻ không còn thuộc trạm này', en: 'the card is not claimed by this station any more' },
    todo: { vi: 'Không cần làm gì; trạm đang giữ thẻ sẽ tiếp tục', en: 'nothing; the station that holds the card goes on' },
  },
  CHIP_NOT_BOUND: {
    what: { vi: 'Chip này không gắn với thẻ này', en: 'this chip is not bound to this card' },
    todo: { vi: 'Lấy phôi ra và đối chiếu', en: 'take the piece out and compare it' },
  },
  SIGNATURE_FAILED: {
    what: { vi: 'Không ký được', en: 'the signature could not be made' },
    todo: { vi: 'Kiểm tra HSM; thẻ sẽ chờ', en: 'check the token; the card waits' },
  },
  TOKEN_UNAVAILABLE: {
    what: { vi: 'Không token nào hoạt động', en: 'no token does its work' },
    todo: { vi: 'Kiểm tra các HSM; thẻ sẽ chờ, không có gì bị mất', en: 'check the tokens; cards wait and nothing is lost' },
  },
  DOCUMENT_SIGNER_EXHAUSTED: {
    what: { vi: 'Không còn khóa ký tài liệu nào dùng được', en: 'no Document Signer is left that may sign' },
    todo: {
      vi: 'Xin chứng thư cho khóa mới, hai người phê duyệt rồi nhập; thẻ sẽ chờ',
      en: 'request a certificate for a new key and have two people admit it; cards wait',
    },
  },
  DOCUMENT_SIGNER_UNKNOWN: {
    what: { vi: 'Không có khóa ký tài liệu này', en: 'there is no such Document Signer' },
    todo: { vi: 'Kiểm tra mã băm của chứng thư', en: 'check the hash of the certificate' },
  },
  DOCUMENT_SIGNER_REFUSED: {
    what: { vi: 'Chứng thư này không được nhận', en: 'this certificate is not admitted' },
    todo: {
      vi: 'Đối chiếu với yêu cầu đã gửi và với CSCA; không ký bằng khóa này',
      en: 'compare it with the request and with the CSCA; nothing is signed with this key',
    },
  },
  KEY_NOT_DESTROYED: {
    what: { vi: 'Khóa vẫn còn trong token sau khi hủy', en: 'the token still has the key after its destruction' },
    todo: { vi: 'Cách ly token và báo cáo', en: 'quarantine the token and report it' },
  },
  TRUST_REFUSED: {
    what: { vi: 'Danh sách hoặc chứng thư CSCA này không được nhận', en: 'this list or CSCA certificate is not taken' },
    todo: { vi: 'Lấy lại từ CSCA qua kênh tin cậy', en: 'get it again from the CSCA, over a channel that is trusted' },
  },
  CLOCK_SKEW: {
    what: {
      vi: 'Đồng hồ của máy ký và của PostgreSQL lệch hơn một giây',
      en: 'the clocks of the signer and of PostgreSQL are more than a second apart',
    },
    todo: {
      vi: 'Chỉnh lại đồng hồ; việc ký tự tiếp tục khi hai đồng hồ khớp',
      en: 'set the clocks right; signing goes on by itself when they agree',
    },
  },
  CLOCK_BACKWARDS: {
    what: { vi: 'Đồng hồ chạy lùi so với lần ký trước', en: 'the clock is behind the last signature' },
    todo: { vi: 'Chỉnh lại đồng hồ; không ký trước khi rõ nguyên nhân', en: 'set the clock right; nothing is signed until it is' },
  },
  CLOCK_JUMPED: {
    what: { vi: 'Đồng hồ vừa nhảy', en: 'the clock has jumped' },
    todo: {
      vi: 'Kiểm tra nguồn thời gian; nếu giờ hiện tại đúng thì khởi động lại tiến trình ký',
      en: 'check the time source; if the time is right now, start the signer again',
    },
  },
} as const satisfies ErrorTable<SignerErrorCode>;

export class SignerError extends CodedError<SignerErrorCode> {
  constructor(code: SignerErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}

export function isSignerErrorCode(code: string): code is SignerErrorCode {
  return Object.hasOwn(TABLE, code);
}
