import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CeremonyErrorCode =
  | 'CEREMONY_PLAN_CHANGED'
  | 'CEREMONY_MINUTES_MISSING'
  | 'CEREMONY_MINUTES_BROKEN'
  | 'CEREMONY_TOKEN_UNEXPECTED'
  | 'CEREMONY_SECOND_OPINION'
  | 'CEREMONY_UNFINISHED'
  | 'CEREMONY_FILE_INVALID'
  | 'CEREMONY_PEOPLE_ABSENT'
  | 'CEREMONY_AUTHORITY_UNGUARDED'
  | 'CEREMONY_TOKEN_ABSENT'
  | 'CEREMONY_TOKEN_REFUSED'
  | 'CEREMONY_STEP_REFUSED'
  | 'CEREMONY_KCV_MISMATCH'
  | 'CEREMONY_WRAPPED_KEY_AWAITED'
  | 'CEREMONY_REHEARSAL'
  | 'CEREMONY_KEY_MISSING'
  | 'APPROVAL_TOO_FEW'
  | 'APPROVAL_SAME_PERSON_TWICE'
  | 'APPROVAL_PERSON_UNKNOWN'
  | 'APPROVAL_SIGNATURE_INVALID'
  | 'APPROVAL_MALFORMED'
  | 'SHARES_UNDEALABLE'
  | 'SHARES_TOO_FEW'
  | 'SHARES_FOREIGN'
  | 'CUSTODIAN_PASSPHRASE_SHORT'
  | 'CUSTODIAN_PASSPHRASE_WRONG'
  | 'CUSTODIAN_MALFORMED';

const TABLE = {
  CEREMONY_PLAN_CHANGED: {
    what: { vi: 'Kế hoạch khác với kế hoạch đã bắt đầu', en: 'the plan is not the one that this ceremony was begun with' },
    todo: {
      vi: 'Chạy tiếp với đúng kế hoạch cũ, hoặc mở lễ mới với mã khác',
      en: 'resume with the same plan, or begin a new ceremony under another id',
    },
  },
  CEREMONY_MINUTES_MISSING: {
    what: {
      vi: 'Token có khóa của lễ này nhưng không có biên bản',
      en: 'the token has keys of this ceremony, but its minutes are missing',
    },
    todo: { vi: 'Khôi phục biên bản; không tự ý hủy khóa', en: 'restore the minutes; destroy no key on your own' },
  },
  CEREMONY_MINUTES_BROKEN: {
    what: { vi: 'Biên bản bị sửa hoặc bị cụt', en: 'the minutes were changed or cut: their hash chain does not hold' },
    todo: { vi: 'Khôi phục biên bản gốc', en: 'restore the original minutes' },
  },
  CEREMONY_TOKEN_UNEXPECTED: {
    what: { vi: 'Token có khóa không giải thích được bằng biên bản', en: 'the token has keys that the minutes do not explain' },
    todo: { vi: 'Cách ly token và kiểm kê khóa', en: 'quarantine the token and take an inventory of its keys' },
  },
  CEREMONY_SECOND_OPINION: {
    what: { vi: 'Thư viện kiểm tra thứ hai không chấp nhận chứng thư', en: 'the second library does not accept the certificate' },
    todo: { vi: 'Không công bố; kiểm tra token và phần mềm', en: 'do not publish it; examine the token and the software' },
  },
  CEREMONY_UNFINISHED: {
    what: { vi: 'Lễ tạo khóa chưa hoàn tất', en: 'the ceremony is not finished' },
    todo: { vi: 'Chạy tiếp lễ tạo khóa', en: 'run the ceremony again: it resumes' },
  },
  CEREMONY_FILE_INVALID: {
    what: { vi: 'Tệp lễ tạo khóa không hợp lệ', en: 'the ceremony’s file is not valid' },
    todo: { vi: 'Sửa chỗ đã nêu, rồi phê duyệt lại', en: 'correct the place that is named, then have it approved again' },
  },
  CEREMONY_PEOPLE_ABSENT: {
    what: { vi: 'Không đủ người có mặt đã phê duyệt', en: 'too few of the people who approved are present' },
    todo: { vi: 'Mời người giữ khóa đã phê duyệt đến cùng tệp của họ', en: 'call custodians who approved, each with their own file' },
  },
  CEREMONY_AUTHORITY_UNGUARDED: {
    what: {
      vi: 'Token của cơ quan đã mở hoặc mở được khi chưa đủ người',
      en: 'the authority’s token was open already, or its PIN is in fewer hands than the quorum',
    },
    todo: { vi: 'Đóng token; chia lại mã PIN cho đủ người', en: 'close the token; deal its PIN among as many people as the quorum asks' },
  },
  CEREMONY_TOKEN_ABSENT: {
    what: { vi: 'Thiếu token mà lễ này cần', en: 'a token that this ceremony needs is not there' },
    todo: { vi: 'Kết nối token rồi chạy tiếp', en: 'connect the token and run the ceremony again: it resumes' },
  },
  CEREMONY_TOKEN_REFUSED: {
    what: {
      vi: 'Token phần mềm không được dùng cho lễ thật, token thật không được dùng cho buổi diễn tập',
      en: 'a token in software has no place in a ceremony, and a real token none in a rehearsal',
    },
    todo: { vi: 'Dùng đúng loại token, hoặc thêm --rehearse', en: 'use the right kind of token, or rehearse with --rehearse' },
  },
  CEREMONY_STEP_REFUSED: {
    what: { vi: 'Bước này không được phép lúc này', en: 'this step cannot be done as things stand' },
    todo: {
      vi: 'Đọc quy tắc đã nêu; sửa tệp và phê duyệt lại',
      en: 'read the rule that is named; correct the file and have it approved again',
    },
  },
  CEREMONY_KCV_MISMATCH: {
    what: {
      vi: 'KCV của khóa trong token khác với giá trị mong đợi hoặc khác giữa các token',
      en: 'the check value of the key in a token is not the expected one, or differs between tokens',
    },
    todo: { vi: 'Không dùng khóa; hỏi lại nhà sản xuất chip', en: 'do not use the key; ask the chip maker again' },
  },
  CEREMONY_WRAPPED_KEY_AWAITED: {
    what: { vi: 'Chờ khóa vận chuyển đã bọc cho token', en: 'the transport master wrapped for this token is awaited' },
    todo: {
      vi: 'Gửi khóa công khai của token cho nhà sản xuất chip, rồi chạy tiếp với tệp nhận về',
      en: 'send the token’s public key to the chip maker, and run again with the file that comes back',
    },
  },
  CEREMONY_REHEARSAL: {
    what: {
      vi: 'Đây là biên bản diễn tập, không phải của nhà máy (hoặc ngược lại)',
      en: 'a rehearsal’s minutes are not a plant’s, nor a plant’s a rehearsal’s',
    },
    todo: { vi: 'Dùng đúng biên bản', en: 'use the minutes of the right kind' },
  },
  CEREMONY_KEY_MISSING: {
    what: { vi: 'Khóa có trong biên bản nhưng không còn trong token', en: 'a key of the minutes is no longer in its token' },
    todo: { vi: 'Cách ly token và kiểm kê khóa', en: 'quarantine the token and take an inventory of its keys' },
  },
  APPROVAL_TOO_FEW: {
    what: { vi: 'Chưa đủ người phê duyệt', en: 'not enough people have approved' },
    todo: { vi: 'Xin thêm phê duyệt của người khác', en: 'have more of the named people approve' },
  },
  APPROVAL_SAME_PERSON_TWICE: {
    what: { vi: 'Một người phê duyệt hai lần', en: 'the same person approved twice' },
    todo: { vi: 'Mỗi phê duyệt phải của một người khác nhau', en: 'each approval must be another person’s' },
  },
  APPROVAL_PERSON_UNKNOWN: {
    what: { vi: 'Người phê duyệt không có trong danh sách', en: 'the approval is of somebody who is not one of the named people' },
    todo: { vi: 'Kiểm tra danh sách người giữ khóa', en: 'check who the custodians are' },
  },
  APPROVAL_SIGNATURE_INVALID: {
    what: {
      vi: 'Chữ ký phê duyệt không khớp: nội dung đã đổi hoặc chữ ký không phải của người này',
      en: 'the approval is not for these bytes: they were changed afterwards, or another signed in this name',
    },
    todo: { vi: 'So lại mã băm rồi phê duyệt lại', en: 'compare the hash again, find out what changed, and approve anew' },
  },
  APPROVAL_MALFORMED: {
    what: { vi: 'Tệp phê duyệt sai định dạng', en: 'the approval does not have the form of one' },
    todo: { vi: 'Phê duyệt lại bằng cardmint custodian approve', en: 'approve again with cardmint custodian approve' },
  },
  SHARES_UNDEALABLE: {
    what: { vi: 'Không thể chia mã PIN như vậy', en: 'a PIN cannot be split this way: two or more of at most 255 people' },
    todo: {
      vi: 'Chọn số người cần thiết từ 2 đến số người giữ khóa',
      en: 'choose how many are needed: two or more, and no more than there are custodians',
    },
  },
  SHARES_TOO_FEW: {
    what: { vi: 'Chưa đủ mảnh PIN để mở token của cơ quan', en: 'too few shares of the authority’s PIN are present' },
    todo: { vi: 'Mời thêm người giữ khóa', en: 'call more of the custodians' },
  },
  SHARES_FOREIGN: {
    what: {
      vi: 'Mảnh PIN không cùng một lần chia, trùng nhau hoặc đã bị đổi; token chưa bị hỏi',
      en: 'the shares are not of one dealing, or one is there twice or was changed; the token was not asked',
    },
    todo: { vi: 'Kiểm tra tệp của từng người giữ khóa', en: 'check each custodian’s file' },
  },
  CUSTODIAN_PASSPHRASE_SHORT: {
    what: { vi: 'Cụm mật khẩu quá ngắn', en: 'the passphrase is too short' },
    todo: { vi: 'Dùng ít nhất 12 ký tự', en: 'use twelve characters or more' },
  },
  CUSTODIAN_PASSPHRASE_WRONG: {
    what: { vi: 'Sai cụm mật khẩu, hoặc tệp đã bị sửa', en: 'the passphrase is wrong, or the custodian’s file was changed' },
    todo: {
      vi: 'Nhập lại; nếu vẫn sai, lấy bản sao lưu của tệp',
      en: 'type it again; if it is refused again, take the file from its backup',
    },
  },
  CUSTODIAN_MALFORMED: {
    what: { vi: 'Tệp người giữ khóa sai định dạng', en: 'this is not a custodian’s file' },
    todo: {
      vi: 'Kiểm tra đường dẫn; tạo bằng cardmint custodian new',
      en: 'check the path; such files are made by cardmint custodian new',
    },
  },
} as const satisfies ErrorTable<CeremonyErrorCode>;

export class CeremonyError extends CodedError<CeremonyErrorCode> {
  constructor(code: CeremonyErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}

export function isCeremonyErrorCode(code: string): code is CeremonyErrorCode {
  return Object.hasOwn(TABLE, code);
}
