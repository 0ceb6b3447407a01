import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type ProvinceErrorCode = 'PROVINCE_UNKNOWN';

const TABLE = {
  PROVINCE_UNKNOWN: {
    what: { vi: 'Mã tỉnh không thuộc 34 tỉnh, thành phố', en: 'no province of the 34 has this code' },
    todo: {
      vi: 'Sửa mã tỉnh trong cấu hình (Quyết định 19/2025/QĐ-TTg)',
      en: 'correct the code in the configuration (Quyết định 19/2025/QĐ-TTg)',
    },
  },
} as const satisfies ErrorTable<ProvinceErrorCode>;

/** A code that names no province. */
export class ProvinceError extends CodedError<ProvinceErrorCode> {
  constructor(code: ProvinceErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
