import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';
import { statusName } from './status-word.ts';

export type CardErrorCode = 'CARD_REFUSED' | 'CARD_NOT_ASKED' | 'CARD_READER_GONE' | 'CARD_ANSWER_INVALID';

const TABLE = {
  CARD_REFUSED: {
    what: { vi: 'Thẻ từ chối lệnh', en: 'the card refused a command' },
    todo: { vi: 'Xem mã trạng thái và trạng thái vòng đời của chip', en: 'look at the status word and at the state the chip is in' },
  },
  CARD_NOT_ASKED: {
    what: { vi: 'Lệnh không được gửi tới thẻ', en: 'the command was not sent to the card' },
    todo: {
      vi: 'Sửa nguyên nhân; thẻ không thay đổi bởi lệnh này',
      en: 'remove the cause; this command has not changed the card',
    },
  },
  CARD_READER_GONE: {
    what: { vi: 'Mất liên lạc với thẻ khi đang gửi lệnh', en: 'contact with the card was lost during a command' },
    todo: {
      vi: 'Kiểm tra đầu đọc, rồi hỏi thẻ xem lệnh đã được thực hiện chưa',
      en: 'check the reader, then ask the card whether the command was executed',
    },
  },
  CARD_ANSWER_INVALID: {
    what: { vi: 'Thẻ trả lời sai quy cách', en: 'the card answered what no standard allows' },
    todo: { vi: 'Cách ly thẻ; không ghi thêm', en: 'isolate the card; write nothing more to it' },
  },
} as const satisfies ErrorTable<CardErrorCode>;

/**
 * What became of one command. `operation` names it (`SELECT EF.DG1`), `sw` is there when the card refused it.
 * CARD_READER_GONE and CARD_ANSWER_INVALID never mean "not executed".
 */
export class CardError extends CodedError<CardErrorCode> {
  readonly operation: string;
  readonly sw: number | undefined;

  constructor(code: CardErrorCode, context: Omit<ErrorContext, 'where'> & { operation: string; sw?: number }) {
    const { operation, sw, ...rest } = context;
    const detail = sw === undefined ? rest.detail : rest.detail === undefined ? statusName(sw) : `${statusName(sw)}, ${rest.detail}`;
    super(TABLE, code, { ...rest, where: operation, ...(detail === undefined ? {} : { detail }) });
    this.operation = operation;
    this.sw = sw;
  }
}

/** The card refused, with one of these status words, or with any when none is named. */
export function isRefusal(error: unknown, ...words: readonly number[]): error is CardError {
  if (!(error instanceof CardError) || error.code !== 'CARD_REFUSED') return false;
  return words.length === 0 || (error.sw !== undefined && words.includes(error.sw));
}
