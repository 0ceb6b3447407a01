import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

/** Why a lab does not begin, or does not go on with, a card. The chip's own errors and those of a run keep their classes. */
export type LabErrorCode =
  | 'LAB_NOT_IN_PLANT'
  | 'LAB_FOLDER_FOREIGN'
  | 'LAB_KEYS_DAMAGED'
  | 'LAB_KEYS_EXPIRED'
  | 'LAB_ORDER_UNKNOWN'
  | 'LAB_ORDER_REFUSED'
  | 'LAB_ORDER_IN_HAND'
  | 'LAB_PROFILE_BEYOND_DRIVER'
  | 'LAB_MASTER_UNUSABLE'
  | 'LAB_MASTER_NEEDED'
  | 'LAB_CHIP_ID_NEEDED'
  | 'LAB_CHIP_EXCHANGED'
  | 'LAB_CHIP_OF_ANOTHER'
  | 'LAB_BEGUN_OTHERWISE'
  | 'LAB_JOURNAL_BROKEN';

const TABLE = {
  LAB_NOT_IN_PLANT: {
    what: { vi: 'Khoá thử không được dùng trong nhà máy', en: 'lab keys are refused in a plant' },
    todo: {
      vi: 'Chọn thư mục ngoài nhà máy, và bỏ CARDMINT_CONFIG khỏi môi trường',
      en: 'choose a folder outside any plant, and take CARDMINT_CONFIG out of the environment',
    },
  },
  LAB_FOLDER_FOREIGN: {
    what: { vi: 'Thư mục có nội dung khác và không phải thư mục khoá thử', en: 'the folder holds something else and no lab keys' },
    todo: { vi: 'Chọn thư mục trống hoặc chưa có', en: 'choose a folder that is empty or does not exist' },
  },
  LAB_KEYS_DAMAGED: {
    what: {
      vi: 'Khoá hoặc chứng thư thử bị thiếu hoặc không khớp nhau',
      en: 'a lab key or certificate is missing, or they do not belong together',
    },
    todo: { vi: 'Bỏ thư mục này, dùng thư mục mới', en: 'leave this folder and use a new one' },
  },
  LAB_KEYS_EXPIRED: {
    what: { vi: 'Chứng thư thử đã hết hạn', en: 'a lab certificate has expired' },
    todo: { vi: 'Bỏ thư mục này, dùng thư mục mới', en: 'leave this folder and use a new one' },
  },
  LAB_ORDER_UNKNOWN: {
    what: { vi: 'Tệp đơn không có đơn này', en: 'the order file has no such order' },
    todo: { vi: 'Kiểm tra --order-id', en: 'check --order-id' },
  },
  LAB_ORDER_REFUSED: {
    what: { vi: 'Kiểm tra đơn không đạt; chip chưa bị đụng đến', en: 'the lint refuses the order; the chip was not touched' },
    todo: { vi: 'Sửa các trường đã nêu', en: 'correct the fields named' },
  },
  LAB_ORDER_IN_HAND: {
    what: { vi: 'Một lệnh khác đang làm thẻ của đơn này', en: 'another command is making the card of this order' },
    todo: { vi: 'Chờ lệnh đó xong', en: 'wait until it has ended' },
  },
  LAB_PROFILE_BEYOND_DRIVER: {
    what: { vi: 'Họ chip này không mang được loại thẻ này', en: 'this chip family cannot carry a card of this profile' },
    todo: { vi: 'Chọn loại thẻ hoặc trình điều khiển khác', en: 'choose another profile or driver' },
  },
  LAB_MASTER_UNUSABLE: {
    what: { vi: 'Tệp khoá vận chuyển không phải 16 byte dạng hex', en: 'the file of the transport master is not 16 bytes in hex' },
    todo: { vi: 'Ghi 32 chữ số hex vào tệp', en: 'put 32 hexadecimal digits into the file' },
  },
  LAB_MASTER_NEEDED: {
    what: {
      vi: 'Cần khoá vận chuyển của nhà sản xuất chip; chưa gửi gì đến chip',
      en: "the chip maker's transport master is needed; no key was tried",
    },
    todo: { vi: 'Thêm --transport-master TỆP', en: 'add --transport-master FILE' },
  },
  LAB_CHIP_ID_NEEDED: {
    what: { vi: 'Chip không cho biết mã, mà loại thẻ ghi mã chip', en: 'the chip does not tell its id, and this profile writes it down' },
    todo: { vi: 'Thêm --chip-id với 16 chữ số hex', en: 'add --chip-id with 16 hexadecimal digits' },
  },
  LAB_CHIP_EXCHANGED: {
    what: { vi: 'Thẻ của đơn này đang ở trên chip khác', en: 'the card of this order is on another chip, or another chip was asked for' },
    todo: {
      vi: 'Đưa đúng chip đó vào, hoặc đặt mã đơn khác',
      en: 'put that chip in, or give the order another id',
    },
  },
  LAB_CHIP_OF_ANOTHER: {
    what: {
      vi: 'Chip này đã nhận khoá của một thư mục khoá thử khác',
      en: 'this chip has taken the keys of another lab folder, and opens to that one alone; no key was tried',
    },
    todo: { vi: 'Dùng lại --lab-keys của lần trước, hoặc phôi khác', en: 'use the --lab-keys folder of that time, or another blank' },
  },
  LAB_BEGUN_OTHERWISE: {
    what: { vi: 'Thẻ này đã bắt đầu với loại thẻ hoặc trình điều khiển khác', en: 'this card was begun with another profile or driver' },
    todo: { vi: 'Dùng lại đúng loại thẻ và trình điều khiển đó', en: 'use the same profile and driver again' },
  },
  LAB_JOURNAL_BROKEN: {
    what: { vi: 'Nhật ký của thẻ bị hỏng', en: "the card's journal is damaged" },
    todo: { vi: 'Bỏ phôi này; đặt mã đơn khác', en: 'give up this blank and give the order another id' },
  },
} as const satisfies ErrorTable<LabErrorCode>;

export class LabError extends CodedError<LabErrorCode> {
  constructor(code: LabErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
