import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CvcaErrorCode =
  | 'CVCA_SIGNATURE_INVALID'
  | 'CVCA_REFERENCE_INVALID'
  | 'CVCA_LINT'
  | 'CVCA_TOKEN_SPENT'
  | 'CVCA_ROLL_OVER_REFUSED'
  | 'CVCA_REQUEST_MALFORMED'
  | 'CVCA_REQUEST_REFUSED';

const TABLE = {
  CVCA_SIGNATURE_INVALID: {
    what: { vi: 'Chữ ký trên chứng thư CV không kiểm tra được', en: 'the signature over the CV certificate does not verify' },
    todo: { vi: 'Không dùng chứng thư; kiểm tra token', en: 'do not use the certificate; examine the token' },
  },
  CVCA_REFERENCE_INVALID: {
    what: { vi: 'Tên chủ khóa CV sai quy cách', en: 'the holder reference is not of the form country, mnemonic, sequence number' },
    todo: { vi: 'Sửa cấu hình tên chủ khóa', en: 'correct the configured holder name' },
  },
  CVCA_LINT: {
    what: { vi: 'Nội dung sắp ký trái với hồ sơ chứng thư CV', en: 'what is to be signed breaks a rule of the CV certificate profile' },
    todo: { vi: 'Sửa nội dung theo quy tắc được nêu; chưa có gì được ký', en: 'correct what the rule names; nothing was signed' },
  },
  CVCA_TOKEN_SPENT: {
    what: { vi: 'Yêu cầu ký CV này đã được dùng', en: 'this CV certificate or request was already signed once' },
    todo: { vi: 'Chuẩn bị lại từ đầu', en: 'prepare it again' },
  },
  CVCA_ROLL_OVER_REFUSED: {
    what: { vi: 'Khóa kế nhiệm không hợp với khóa đang dùng', en: 'the successor does not fit the key that it follows' },
    todo: { vi: 'Kiểm tra khóa mới, nơi cấp và ngày hiệu lực', en: 'check the new key, the issuer and the effective date' },
  },
  CVCA_REQUEST_MALFORMED: {
    what: { vi: 'Tệp không phải yêu cầu cấp chứng thư CV', en: 'the file is no CV certificate request' },
    todo: { vi: 'Yêu cầu bên gửi tạo và gửi lại', en: 'have the applicant make and send it again' },
  },
  CVCA_REQUEST_REFUSED: {
    what: { vi: 'Yêu cầu cấp chứng thư CV không được chấp nhận', en: 'the CV certificate request is not accepted' },
    todo: { vi: 'Xem lý do; yêu cầu bên gửi lập lại', en: 'see the reason; have the applicant make a new one' },
  },
} as const satisfies ErrorTable<CvcaErrorCode>;

/** `detail` names the rule, `where` the holder reference. */
export class CvcaError extends CodedError<CvcaErrorCode> {
  constructor(code: CvcaErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
