import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type ProfileErrorCode =
  | 'PROFILE_INVALID'
  | 'PROFILE_UNKNOWN'
  | 'RECORD_INVALID'
  | 'CHIP_ID_FORMAT'
  | 'CHIP_KEY_UNSUITABLE'
  | 'CVCA_REFERENCES_UNSUITABLE'
  | 'DATA_GROUP_TOO_LARGE'
  | 'CHIP_CAPACITY_EXCEEDED';

const TABLE = {
  PROFILE_INVALID: {
    what: { vi: 'Cấu hình loại thẻ không hợp lệ', en: 'the card profile is not valid' },
    todo: { vi: 'Sửa cấu hình tại vị trí được nêu', en: 'correct the profile at the place that is named' },
  },
  PROFILE_UNKNOWN: {
    what: { vi: 'Không có loại thẻ này', en: 'there is no such card profile' },
    todo: { vi: 'Chọn một loại thẻ đã cài đặt', en: 'choose a profile that is installed' },
  },
  RECORD_INVALID: {
    what: { vi: 'Hồ sơ có trường không ghi được lên thẻ', en: 'the record has a field that cannot be written on a card' },
    todo: { vi: 'Trả hồ sơ về nơi thu nhận để sửa', en: 'return the record to be corrected where it was taken' },
  },
  CHIP_ID_FORMAT: {
    what: { vi: 'Mã chip không đúng dạng', en: 'the chip id does not have its form' },
    todo: { vi: 'Cách ly phôi và đọc lại mã chip', en: 'set the blank aside and read its chip id again' },
  },
  CHIP_KEY_UNSUITABLE: {
    what: { vi: 'Khóa công khai của chip không đúng loại', en: 'a public key of the chip is not of the kind that the profile asks for' },
    todo: { vi: 'Cách ly phôi; báo nhà cung cấp chip', en: 'set the blank aside; tell the supplier of the chip' },
  },
  CVCA_REFERENCES_UNSUITABLE: {
    what: {
      vi: 'Thiếu hoặc sai tham chiếu CVCA mà thẻ phải tin',
      en: 'the references of the CVCA that the card is to trust are missing or malformed',
    },
    todo: { vi: 'Cấp chứng thư CVCA cho dây chuyền', en: 'give the line the certificate of the CVCA' },
  },
  DATA_GROUP_TOO_LARGE: {
    what: { vi: 'Một tệp vượt kích thước tối đa', en: 'a file is larger than the chip takes' },
    todo: { vi: 'Giảm dung lượng ảnh hoặc rút gọn văn bản', en: 'send a smaller portrait or shorter texts' },
  },
  CHIP_CAPACITY_EXCEEDED: {
    what: { vi: 'Tổng dữ liệu vượt dung lượng chip', en: 'the files together are larger than the chip' },
    todo: { vi: 'Giảm dung lượng ảnh chân dung', en: 'send a smaller portrait' },
  },
} as const satisfies ErrorTable<ProfileErrorCode>;

/** A profile, a record or a chip that do not go together. `where` names a path, a field or a file, never a value. */
export class ProfileError extends CodedError<ProfileErrorCode> {
  constructor(code: ProfileErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
