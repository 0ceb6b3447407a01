import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type SodErrorCode =
  | 'SOD_DATA_GROUP_INVALID'
  | 'SOD_DATA_GROUP_SET'
  | 'SOD_EF_COM_INVALID'
  | 'SOD_LINT'
  | 'SOD_MALFORMED'
  | 'SOD_SIGNER_UNSUITABLE'
  | 'SOD_SIGNER_OUTSIDE_USAGE_PERIOD'
  | 'SOD_DOCUMENT_TYPE'
  | 'SOD_TOKEN_SPENT'
  | 'SIGNATURE_REJECTED';

const TABLE = {
  SOD_DATA_GROUP_INVALID: {
    what: { vi: 'Nhóm dữ liệu sai thẻ hoặc sai độ dài', en: 'a data group does not have its own tag or its exact length' },
    todo: { vi: 'Dựng lại nhóm dữ liệu; chưa có gì được ký', en: 'build the data group again; nothing was signed' },
  },
  SOD_DATA_GROUP_SET: {
    what: { vi: 'Các nhóm dữ liệu không khớp EF.COM', en: 'the data groups are not exactly those that EF.COM lists' },
    todo: { vi: 'Dựng lại EF.COM và các nhóm dữ liệu', en: 'build EF.COM and the data groups again' },
  },
  SOD_EF_COM_INVALID: {
    what: { vi: 'EF.COM không hợp lệ', en: 'EF.COM does not have its form' },
    todo: { vi: 'Dựng lại EF.COM', en: 'build EF.COM again' },
  },
  SOD_LINT: {
    what: { vi: 'EF.SOD sẽ vi phạm quy tắc được nêu', en: 'EF.SOD would break the rules that are named' },
    todo: {
      vi: 'Sửa hồ sơ thẻ, nhóm dữ liệu hoặc chọn chứng thư khác; chưa có gì được ghi lên chip',
      en: 'correct the card profile or the data groups, or choose another certificate; nothing goes to the chip',
    },
  },
  SOD_MALFORMED: {
    what: { vi: 'EF.SOD không đúng cấu trúc', en: 'EF.SOD does not have its form' },
    todo: { vi: 'Không chấp nhận thẻ này', en: 'do not accept this card' },
  },
  SOD_SIGNER_UNSUITABLE: {
    what: { vi: 'Chứng thư không phải của Document Signer', en: 'the certificate is not that of a Document Signer' },
    todo: { vi: 'Chọn đúng chứng thư ký tài liệu', en: 'choose the certificate of a Document Signer' },
  },
  SOD_SIGNER_OUTSIDE_USAGE_PERIOD: {
    what: { vi: 'Ngoài thời gian sử dụng khóa ký tài liệu', en: 'the Document Signer is outside its usage period' },
    todo: { vi: 'Kiểm tra đồng hồ, hoặc chuyển sang khóa kế tiếp', en: 'check the clock, or roll over to the successor' },
  },
  SOD_DOCUMENT_TYPE: {
    what: { vi: 'Khóa ký không được phép ký loại giấy tờ này', en: 'the Document Signer may not sign this type of document' },
    todo: { vi: 'Dùng khóa ký có loại giấy tờ trong danh sách', en: 'use a Document Signer whose list has this type' },
  },
  SOD_TOKEN_SPENT: {
    what: { vi: 'Lượt ký này đã dùng', en: 'this token was spent: one preparation is signed once' },
    todo: { vi: 'Chuẩn bị lại rồi mới ký', en: 'prepare again before signing' },
  },
  SIGNATURE_REJECTED: {
    what: { vi: 'Chữ ký không đúng với chứng thư', en: 'the signature does not verify with the key of the certificate' },
    todo: { vi: 'Cách ly khóa và token; không ghi lên chip', en: 'quarantine the key and the token; write nothing to the chip' },
  },
} as const satisfies ErrorTable<SodErrorCode>;

export class SodError extends CodedError<SodErrorCode> {
  constructor(code: SodErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
