import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type X509ErrorCode =
  | 'CERTIFICATE_MALFORMED'
  | 'CERTIFICATE_LINT'
  | 'CERTIFICATE_TOKEN_SPENT'
  | 'CERTIFICATE_SIGNATURE_REJECTED'
  | 'ALGORITHM_UNSUPPORTED';

const TABLE = {
  CERTIFICATE_MALFORMED: {
    what: { vi: 'Chứng thư không đúng cấu trúc', en: 'the certificate does not have the structure of X.509' },
    todo: { vi: 'Từ chối chứng thư này', en: 'refuse this certificate' },
  },
  CERTIFICATE_LINT: {
    what: { vi: 'Chứng thư không đúng hồ sơ Doc 9303-12', en: 'the certificate breaks a rule of its profile' },
    todo: { vi: 'Sửa yêu cầu theo quy tắc được nêu; chưa có gì được ký', en: 'correct the request by the named rule; nothing was signed' },
  },
  CERTIFICATE_TOKEN_SPENT: {
    what: { vi: 'Lượt ký này đã dùng', en: 'this token was spent: one preparation is signed once' },
    todo: { vi: 'Chuẩn bị lại rồi mới ký', en: 'prepare again before signing' },
  },
  CERTIFICATE_SIGNATURE_REJECTED: {
    what: { vi: 'Chữ ký chứng thư không đúng', en: 'the signature does not verify under the issuer public key' },
    todo: { vi: 'Cách ly token; không công bố chứng thư', en: 'quarantine the token; do not publish the certificate' },
  },
  ALGORITHM_UNSUPPORTED: {
    what: { vi: 'Thuật toán không được hỗ trợ', en: 'the algorithm is not supported' },
    todo: { vi: 'Kiểm tra nguồn phát hành', en: 'check the issuing source' },
  },
} as const satisfies ErrorTable<X509ErrorCode>;

export class X509Error extends CodedError<X509ErrorCode> {
  constructor(code: X509ErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
