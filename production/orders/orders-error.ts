import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type OrdersErrorCode =
  | 'BODY_TOO_LARGE'
  | 'FIELD_UNKNOWN'
  | 'FIELD_MISSING'
  | 'FIELD_TYPE'
  | 'FIELD_INVALID'
  | 'PERSONAL_ID_FORMAT'
  | 'IMAGE_NOT_BASE64'
  | 'DATE_INVALID'
  | 'DELIVERY_OFFICE_UNKNOWN'
  | 'ORDER_ID_REPEATED'
  | 'ORDER_ID_CONFLICT'
  | 'ORDER_ID_PERSONAL'
  | 'ORDER_UNKNOWN';

const whole = { vi: 'Không đơn nào được nhận; sửa tệp và gửi lại', en: 'no order was taken in; correct the file and send it again' };

const TABLE = {
  BODY_TOO_LARGE: {
    what: { vi: 'Tệp đơn quá lớn', en: 'the order file is too large' },
    todo: { vi: 'Chia tệp thành nhiều tệp nhỏ hơn', en: 'split it into smaller files' },
  },
  FIELD_UNKNOWN: { what: { vi: 'Trường không có trong cấu trúc', en: 'the format has no such field' }, todo: whole },
  FIELD_MISSING: { what: { vi: 'Thiếu trường bắt buộc', en: 'a field is missing' }, todo: whole },
  FIELD_TYPE: { what: { vi: 'Trường sai kiểu', en: 'a field has the wrong type' }, todo: whole },
  FIELD_INVALID: { what: { vi: 'Trường không đúng dạng', en: 'a field does not have the form it must have' }, todo: whole },
  PERSONAL_ID_FORMAT: { what: { vi: 'Số định danh phải gồm 12 chữ số ASCII', en: 'a personal number is 12 ASCII digits' }, todo: whole },
  IMAGE_NOT_BASE64: {
    what: { vi: 'Ảnh không phải base64 chuẩn (RFC 4648 §4)', en: 'an image is not strict base64 (RFC 4648 §4)' },
    todo: whole,
  },
  DATE_INVALID: { what: { vi: 'Ngày không tồn tại', en: 'there is no such day' }, todo: whole },
  DELIVERY_OFFICE_UNKNOWN: {
    what: { vi: 'Nơi nhận thẻ chưa được đăng ký', en: 'the delivery office is not registered' },
    todo: { vi: 'Đăng ký nơi nhận trong cấu hình hoặc sửa mã', en: 'register the office in the configuration or correct its code' },
  },
  ORDER_ID_REPEATED: { what: { vi: 'Một mã đơn xuất hiện hai lần trong tệp', en: 'an order id stands in the file twice' }, todo: whole },
  ORDER_ID_CONFLICT: {
    what: { vi: 'Mã đơn này đã nhận với nội dung khác', en: 'an order with this id and another body was taken in before' },
    todo: { vi: 'Dùng mã đơn mới cho nội dung mới', en: 'give a new order a new id' },
  },
  ORDER_ID_PERSONAL: {
    what: { vi: 'Mã đơn hoặc số hồ sơ chứa số định danh', en: 'the order id or dossier number holds the personal number' },
    todo: { vi: 'Dùng mã không chứa dữ liệu cá nhân', en: 'use an id that says nothing about the citizen' },
  },
  ORDER_UNKNOWN: {
    what: { vi: 'Không có đơn này', en: 'there is no such order' },
    todo: { vi: 'Kiểm tra mã đơn', en: 'check the order id' },
  },
} as const satisfies ErrorTable<OrdersErrorCode>;

/** An order file is refused, whole. `where` is a path into it, never a value. */
export class OrdersError extends CodedError<OrdersErrorCode> {
  constructor(code: OrdersErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
