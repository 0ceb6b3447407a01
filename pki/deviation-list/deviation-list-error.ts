import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type DeviationListErrorCode =
  | 'DEVIATION_LIST_MALFORMED'
  | 'DEVIATION_LIST_SIGNER_UNTRUSTED'
  | 'DEVIATION_LIST_SIGNATURE_INVALID'
  | 'DEVIATION_INPUT_INVALID';

const TABLE = {
  DEVIATION_LIST_MALFORMED: {
    what: { vi: 'Tệp không phải là Deviation List', en: 'the file is no Deviation List' },
    todo: { vi: 'Tải lại danh sách từ nguồn phát hành', en: 'fetch the list again from its issuer' },
  },
  DEVIATION_LIST_SIGNER_UNTRUSTED: {
    what: { vi: 'Người ký danh sách không thuộc CSCA được tin cậy', en: 'the signer of the list hangs on no CSCA that is trusted here' },
    todo: { vi: 'Cho chứng thư CSCA của nước phát hành danh sách', en: 'give the CSCA certificate of the State that issued the list' },
  },
  DEVIATION_LIST_SIGNATURE_INVALID: {
    what: { vi: 'Chữ ký của danh sách không đúng', en: 'the signature of the list does not verify' },
    todo: { vi: 'Không dùng danh sách; tải lại từ nguồn', en: 'do not use the list; fetch it again from its source' },
  },
  DEVIATION_INPUT_INVALID: {
    what: { vi: 'Mô tả sai lệch không lập thành danh sách được', en: 'what was found cannot be stated in a Deviation List' },
    todo: {
      vi: 'Mô tả bằng tiếng Anh không dấu; kiểm tra các số giấy tờ',
      en: 'describe it in English with plain letters; check the document numbers',
    },
  },
} as const satisfies ErrorTable<DeviationListErrorCode>;

/** `detail` says which rule; document numbers are never in it. */
export class DeviationListError extends CodedError<DeviationListErrorCode> {
  constructor(code: DeviationListErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
