import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type PkdErrorCode =
  | 'PKD_LDIF_MALFORMED'
  | 'PKD_ENTRY_MALFORMED'
  | 'PKD_ENTRY_DUPLICATE'
  | 'PKD_OBJECT_UNREADABLE'
  | 'PKD_COUNTRY_MISMATCH'
  | 'PKD_CHECKSUM_MISMATCH';

const TABLE = {
  PKD_LDIF_MALFORMED: {
    what: { vi: 'Tệp không đúng định dạng LDIF', en: 'the file is no LDIF file' },
    todo: { vi: 'Tải lại tệp từ PKD và so mã băm', en: 'fetch the file again from the PKD and compare its checksum' },
  },
  PKD_ENTRY_MALFORMED: {
    what: { vi: 'Mục trong tệp LDIF không phải mục của PKD', en: 'an entry of the LDIF file is none of the PKD’s' },
    todo: { vi: 'Tải lại tệp từ PKD; xem dòng được nêu', en: 'fetch the file again from the PKD; see the line that is named' },
  },
  PKD_ENTRY_DUPLICATE: {
    what: { vi: 'Hai mục có cùng tên', en: 'two entries have the same name' },
    todo: {
      vi: 'Chỉ gửi một CRL, một Master List và một Deviation List mỗi lần',
      en: 'upload one CRL, one Master List and one Deviation List at a time',
    },
  },
  PKD_OBJECT_UNREADABLE: {
    what: { vi: 'Không đọc được tệp cần gửi lên PKD', en: 'what is to be uploaded cannot be read at all' },
    todo: { vi: 'Kiểm tra đúng tệp DER đã phát hành', en: 'check that it is the DER file that was issued' },
  },
  PKD_COUNTRY_MISMATCH: {
    what: { vi: 'Tệp thuộc nước khác', en: 'what is to be uploaded is of another country' },
    todo: { vi: 'Mỗi nước chỉ gửi tệp của mình', en: 'a State uploads what is its own' },
  },
  PKD_CHECKSUM_MISMATCH: {
    what: { vi: 'Mã băm của tệp không khớp', en: 'a file does not have the checksum that is listed' },
    todo: { vi: 'Tạo lại hoặc tải lại toàn bộ tệp', en: 'make or fetch all the files again' },
  },
} as const satisfies ErrorTable<PkdErrorCode>;

/** `where` is a line, a kind of object or a file name of ours; `detail` the rule. */
export class PkdError extends CodedError<PkdErrorCode> {
  constructor(code: PkdErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
