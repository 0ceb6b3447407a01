import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type ShipmentErrorCode =
  | 'BATCH_UNKNOWN'
  | 'BATCH_NOT_INSPECTED'
  | 'CONSIGNMENT_UNKNOWN'
  | 'CONSIGNMENT_STATE'
  | 'PROVINCE_CERTIFICATE_MISSING'
  | 'RECEIPT_MALFORMED'
  | 'RECEIPT_SIGNATURE'
  | 'RECEIPT_CONTENT'
  | 'RECEIPT_STATE'
  | 'RECEIPT_REPLAYED'
  | 'FONT_MISSING';

const again = { vi: 'Lập lại biên nhận theo đúng bảng kê đã ký', en: 'make the receipt again from the signed manifest' };

const TABLE = {
  BATCH_UNKNOWN: {
    what: { vi: 'Không có lô này', en: 'there is no such batch' },
    todo: { vi: 'Kiểm tra mã lô', en: 'check the batch id' },
  },
  BATCH_NOT_INSPECTED: {
    what: { vi: 'Lô còn thẻ chưa qua kiểm tra', en: 'a card of the batch has not been inspected' },
    todo: { vi: 'Chờ mọi thẻ của lô qua kiểm tra', en: 'wait until every card of the batch has passed inspection' },
  },
  CONSIGNMENT_UNKNOWN: {
    what: { vi: 'Không có chuyến hàng này', en: 'there is no such consignment' },
    todo: { vi: 'Kiểm tra mã chuyến hàng', en: 'check the consignment id' },
  },
  CONSIGNMENT_STATE: {
    what: { vi: 'Trạng thái chuyến hàng không cho phép việc này', en: 'the state of the consignment does not allow this' },
    todo: { vi: 'Xem trạng thái chuyến hàng', en: 'look at the state of the consignment' },
  },
  PROVINCE_CERTIFICATE_MISSING: {
    what: { vi: 'Tỉnh chưa đăng ký chứng thư ký biên nhận', en: 'no certificate is registered for this province' },
    todo: { vi: 'Đăng ký chứng thư của tỉnh', en: 'register the province’s certificate' },
  },
  RECEIPT_MALFORMED: { what: { vi: 'Biên nhận sai cấu trúc', en: 'the receipt does not have the form it must have' }, todo: again },
  RECEIPT_SIGNATURE: {
    what: { vi: 'Chữ ký của biên nhận không hợp lệ', en: 'the receipt is not signed with the province’s registered key' },
    todo: { vi: 'Ký lại bằng khoá đã đăng ký của tỉnh', en: 'sign it again with the registered key' },
  },
  RECEIPT_CONTENT: { what: { vi: 'Nội dung biên nhận không khớp bảng kê', en: 'the receipt does not fit the manifest' }, todo: again },
  RECEIPT_STATE: {
    what: {
      vi: 'Chuyến hàng chưa gửi hoặc thời điểm nhận không hợp lý',
      en: 'the consignment was not dispatched, or the time of receipt cannot be',
    },
    todo: again,
  },
  RECEIPT_REPLAYED: {
    what: { vi: 'Chuyến hàng đã có biên nhận khác', en: 'another receipt was accepted for this consignment' },
    todo: { vi: 'Mở hồ sơ sai lệch thay vì gửi biên nhận mới', en: 'a difference found later is a case, not a second receipt' },
  },
  FONT_MISSING: {
    what: { vi: 'Thiếu phông chữ DejaVu', en: 'the DejaVu fonts are missing' },
    todo: { vi: 'Cài gói fonts-dejavu-core', en: 'install the package fonts-dejavu-core' },
  },
} as const satisfies ErrorTable<ShipmentErrorCode>;

/** What packing, dispatch and receipt refuse. Serials and line numbers may be named, nothing personal. */
export class ShipmentError extends CodedError<ShipmentErrorCode> {
  constructor(code: ShipmentErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
