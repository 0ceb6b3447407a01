import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type MrzErrorCode =
  | 'MRZ_LENGTH'
  | 'MRZ_LENGTH_TWO_LINES'
  | 'MRZ_CHARACTER'
  | 'MRZ_CHECK_DIGIT'
  | 'MRZ_FIELD'
  | 'MRZ_NATIONAL_NUMBER'
  | 'NAME_CHARACTER'
  | 'NAME_STRUCTURE';

const TABLE = {
  MRZ_LENGTH: {
    what: { vi: 'Dòng MRZ sai số ký tự', en: 'an MRZ line does not have its number of characters' },
    todo: { vi: 'Đọc lại MRZ: ba dòng, mỗi dòng 30 ký tự', en: 'read the MRZ again: three lines of 30 characters' },
  },
  MRZ_LENGTH_TWO_LINES: {
    what: { vi: 'MRZ hai dòng sai số dòng hoặc số ký tự', en: 'an MRZ of two lines does not have its number of lines or characters' },
    todo: {
      vi: 'Đọc lại MRZ: hai dòng, mỗi dòng 36 (TD2) hoặc 44 (TD3) ký tự',
      en: 'read the MRZ again: two lines of 36 (TD2) or 44 (TD3) characters',
    },
  },
  MRZ_CHARACTER: {
    what: { vi: 'MRZ có ký tự không được phép', en: 'the MRZ has a character that is not allowed there' },
    todo: { vi: 'Chỉ dùng A-Z, 0-9 và <', en: 'use A-Z, 0-9 and < only' },
  },
  MRZ_CHECK_DIGIT: {
    what: { vi: 'Số kiểm tra MRZ không khớp', en: 'a check digit of the MRZ does not match' },
    todo: { vi: 'Đọc lại MRZ; nếu vẫn sai, loại thẻ', en: 'read the MRZ again; if it stays wrong, reject the card' },
  },
  MRZ_FIELD: {
    what: { vi: 'Một trường MRZ không đúng dạng', en: 'a field of the MRZ does not have its form' },
    todo: { vi: 'Kiểm tra trường được nêu', en: 'check the field that is named' },
  },
  MRZ_NATIONAL_NUMBER: {
    what: { vi: 'Số định danh trong MRZ không nhất quán', en: 'the personal number in the MRZ is not consistent' },
    todo: { vi: 'Đọc lại dòng 1; nếu vẫn sai, loại thẻ', en: 'read line 1 again; if it stays wrong, reject the card' },
  },
  NAME_CHARACTER: {
    what: { vi: 'Họ tên có ký tự không chuyển được sang MRZ', en: 'the name has a character that has no MRZ form' },
    todo: { vi: 'Trả hồ sơ về nơi thu nhận để sửa họ tên', en: 'return the record to be corrected where it was taken' },
  },
  NAME_STRUCTURE: {
    what: { vi: 'Họ tên trống hoặc có phần trống', en: 'the name is empty or has an empty part' },
    todo: { vi: 'Trả hồ sơ về nơi thu nhận để sửa họ tên', en: 'return the record to be corrected where it was taken' },
  },
} as const satisfies ErrorTable<MrzErrorCode>;

/** Text that cannot be, or is not, a machine readable zone. `where` is a line and column or a field, never a value. */
export class MrzError extends CodedError<MrzErrorCode> {
  constructor(code: MrzErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
