import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type PlantErrorCode =
  | 'PLANT_IN_USE'
  | 'PLANT_OUTDATED'
  | 'PLANT_FOLDER_UNSAFE'
  | 'PLANT_FOLDER_CLOSED'
  | 'PROGRAM_MISSING'
  | 'CLUSTER_VERSION_MISSING'
  | 'SERVICE_EXITED'
  | 'SERVICE_NOT_READY'
  | 'DISK_FULL'
  | 'NAMESPACE_REFUSED'
  | 'TOKEN_DAMAGED'
  | 'DEPENDENCY_UNAVAILABLE'
  | 'READERS_ALIKE';

const TABLE = {
  PLANT_OUTDATED: {
    what: {
      vi: 'Nhà máy này do phiên bản trước lập, khóa được bố trí khác',
      en: 'an earlier version made this plant, with its keys laid out otherwise',
    },
    todo: {
      vi: 'Hoàn tất bằng phiên bản đó, hoặc lập nhà máy mới ở thư mục khác',
      en: 'finish it with that version, or begin a new plant in another folder',
    },
  },
  PLANT_IN_USE: {
    what: { vi: 'Một tiến trình khác đang dùng thư mục nhà máy này', en: 'another process is using this plant folder' },
    todo: { vi: 'Dừng tiến trình đó, hoặc chọn thư mục khác', en: 'stop that process, or choose another folder' },
  },
  PLANT_FOLDER_UNSAFE: {
    what: { vi: 'Thư mục không thuộc người dùng này hoặc là liên kết', en: 'the folder belongs to another user or is a link' },
    todo: { vi: 'Xoá thư mục đó hoặc chọn thư mục nhà máy khác', en: 'remove that folder or choose another plant folder' },
  },
  PLANT_FOLDER_CLOSED: {
    what: { vi: 'Người dùng postgres không vào được thư mục nhà máy', en: 'the user postgres cannot reach the plant folder' },
    todo: {
      vi: 'Chuyển bản sao ra khỏi thư mục riêng (ví dụ /srv), hoặc chạy với quyền tạo mount namespace',
      en: 'move the clone out of the private folder (to /srv, say), or run where mount namespaces may be made',
    },
  },
  PROGRAM_MISSING: {
    what: { vi: 'Thiếu một chương trình của hệ thống', en: 'a program of the system is missing' },
    todo: { vi: 'Chạy: node .ci/set-up.mjs', en: 'run: node .ci/set-up.mjs' },
  },
  CLUSTER_VERSION_MISSING: {
    what: { vi: 'Thiếu phiên bản PostgreSQL đã tạo dữ liệu này', en: 'the PostgreSQL version that made this cluster is not installed' },
    todo: {
      vi: 'Cài lại phiên bản đó hoặc chuyển dữ liệu bằng pg_upgrade',
      en: 'install that version again, or move the cluster with pg_upgrade',
    },
  },
  SERVICE_EXITED: {
    what: { vi: 'Dịch vụ dừng ngay khi khởi động', en: 'the service ended while it was starting' },
    todo: { vi: 'Xem tệp nhật ký được nêu', en: 'read the log file named here' },
  },
  SERVICE_NOT_READY: {
    what: { vi: 'Dịch vụ không trả lời trong thời hạn', en: 'the service did not answer in time' },
    todo: { vi: 'Xem tệp nhật ký được nêu; kiểm tra tải của máy', en: 'read the log file named here; check the load of the machine' },
  },
  DISK_FULL: {
    what: { vi: 'Ổ đĩa đầy, dịch vụ không ghi được', en: 'the disk is full and the service cannot write' },
    todo: {
      vi: 'Giải phóng ổ đĩa chứa thư mục nhà máy rồi chạy lại; dữ liệu đã xác nhận vẫn còn',
      en: 'free space on the disk of the plant folder and start again; what was confirmed is still there',
    },
  },
  NAMESPACE_REFUSED: {
    what: {
      vi: 'Hệ thống không cho tạo namespace riêng cho đầu đọc ảo',
      en: 'the system refuses the private namespace for the virtual readers',
    },
    todo: {
      vi: 'Chạy bằng root, cho phép user namespace, hoặc đặt pcscd của bạn trong cấu hình',
      en: 'run as root, allow user namespaces, or name your own pcscd in the configuration',
    },
  },
  TOKEN_DAMAGED: {
    what: { vi: 'Token SoftHSM có khoá nhưng không mở được', en: 'the SoftHSM token holds keys but cannot be opened' },
    todo: {
      vi: 'Khôi phục thư mục token và tệp PIN từ bản sao lưu; không tạo lại',
      en: 'restore the token folder and the PIN files from the backup; it is never made anew',
    },
  },
  DEPENDENCY_UNAVAILABLE: {
    what: { vi: 'Dịch vụ nêu trong cấu hình không trả lời', en: 'a service named in the configuration does not answer' },
    todo: { vi: 'Khởi động dịch vụ đó hoặc sửa cấu hình', en: 'start that service, or correct the configuration' },
  },
  READERS_ALIKE: {
    what: {
      vi: 'Chỉ số thứ tự phân biệt đầu đọc này với đầu đọc khác cùng tên',
      en: 'only a number tells this reader from another of the same name',
    },
    todo: {
      vi: 'Dùng đầu đọc có số sê-ri trong tên, hoặc đặt tên riêng cho từng đầu đọc trong reader.conf',
      en: 'use readers with a serial number in their names, or give each a name of its own in reader.conf',
    },
  },
} as const satisfies ErrorTable<PlantErrorCode>;

/** The plant cannot be started or kept. `where` names the service or folder, `detail` the program, signal, log file or status. */
export class PlantError extends CodedError<PlantErrorCode> {
  constructor(code: PlantErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
