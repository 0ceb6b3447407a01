import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type SignerErrorCode =
  | 'SIGNER_UNREACHABLE'
  | 'SIGNER_REFUSED'
  | 'SIGNER_REQUEST_INVALID'
  | 'CARD_NOT_CLAIMED'
  | 'CHIP_NOT_BOUND'
  | 'SIGNATURE_FAILED';

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
} as const satisfies ErrorTable<SignerErrorCode>;

export class SignerError extends CodedError<SignerErrorCode> {
  constructor(code: SignerErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}

export function isSignerErrorCode(code: string): code is SignerErrorCode {
  return Object.hasOwn(TABLE, code);
}
