import type { Bilingual, ErrorMeaning, ErrorTable } from '#encoder/bytes';
import type { CitizenRecord } from './citizen-record.ts';

/** The names of `design/bad-input.md` where it has one. */
export type LintCode =
  | 'FIELD_EMPTY'
  | 'FIELD_TYPE'
  | 'PERSONAL_ID_FORMAT'
  | 'PERSONAL_ID_INCONSISTENT'
  | 'OLD_ID_FORMAT'
  | 'DATE_INVALID'
  | 'DATE_IMPLAUSIBLE'
  | 'CODE_UNKNOWN'
  | 'NATIONALITY_UNDETERMINED'
  | 'RESIDENCE_MISSING'
  | 'TEXT_NOT_NFC'
  | 'CHAR_NOT_ALLOWED'
  | 'TEXT_WHITESPACE'
  | 'TEXT_TOO_LONG'
  | 'LIST_TOO_LONG'
  | 'MRZ_TRUNCATED'
  | 'IMAGE_FORMAT'
  | 'IMAGE_CORRUPT'
  | 'IMAGE_PROFILE'
  | 'IMAGE_DIMENSIONS'
  | 'IMAGE_TOO_LARGE'
  | 'IMAGE_TOO_SMALL'
  | 'IMAGE_METADATA'
  | 'DATA_GROUP_TOO_LARGE'
  | 'CHIP_CAPACITY_EXCEEDED'
  | 'FILES_NOT_BUILDABLE';

export type LintSeverity = 'refusal' | 'warning';

/** One thing that is wrong with a record. It holds no personal value: at most a length, an offset, a code point. */
export interface LintFinding {
  readonly code: LintCode;
  readonly severity: LintSeverity;
  /** Path within the record: `fullName`, `spouses[0]`, `portrait`. */
  readonly field: string;
  readonly what: Bilingual;
  readonly todo: Bilingual;
  readonly detail?: string;
}

const RETURN = { vi: 'Trả hồ sơ về nơi thu nhận để sửa', en: 'return the record to be corrected where it was taken' };
const CLIENT = { vi: 'Sửa phần mềm gửi hồ sơ', en: 'correct the software that sends the record' };
const IMAGE = { vi: 'Gửi lại ảnh theo quy cách của loại thẻ', en: 'send the image again as the card profile asks for it' };

const TABLE = {
  FIELD_EMPTY: { what: { vi: 'Trường bắt buộc bị trống', en: 'a required field is empty' }, todo: RETURN },
  FIELD_TYPE: { what: { vi: 'Trường không đúng kiểu dữ liệu', en: 'a field does not have its type' }, todo: CLIENT },
  PERSONAL_ID_FORMAT: {
    what: { vi: 'Số định danh phải gồm đúng 12 chữ số ASCII', en: 'the personal number is not 12 ASCII digits' },
    todo: CLIENT,
  },
  PERSONAL_ID_INCONSISTENT: {
    what: {
      vi: 'Số định danh không khớp giới tính hoặc năm sinh',
      en: 'the personal number does not go with the sex or the year of birth',
    },
    todo: { vi: 'Đối chiếu với Cơ sở dữ liệu dân cư', en: 'compare with the population database' },
  },
  OLD_ID_FORMAT: {
    what: { vi: 'Số CMND cũ phải gồm 9 hoặc 12 chữ số', en: 'the old identity number is not 9 or 12 digits' },
    todo: RETURN,
  },
  DATE_INVALID: {
    what: { vi: 'Ngày không có trong lịch hoặc sai dạng YYYY-MM-DD', en: 'not a day of the calendar in the form YYYY-MM-DD' },
    todo: RETURN,
  },
  DATE_IMPLAUSIBLE: { what: { vi: 'Ngày không hợp lý', en: 'the date cannot be right' }, todo: RETURN },
  CODE_UNKNOWN: {
    what: { vi: 'Mã không có trong danh mục của loại thẻ', en: 'the code is not on the list of the card profile' },
    todo: RETURN,
  },
  NATIONALITY_UNDETERMINED: {
    what: { vi: 'Chưa xác định quốc tịch', en: 'the nationality is undetermined' },
    todo: { vi: 'Không cấp thẻ; xác minh quốc tịch', en: 'issue no card; have the nationality established' },
  },
  RESIDENCE_MISSING: {
    what: { vi: 'Thiếu nơi thường trú', en: 'the place of residence is missing' },
    todo: { vi: 'Bổ sung nơi thường trú rồi gửi lại', en: 'supply the place of residence and send the record again' },
  },
  TEXT_NOT_NFC: {
    what: { vi: 'Văn bản không ở dạng Unicode NFC', en: 'the text is not in Unicode NFC' },
    todo: CLIENT,
  },
  CHAR_NOT_ALLOWED: { what: { vi: 'Có ký tự không được phép', en: 'a character is not allowed here' }, todo: RETURN },
  TEXT_WHITESPACE: {
    what: { vi: 'Thừa khoảng trắng ở đầu, cuối hoặc giữa', en: 'spaces at an end or two in a row' },
    todo: RETURN,
  },
  TEXT_TOO_LONG: { what: { vi: 'Văn bản quá dài', en: 'the text is too long' }, todo: RETURN },
  LIST_TOO_LONG: { what: { vi: 'Danh sách quá dài', en: 'the list is too long' }, todo: RETURN },
  MRZ_TRUNCATED: {
    what: { vi: 'Họ tên bị rút gọn trong MRZ', en: 'the name is truncated in the MRZ' },
    todo: { vi: 'Kiểm tra dòng MRZ thứ ba khi kiểm phẩm', en: 'look at MRZ line 3 in quality control' },
  },
  IMAGE_FORMAT: { what: { vi: 'Ảnh không đúng định dạng', en: 'the image does not have its format' }, todo: IMAGE },
  IMAGE_CORRUPT: { what: { vi: 'Tệp ảnh hỏng hoặc bị cụt', en: 'the image file is damaged or cut' }, todo: IMAGE },
  IMAGE_PROFILE: { what: { vi: 'Kiểu mã hóa ảnh không được phép', en: 'the image uses a coding that is not allowed' }, todo: IMAGE },
  IMAGE_DIMENSIONS: { what: { vi: 'Kích thước ảnh ngoài giới hạn', en: 'the width or height of the image is out of bounds' }, todo: IMAGE },
  IMAGE_TOO_LARGE: { what: { vi: 'Ảnh vượt dung lượng cho phép', en: 'the image has too many bytes' }, todo: IMAGE },
  IMAGE_TOO_SMALL: { what: { vi: 'Ảnh quá nhỏ để là ảnh thật', en: 'the image has too few bytes to be one' }, todo: IMAGE },
  IMAGE_METADATA: {
    what: { vi: 'Ảnh chứa dữ liệu kèm theo không được phép', en: 'the image carries data that nobody ordered' },
    todo: { vi: 'Gửi lại ảnh không có EXIF, chú thích, ảnh thu nhỏ', en: 'send the image without EXIF, comments and thumbnails' },
  },
  DATA_GROUP_TOO_LARGE: { what: { vi: 'Một tệp vượt kích thước tối đa', en: 'a file would be larger than the chip takes' }, todo: IMAGE },
  CHIP_CAPACITY_EXCEEDED: {
    what: { vi: 'Tổng dữ liệu vượt dung lượng chip', en: 'the files together would be larger than the chip' },
    todo: IMAGE,
  },
  FILES_NOT_BUILDABLE: { what: { vi: 'Không tạo được tệp cho thẻ', en: 'the files of the card cannot be built' }, todo: RETURN },
} as const satisfies ErrorTable<LintCode>;

export const LINT_CODES = Object.keys(TABLE) as readonly LintCode[];

/** `fullName`, or a member of a list. */
export type FieldPath = keyof CitizenRecord | `${'spouses' | 'otherNames' | 'personsToNotify'}[${number}]`;

export function finding(severity: LintSeverity, code: LintCode, field: FieldPath, detail?: string): LintFinding {
  const { what, todo }: ErrorMeaning = TABLE[code];
  return { code, severity, field, what, todo, ...(detail === undefined ? {} : { detail }) };
}

export function refusal(code: LintCode, field: FieldPath, detail?: string): LintFinding {
  return finding('refusal', code, field, detail);
}

export function warning(code: LintCode, field: FieldPath, detail?: string): LintFinding {
  return finding('warning', code, field, detail);
}
