import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CertificateRequestErrorCode =
  | 'CERTIFICATE_REQUEST_MALFORMED'
  | 'CERTIFICATE_REQUEST_SIGNATURE_REJECTED'
  | 'CERTIFICATE_REQUEST_TOKEN_SPENT';

const TABLE = {
  CERTIFICATE_REQUEST_MALFORMED: {
    what: { vi: 'Yêu cầu chứng thư không đúng cấu trúc PKCS #10', en: 'the certification request does not have the structure of PKCS #10' },
    todo: { vi: 'Từ chối; đề nghị nơi gửi tạo lại yêu cầu', en: 'refuse it; ask its sender to make the request again' },
  },
  CERTIFICATE_REQUEST_SIGNATURE_REJECTED: {
    what: { vi: 'Chữ ký của yêu cầu chứng thư không đúng', en: 'the request is not signed by the key that it names' },
    todo: {
      vi: 'Không cấp chứng thư; kiểm tra token và đường truyền',
      en: 'certify nothing; check the token and the way that the file came',
    },
  },
  CERTIFICATE_REQUEST_TOKEN_SPENT: {
    what: { vi: 'Lượt ký này đã dùng', en: 'this token was spent: one preparation is signed once' },
    todo: { vi: 'Chuẩn bị lại rồi mới ký', en: 'prepare again before signing' },
  },
} as const satisfies ErrorTable<CertificateRequestErrorCode>;

export class CertificateRequestError extends CodedError<CertificateRequestErrorCode> {
  constructor(code: CertificateRequestErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
