import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CvcaErrorCode = 'CVCA_SIGNATURE_INVALID' | 'CVCA_REFERENCE_INVALID';

const TABLE = {
  CVCA_SIGNATURE_INVALID: {
    what: { vi: 'Chữ ký trên chứng thư CV không kiểm tra được', en: 'the signature over the CV certificate does not verify' },
    todo: { vi: 'Không dùng chứng thư; kiểm tra token', en: 'do not use the certificate; examine the token' },
  },
  CVCA_REFERENCE_INVALID: {
    what: { vi: 'Tên chủ khóa CV sai quy cách', en: 'the holder reference is not of the form country, mnemonic, sequence number' },
    todo: { vi: 'Sửa cấu hình tên chủ khóa', en: 'correct the configured holder name' },
  },
} as const satisfies ErrorTable<CvcaErrorCode>;

export class CvcaError extends CodedError<CvcaErrorCode> {
  constructor(code: CvcaErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
