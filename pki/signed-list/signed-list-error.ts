import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type SignedListErrorCode = 'SIGNED_LIST_LINT' | 'SIGNED_LIST_TOKEN_SPENT' | 'SIGNED_LIST_SIGNATURE_REJECTED';

const TABLE = {
  SIGNED_LIST_LINT: {
    what: { vi: 'Danh sách sắp ký trái với quy định của ICAO', en: 'the list that is to be signed breaks a rule of its profile' },
    todo: { vi: 'Sửa nội dung theo quy tắc được nêu; chưa có gì được ký', en: 'correct what the rule names; nothing was signed' },
  },
  SIGNED_LIST_TOKEN_SPENT: {
    what: { vi: 'Yêu cầu ký danh sách này đã được dùng', en: 'this list was already signed once' },
    todo: { vi: 'Chuẩn bị lại danh sách', en: 'prepare the list again' },
  },
  SIGNED_LIST_SIGNATURE_REJECTED: {
    what: { vi: 'Chữ ký của token trên danh sách không đúng', en: 'the signature that the token made over the list does not verify' },
    todo: { vi: 'Không công bố; kiểm tra token', en: 'publish nothing; examine the token' },
  },
} as const satisfies ErrorTable<SignedListErrorCode>;

/** `where` names the kind of list, `detail` the rules. */
export class SignedListError extends CodedError<SignedListErrorCode> {
  constructor(code: SignedListErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
