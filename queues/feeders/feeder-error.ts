import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type FeederErrorCode =
  | 'FEEDER_PIECE_UNKNOWN'
  | 'FEEDER_PLACE_OCCUPIED'
  | 'FEEDER_PLACE_EMPTY'
  | 'FEEDER_FACE_PRINTED'
  | 'FEEDER_UNREACHABLE'
  | 'FEEDER_REQUEST_INVALID';

const TABLE = {
  FEEDER_PIECE_UNKNOWN: {
    what: { vi: 'Máy nạp thẻ không có phôi mang số này', en: 'the feeder has no piece with this serial' },
    todo: { vi: 'Kiểm tra khay và quét lại phôi', en: 'check the trays and scan the piece again' },
  },
  FEEDER_PLACE_OCCUPIED: {
    what: { vi: 'Vị trí đang có phôi khác', en: 'another piece is at this place' },
    todo: { vi: 'Lấy phôi đó ra trước', en: 'move that piece away first' },
  },
  FEEDER_PLACE_EMPTY: {
    what: { vi: 'Vị trí không có phôi', en: 'there is no piece at this place' },
    todo: { vi: 'Kiểm tra máy nạp thẻ', en: 'check the feeder' },
  },
  FEEDER_FACE_PRINTED: {
    what: { vi: 'Mặt thẻ đã có bản in', en: 'something is printed on this face already' },
    todo: { vi: 'Không in đè; xem mặt thẻ rồi quyết định', en: 'never print over it; look at the face and decide' },
  },
  FEEDER_UNREACHABLE: {
    what: { vi: 'Máy nạp thẻ không trả lời', en: 'the feeder does not answer' },
    todo: { vi: 'Kiểm tra máy nạp thẻ; dây chuyền sẽ tự thử lại', en: 'check the feeder; the line tries again by itself' },
  },
  FEEDER_REQUEST_INVALID: {
    what: { vi: 'Máy nạp thẻ không hiểu lệnh', en: 'the feeder does not understand the request' },
    todo: { vi: 'Báo lỗi này cho nhà phát triển', en: 'report this to the developers' },
  },
} as const satisfies ErrorTable<FeederErrorCode>;

export class FeederError extends CodedError<FeederErrorCode> {
  constructor(code: FeederErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}

export function isFeederErrorCode(code: string): code is FeederErrorCode {
  return Object.hasOwn(TABLE, code);
}
