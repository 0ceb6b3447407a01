import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type CardErrorCode =
  | 'CARD_UNKNOWN'
  | 'FENCE_LOST'
  | 'CARD_TRANSITION_REFUSED'
  | 'CARD_NOT_IN_DOUBT'
  | 'CARD_EVIDENCE_MISSING'
  | 'CARD_BLANK_NOT_RESERVED'
  | 'LIVE_CARD_EXISTS'
  | 'SOD_REPEATED'
  | 'JOURNAL_CONFLICT'
  | 'PRINT_ALREADY_INTENDED'
  | 'PRINT_JOB_UNKNOWN'
  | 'PRINT_OUTCOME_CONFLICT';

const stop = { vi: 'Dừng lại; bước này không được làm gì thêm', en: 'stop: this step must have no further effect' };
const ask = { vi: 'Báo người phụ trách dây chuyền', en: 'call the person in charge of the line' };

const TABLE = {
  CARD_UNKNOWN: {
    what: { vi: 'Không có hồ sơ thẻ này', en: 'there is no such card record' },
    todo: { vi: 'Kiểm tra mã thẻ', en: 'check the card id' },
  },
  FENCE_LOST: {
    what: { vi: 'Quyền xử lý thẻ đã hết hoặc thuộc tiến trình khác', en: 'the lease on this card ended or belongs to another process' },
    todo: stop,
  },
  CARD_TRANSITION_REFUSED: { what: { vi: 'Vòng đời thẻ không cho phép bước này', en: 'the lifecycle has no such step' }, todo: ask },
  CARD_NOT_IN_DOUBT: { what: { vi: 'Thẻ không ở trạng thái nghi vấn', en: 'the card is not in doubt' }, todo: stop },
  CARD_EVIDENCE_MISSING: {
    what: { vi: 'Thiếu bằng chứng bắt buộc của bước này', en: 'evidence that this step must give is missing' },
    todo: ask,
  },
  CARD_BLANK_NOT_RESERVED: { what: { vi: 'Phôi này không được giữ cho thẻ', en: 'this blank is not reserved for the card' }, todo: ask },
  LIVE_CARD_EXISTS: {
    what: { vi: 'Công dân đã có thẻ đang sản xuất hoặc đang hiệu lực', en: 'this citizen has a card in the making or an active one' },
    todo: { vi: 'Từ chối yêu cầu trùng', en: 'refuse the second order' },
  },
  SOD_REPEATED: { what: { vi: 'EF.SOD này đã thuộc thẻ khác', en: 'this EF.SOD belongs to another card' }, todo: ask },
  JOURNAL_CONFLICT: {
    what: { vi: 'Bước ghi chip trùng số nhưng khác nội dung', en: 'a journaled chip step has the same number and other content' },
    todo: stop,
  },
  PRINT_ALREADY_INTENDED: {
    what: { vi: 'Thẻ đã có lệnh in chưa rõ kết quả hoặc đã in', en: 'this card has a print job that is open or done' },
    todo: { vi: 'Soi mặt thẻ, không in lại', en: 'look at the face; never print again' },
  },
  PRINT_JOB_UNKNOWN: { what: { vi: 'Không có lệnh in này của thẻ', en: 'this card has no such print job' }, todo: ask },
  PRINT_OUTCOME_CONFLICT: { what: { vi: 'Lệnh in đã có kết quả khác', en: 'this print job has another outcome already' }, todo: ask },
} as const satisfies ErrorTable<CardErrorCode>;

/** What a card record refuses. */
export class CardError extends CodedError<CardErrorCode> {
  constructor(code: CardErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
