import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

/** Why a personalisation does not start or cannot go on. Transport and chip errors keep their own classes. */
export type PersonalisationErrorCode =
  | 'CHIP_BOUND_TO_ANOTHER'
  | 'FOREIGN_CHIP'
  | 'ALREADY_LOCKED'
  | 'CHIP_KEYS_DIFFER'
  | 'CHIP_CONTENT_DIFFERS'
  | 'PLAN_INVALID';

const TABLE = {
  CHIP_BOUND_TO_ANOTHER: {
    what: { vi: 'Chip này đã gắn với thẻ khác', en: 'this chip is bound to another card' },
    todo: { vi: 'Lấy phôi ra và đối chiếu số phôi', en: 'take the blank out and compare its serial' },
  },
  FOREIGN_CHIP: {
    what: { vi: 'Chip không phải của phôi này', en: 'the chip is not the one that belongs to this blank' },
    todo: { vi: 'Loại phôi và báo nhà cung cấp', en: 'set the blank aside and tell the supplier' },
  },
  ALREADY_LOCKED: {
    what: { vi: 'Chip đã khoá', en: 'the chip is locked already' },
    todo: { vi: 'Đối chiếu nội dung chip với kế hoạch', en: "compare the chip's content with the plan" },
  },
  CHIP_KEYS_DIFFER: {
    what: { vi: 'Khoá trong chip khác khoá trong DG14, DG15', en: "the chip's keys are not those in DG14 and DG15" },
    todo: { vi: 'Loại phôi; làm thẻ mới', en: 'spoil the blank and make a new card' },
  },
  CHIP_CONTENT_DIFFERS: {
    what: { vi: 'Nội dung chip đã khoá khác kế hoạch', en: 'the locked chip does not hold what was planned' },
    todo: { vi: 'Loại phôi; làm thẻ mới', en: 'spoil the blank and make a new card' },
  },
  PLAN_INVALID: {
    what: { vi: 'Kế hoạch cá thể hoá không hợp lệ', en: 'the personalisation plan is not valid' },
    todo: { vi: 'Sửa hồ sơ thẻ trước khi dùng phôi', en: 'correct the card profile before a blank is touched' },
  },
} as const satisfies ErrorTable<PersonalisationErrorCode>;

export class PersonalisationError extends CodedError<PersonalisationErrorCode> {
  constructor(code: PersonalisationErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
