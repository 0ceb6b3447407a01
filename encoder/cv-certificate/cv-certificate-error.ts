import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CvCertificateErrorCode =
  | 'CV_ISSUER_UNKNOWN'
  | 'CV_SIGNATURE_INVALID'
  | 'CV_EXPIRED'
  | 'CV_TRUST_POINT_EXPIRED'
  | 'CV_TRUST_POINT_INVALID'
  | 'CV_ROLE_INVALID'
  | 'CV_HOLDER_KNOWN'
  | 'CV_PROFILE_INVALID'
  | 'CV_KEY_INVALID'
  | 'CV_CHAIN_TOO_LONG';

const ISSUE_AGAIN = { vi: 'Yêu cầu nơi cấp phát hành lại chứng thư', en: 'ask the issuer for a correct certificate' } as const;

const TABLE = {
  CV_ISSUER_UNKNOWN: {
    what: { vi: 'Không có khoá của nơi cấp chứng thư CV này', en: 'the key that a CV certificate names as its issuer is not there' },
    todo: { vi: 'Gửi chuỗi bắt đầu từ khoá CVCA mà chip công bố', en: 'send the chain that starts at the CVCA key the chip names' },
  },
  CV_SIGNATURE_INVALID: {
    what: { vi: 'Chữ ký của chứng thư CV không đúng', en: 'the signature of a CV certificate is wrong' },
    todo: { vi: 'Từ chối thiết bị đọc này và báo an ninh', en: 'refuse this terminal and report it' },
  },
  CV_EXPIRED: {
    what: { vi: 'Chứng thư CV đã hết hạn', en: 'a CV certificate has expired' },
    todo: { vi: 'Lấy chứng thư mới từ nơi cấp', en: 'fetch a current certificate from its issuer' },
  },
  CV_TRUST_POINT_EXPIRED: {
    what: { vi: 'Khoá CVCA đã hết hạn', en: 'the CVCA key that is trusted has expired' },
    todo: { vi: 'Gửi chứng thư liên kết CVCA trước', en: 'send the CVCA link certificate first' },
  },
  CV_TRUST_POINT_INVALID: {
    what: { vi: 'Chứng thư không dùng làm điểm tin cậy được', en: 'a certificate cannot be a trust point' },
    todo: { vi: 'Dùng chứng thư CVCA có tham số miền', en: 'use a CVCA certificate with domain parameters' },
  },
  CV_ROLE_INVALID: {
    what: { vi: 'Vai trò của chứng thư CV không được nơi cấp này cấp', en: 'this issuer may not certify a holder of that role' },
    todo: { vi: 'Từ chối thiết bị đọc này và báo an ninh', en: 'refuse this terminal and report it' },
  },
  CV_HOLDER_KNOWN: {
    what: { vi: 'Tên chủ khoá đã thuộc một điểm tin cậy', en: 'the holder reference already belongs to a trust point' },
    todo: { vi: 'Không gửi lại chứng thư CVCA mà chip đã có', en: 'do not send a CVCA certificate that the chip has' },
  },
  CV_PROFILE_INVALID: {
    what: { vi: 'Chứng thư CV trái với hồ sơ chứng thư', en: 'a CV certificate breaks a rule of its profile' },
    todo: ISSUE_AGAIN,
  },
  CV_KEY_INVALID: {
    what: {
      vi: 'Khoá trong chứng thư CV không hợp lệ hoặc không được hỗ trợ',
      en: 'the key of a CV certificate is invalid or not supported',
    },
    todo: ISSUE_AGAIN,
  },
  CV_CHAIN_TOO_LONG: {
    what: { vi: 'Chuỗi chứng thư CV quá dài', en: 'the chain of CV certificates is too long' },
    todo: { vi: 'Gửi chuỗi ngắn nhất từ khoá CVCA của chip', en: 'send the shortest chain from the CVCA key of the chip' },
  },
} as const satisfies ErrorTable<CvCertificateErrorCode>;

/** A CV certificate is well formed but not to be trusted. `where` names its place in the chain, `detail` the rule. */
export class CvCertificateError extends CodedError<CvCertificateErrorCode> {
  constructor(code: CvCertificateErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
