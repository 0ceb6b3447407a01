import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type MasterListErrorCode = 'MASTER_LIST_MALFORMED' | 'MASTER_LIST_SIGNER_UNTRUSTED' | 'MASTER_LIST_SIGNATURE_INVALID';

const TABLE = {
  MASTER_LIST_MALFORMED: {
    what: { vi: 'Tệp không phải là danh sách CSCA (Master List)', en: 'the file is no CSCA Master List' },
    todo: { vi: 'Tải lại danh sách từ nguồn phát hành', en: 'fetch the list again from its issuer' },
  },
  MASTER_LIST_SIGNER_UNTRUSTED: {
    what: { vi: 'Người ký danh sách không thuộc CSCA được tin cậy', en: 'the signer of the list hangs on no CSCA that is trusted here' },
    todo: { vi: 'Cho chứng thư CSCA của nước phát hành danh sách', en: 'give the CSCA certificate of the State that issued the list' },
  },
  MASTER_LIST_SIGNATURE_INVALID: {
    what: { vi: 'Chữ ký của danh sách không đúng', en: 'the signature of the list does not verify' },
    todo: { vi: 'Không dùng danh sách; tải lại từ nguồn', en: 'do not use the list; fetch it again from its source' },
  },
} as const satisfies ErrorTable<MasterListErrorCode>;

/** `detail` says which rule, never what stands in a certificate. */
export class MasterListError extends CodedError<MasterListErrorCode> {
  constructor(code: MasterListErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
