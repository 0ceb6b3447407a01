import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type HttpErrorCode =
  | 'BODY_TOO_LARGE'
  | 'BODY_UNEXPECTED'
  | 'BODY_MISSING'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'FIELD_UNKNOWN'
  | 'FIELD_MISSING'
  | 'FIELD_TYPE'
  | 'FIELD_INVALID'
  | 'PARAM_DUPLICATE'
  | 'PATH_INVALID'
  | 'REQUEST_INVALID'
  | 'REQUEST_TIMEOUT'
  | 'HEADERS_TOO_LARGE'
  | 'NOT_FOUND'
  | 'TOKEN_INVALID'
  | 'FORBIDDEN'
  | 'TOO_MANY_STREAMS'
  | 'DEPENDENCY_UNAVAILABLE'
  | 'INTERNAL';

const TABLE = {
  BODY_TOO_LARGE: {
    what: { vi: 'Nội dung vượt giới hạn của đường dẫn này', en: 'the body is larger than this route takes' },
    todo: { vi: 'Chia nhỏ tệp', en: 'split the file' },
  },
  BODY_UNEXPECTED: {
    what: { vi: 'Đường dẫn này không nhận nội dung', en: 'this route takes no body' },
    todo: { vi: 'Gửi lại không kèm nội dung', en: 'send it again without a body' },
  },
  BODY_MISSING: {
    what: { vi: 'Thiếu nội dung', en: 'the body is missing' },
    todo: { vi: 'Gửi lại kèm nội dung JSON', en: 'send it again with a JSON body' },
  },
  UNSUPPORTED_MEDIA_TYPE: {
    what: { vi: 'Kiểu nội dung không được nhận', en: 'this media type is not taken' },
    todo: { vi: 'Dùng đúng Content-Type: application/json, không nén', en: 'use exactly Content-Type: application/json, uncompressed' },
  },
  FIELD_UNKNOWN: {
    what: { vi: 'Trường không tồn tại', en: 'there is no such field' },
    todo: { vi: 'Bỏ trường này; xem /docs', en: 'remove the field; see /docs' },
  },
  FIELD_MISSING: {
    what: { vi: 'Thiếu trường bắt buộc', en: 'a required field is missing' },
    todo: { vi: 'Bổ sung trường này; xem /docs', en: 'add the field; see /docs' },
  },
  FIELD_TYPE: {
    what: { vi: 'Trường sai kiểu', en: 'a field has the wrong type' },
    todo: { vi: 'Dùng đúng kiểu dữ liệu; xem /docs', en: 'use the type that /docs names; nothing is converted' },
  },
  FIELD_INVALID: {
    what: { vi: 'Giá trị của trường không hợp lệ', en: 'the value of a field is not valid' },
    todo: { vi: 'Sửa giá trị; xem /docs', en: 'correct the value; see /docs' },
  },
  PARAM_DUPLICATE: {
    what: { vi: 'Tham số xuất hiện hai lần', en: 'a query parameter stands twice' },
    todo: { vi: 'Giữ lại đúng một', en: 'keep exactly one' },
  },
  PATH_INVALID: {
    what: { vi: 'Đường dẫn không hợp lệ', en: 'the path is not valid' },
    todo: { vi: 'Xem các đường dẫn ở /docs', en: 'see the paths at /docs' },
  },
  REQUEST_INVALID: {
    what: { vi: 'Yêu cầu HTTP không hợp lệ', en: 'this is not a valid HTTP request' },
    todo: { vi: 'Kiểm tra chương trình gửi', en: 'check the client' },
  },
  REQUEST_TIMEOUT: {
    what: { vi: 'Yêu cầu đến quá chậm', en: 'the request came too slowly' },
    todo: { vi: 'Gửi lại; không có gì thay đổi', en: 'send it again; nothing has changed' },
  },
  HEADERS_TOO_LARGE: {
    what: { vi: 'Tiêu đề quá lớn', en: 'the headers are too large' },
    todo: { vi: 'Bớt tiêu đề', en: 'send fewer headers' },
  },
  NOT_FOUND: {
    what: { vi: 'Không có', en: 'there is no such thing here' },
    todo: { vi: 'Kiểm tra mã và đường dẫn', en: 'check the id and the path' },
  },
  TOKEN_INVALID: {
    what: { vi: 'Thiếu mã truy cập hoặc mã không hợp lệ', en: 'the token is missing or not valid' },
    todo: { vi: 'Gửi Authorization: Bearer với mã của bạn', en: 'send Authorization: Bearer with your own token' },
  },
  FORBIDDEN: {
    what: { vi: 'Vai trò của bạn không được làm việc này', en: 'your role may not do this' },
    todo: { vi: 'Nhờ người có vai trò phù hợp', en: 'ask somebody whose role may' },
  },
  TOO_MANY_STREAMS: {
    what: { vi: 'Quá nhiều luồng sự kiện đang mở', en: 'too many event streams are open' },
    todo: { vi: 'Đóng bớt trang rồi thử lại', en: 'close some pages and try again' },
  },
  DEPENDENCY_UNAVAILABLE: {
    what: { vi: 'Một dịch vụ cần thiết chưa trả lời', en: 'a service that is needed does not answer' },
    todo: { vi: 'Xem /readyz rồi thử lại; không mất gì', en: 'look at /readyz and try again; nothing is lost' },
  },
  INTERNAL: {
    what: { vi: 'Lỗi của máy chủ', en: 'the server failed' },
    todo: { vi: 'Báo cho quản trị kèm correlationId', en: 'tell the administrator the correlationId' },
  },
} as const satisfies ErrorTable<HttpErrorCode>;

/** The request is refused before any room of the plant has seen it, or the server cannot answer it. */
export class HttpError extends CodedError<HttpErrorCode> {
  constructor(code: HttpErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
