import { CodedError, type ErrorContext, type ErrorTable } from './coded-error.ts';

export type DecodeErrorCode = 'BYTES_TRUNCATED' | 'BYTES_TRAILING' | 'BYTES_UNEXPECTED' | 'BYTES_LIMIT' | 'TEXT_NOT_UTF8' | 'HEX_INVALID';

const TABLE = {
  BYTES_TRUNCATED: {
    what: { vi: 'Dữ liệu bị cụt', en: 'the data ends too early' },
    todo: { vi: 'Lấy lại dữ liệu từ nguồn', en: 'fetch the data again from its source' },
  },
  BYTES_TRAILING: {
    what: { vi: 'Thừa dữ liệu ở cuối', en: 'bytes are left over at the end' },
    todo: { vi: 'Kiểm tra nguồn dữ liệu', en: 'check the source of the data' },
  },
  BYTES_UNEXPECTED: {
    what: { vi: 'Dữ liệu không đúng cấu trúc', en: 'the data does not have the expected structure' },
    todo: { vi: 'Kiểm tra nguồn dữ liệu', en: 'check the source of the data' },
  },
  BYTES_LIMIT: {
    what: { vi: 'Dữ liệu vượt giới hạn cho phép', en: 'the data exceeds a limit' },
    todo: { vi: 'Từ chối dữ liệu này', en: 'refuse this data' },
  },
  TEXT_NOT_UTF8: {
    what: { vi: 'Văn bản không phải UTF-8 hợp lệ', en: 'the text is not valid UTF-8' },
    todo: { vi: 'Gửi lại văn bản ở dạng UTF-8', en: 'send the text again as UTF-8' },
  },
  HEX_INVALID: {
    what: { vi: 'Chuỗi hex không hợp lệ', en: 'the hex string is not valid' },
    todo: { vi: 'Dùng số chẵn ký tự 0-9 A-F', en: 'use an even number of characters 0-9 A-F' },
  },
} as const satisfies ErrorTable<DecodeErrorCode>;

/** Bytes from outside do not have the form they must have. `where` is `path @offset`, e.g. `DG2/7F61/7F60[1]/5F2E @412`. */
export class DecodeError extends CodedError<DecodeErrorCode> {
  readonly path: string;
  readonly offset: number;

  constructor(code: DecodeErrorCode, at: { path: string; offset: number }, context: Omit<ErrorContext, 'where'> = {}) {
    super(TABLE, code, { ...context, where: `${at.path} @${at.offset}` });
    this.path = at.path;
    this.offset = at.offset;
  }
}
