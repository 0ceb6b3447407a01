import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CrlErrorCode = 'CRL_MALFORMED' | 'CRL_LINT' | 'CRL_TOKEN_SPENT' | 'CRL_SIGNATURE_REJECTED' | 'CRL_REFUSED' | 'CRL_NOT_NEWER';

const TABLE = {
  CRL_MALFORMED: {
    what: { vi: 'Danh sách thu hồi không đúng cấu trúc', en: 'the revocation list does not have the structure of X.509' },
    todo: { vi: 'Tải lại danh sách từ nguồn phát hành', en: 'fetch the list again from its issuer' },
  },
  CRL_LINT: {
    what: { vi: 'Danh sách thu hồi không đúng hồ sơ Doc 9303-12', en: 'the revocation list breaks a rule of its profile' },
    todo: { vi: 'Sửa yêu cầu; chưa có gì được ký', en: 'correct the request; nothing was signed' },
  },
  CRL_TOKEN_SPENT: {
    what: { vi: 'Lượt ký này đã dùng', en: 'this token was spent: one preparation is signed once' },
    todo: { vi: 'Chuẩn bị lại rồi mới ký', en: 'prepare again before signing' },
  },
  CRL_SIGNATURE_REJECTED: {
    what: { vi: 'Chữ ký danh sách thu hồi không đúng', en: 'the signature does not verify under the CSCA public key' },
    todo: { vi: 'Cách ly token; không công bố', en: 'quarantine the token; do not publish the list' },
  },
  CRL_REFUSED: {
    what: { vi: 'Danh sách thu hồi không đáng tin', en: 'the revocation list is not one that a trusted CSCA vouches for now' },
    todo: { vi: 'Giữ danh sách cũ; lấy lại từ nguồn phát hành', en: 'keep the list in use; fetch the list again from its issuer' },
  },
  CRL_NOT_NEWER: {
    what: { vi: 'Danh sách thu hồi không mới hơn danh sách đang dùng', en: 'the revocation list is not newer than the one in use' },
    todo: { vi: 'Giữ danh sách đang dùng; hỏi nơi phát hành', en: 'keep the list in use; ask its issuer for the latest' },
  },
} as const satisfies ErrorTable<CrlErrorCode>;

export class CrlError extends CodedError<CrlErrorCode> {
  constructor(code: CrlErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
