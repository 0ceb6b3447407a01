import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type SealedBoxErrorCode = 'BOX_MALFORMED' | 'BOX_NOT_OPENED' | 'BOX_RECIPIENT_ABSENT' | 'BOX_INPUT_INVALID';

const TABLE = {
  BOX_MALFORMED: {
    what: { vi: 'Hộp niêm phong không đúng cấu trúc', en: 'the bytes are not a sealed box of a known version' },
    todo: { vi: 'Kiểm tra bản ghi lưu trữ', en: 'check the stored record' },
  },
  BOX_NOT_OPENED: {
    what: {
      vi: 'Không mở được hộp: sai khóa, sai ngữ cảnh hoặc dữ liệu bị sửa',
      en: 'the box does not open: another key, another context, or changed bytes',
    },
    todo: { vi: 'Cách ly bản ghi và báo cáo', en: 'quarantine the record and report it' },
  },
  BOX_RECIPIENT_ABSENT: {
    what: { vi: 'Không có hộp nào niêm phong cho khóa này', en: 'it holds no box for this key' },
    todo: {
      vi: 'Mở bằng thiết bị khác, rồi niêm phong lại cho mọi khóa',
      en: 'open it with another token, then seal it again to all of them',
    },
  },
  BOX_INPUT_INVALID: {
    what: {
      vi: 'Bí mật hoặc danh sách khóa nhận không thể niêm phong',
      en: 'the secret has no length that can be sealed, or the keys to seal to are none, too many or twice the same',
    },
    todo: { vi: 'Chỉ niêm phong khóa dữ liệu, cho khóa của các thiết bị', en: 'seal data keys only, to the keys of the tokens' },
  },
} as const satisfies ErrorTable<SealedBoxErrorCode>;

export class SealedBoxError extends CodedError<SealedBoxErrorCode> {
  constructor(code: SealedBoxErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
