import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type EcErrorCode = 'EC_POINT_INVALID' | 'EC_SIGNATURE_FORM';

const TABLE = {
  EC_POINT_INVALID: {
    what: { vi: 'Điểm khóa công khai không hợp lệ', en: 'the public key is not an uncompressed point on its curve' },
    todo: { vi: 'Từ chối khóa này và kiểm tra nguồn gốc', en: 'refuse this key and check where it came from' },
  },
  EC_SIGNATURE_FORM: {
    what: { vi: 'Chữ ký ECDSA sai định dạng', en: 'the ECDSA signature does not have the form it must have' },
    todo: { vi: 'Từ chối chữ ký này', en: 'refuse this signature' },
  },
} as const satisfies ErrorTable<EcErrorCode>;

export class EcError extends CodedError<EcErrorCode> {
  constructor(code: EcErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
