import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CmsErrorCode =
  | 'CMS_MALFORMED'
  | 'CMS_ALGORITHM_UNSUPPORTED'
  | 'CMS_CONTENT_MISMATCH'
  | 'CMS_SIGNATURE_REJECTED'
  | 'CMS_SIGNER_UNTRUSTED'
  | 'CMS_SIGNER_OUT_OF_DATE'
  | 'CMS_SIGNER_UNIDENTIFIABLE';

const TABLE = {
  CMS_MALFORMED: {
    what: { vi: 'Tệp chữ ký CMS không đúng cấu trúc', en: 'the file is not a CMS SignedData of the expected form' },
    todo: { vi: 'Yêu cầu bên gửi ký và gửi lại', en: 'have the sender sign and send it again' },
  },
  CMS_ALGORITHM_UNSUPPORTED: {
    what: { vi: 'Thuật toán ký không được hỗ trợ', en: 'the algorithm of the signature is not supported' },
    todo: { vi: 'Dùng ECDSA hoặc RSA với SHA-256 trở lên', en: 'use ECDSA or RSA with SHA-256 or stronger' },
  },
  CMS_CONTENT_MISMATCH: {
    what: { vi: 'Nội dung không phải nội dung đã được ký', en: 'the content is not the content that was signed' },
    todo: { vi: 'Lấy lại cả hai tệp từ nguồn', en: 'fetch both files again from their source' },
  },
  CMS_SIGNATURE_REJECTED: {
    what: { vi: 'Chữ ký không đúng', en: 'the signature does not verify' },
    todo: { vi: 'Từ chối và báo cho bên gửi', en: 'refuse it and tell the sender' },
  },
  CMS_SIGNER_UNTRUSTED: {
    what: { vi: 'Người ký không nằm trong danh sách tin cậy', en: 'the signer is not one that is trusted here' },
    todo: { vi: 'Kiểm tra chứng thư của bên gửi', en: 'check the certificate of the sender' },
  },
  CMS_SIGNER_OUT_OF_DATE: {
    what: { vi: 'Chứng thư không có hiệu lực lúc ký', en: 'the certificate was not valid when the signature was made' },
    todo: { vi: 'Dùng chứng thư còn hiệu lực rồi ký lại', en: 'sign again with a valid certificate' },
  },
  CMS_SIGNER_UNIDENTIFIABLE: {
    what: { vi: 'Chứng thư không có định danh khóa chủ thể', en: 'the certificate has no subject key identifier to name the signer by' },
    todo: { vi: 'Định danh người ký bằng tổ chức cấp và số sê-ri', en: 'name the signer by issuer and serial number' },
  },
} as const satisfies ErrorTable<CmsErrorCode>;

export class CmsError extends CodedError<CmsErrorCode> {
  constructor(code: CmsErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
