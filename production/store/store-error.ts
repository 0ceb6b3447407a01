import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type StoreErrorCode =
  | 'DATABASE_UNREACHABLE'
  | 'DATABASE_FULL'
  | 'DATABASE_CONTENDED'
  | 'COMMIT_OUTCOME_UNKNOWN'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_UNKNOWN'
  | 'CANONICAL_JSON_VALUE';

const TABLE = {
  DATABASE_UNREACHABLE: {
    what: { vi: 'Không kết nối được PostgreSQL', en: 'PostgreSQL cannot be reached' },
    todo: {
      vi: 'Kiểm tra PostgreSQL đang chạy và cấu hình "postgres"; tiến trình sẽ thử lại',
      en: 'check that PostgreSQL runs and the configuration "postgres"; the process tries again',
    },
  },
  DATABASE_FULL: {
    what: { vi: 'Ổ đĩa của PostgreSQL đã đầy', en: 'the disk of PostgreSQL is full' },
    todo: { vi: 'Giải phóng ổ đĩa; không có dữ liệu nào bị mất', en: 'free disk space; nothing that was acknowledged is lost' },
  },
  DATABASE_CONTENDED: {
    what: { vi: 'Giao dịch bị tranh chấp quá nhiều lần', en: 'the transaction lost against others too often' },
    todo: { vi: 'Thử lại sau ít phút', en: 'try again in a little while' },
  },
  COMMIT_OUTCOME_UNKNOWN: {
    what: { vi: 'Mất kết nối khi đang xác nhận giao dịch', en: 'the connection was lost while committing' },
    todo: {
      vi: 'Đọc lại trạng thái; lặp lại yêu cầu với cùng mã là an toàn',
      en: 'read the state again; repeating the request with the same id is safe',
    },
  },
  MIGRATION_CHANGED: {
    what: { vi: 'Tệp migration đã áp dụng bị sửa đổi', en: 'a migration that was applied has been changed' },
    todo: {
      vi: 'Khôi phục đúng phiên bản phần mềm',
      en: 'restore the version of the software that this database was made with, or a later one',
    },
  },
  MIGRATION_UNKNOWN: {
    what: { vi: 'Cơ sở dữ liệu mới hơn phần mềm', en: 'the database is newer than this software' },
    todo: { vi: 'Chạy phiên bản phần mềm mới hơn', en: 'run the later version of the software' },
  },
  CANONICAL_JSON_VALUE: {
    what: { vi: 'Giá trị không biểu diễn được ở dạng JSON chuẩn tắc', en: 'a value has no canonical JSON form' },
    todo: {
      vi: 'Chỉ dùng chuỗi, số nguyên, boolean, null, mảng và đối tượng',
      en: 'use strings, safe integers, booleans, null, arrays and objects only',
    },
  },
} as const satisfies ErrorTable<StoreErrorCode>;

/** PostgreSQL is away, full, contended, or not of this version. */
export class StoreError extends CodedError<StoreErrorCode> {
  constructor(code: StoreErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}

/** The SQLSTATE of an error that PostgreSQL sent; undefined for anything else, a lost connection included. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error ? error.code : undefined;
}

/** The constraint that an error names (unique, foreign key, check); undefined when it names none. */
export function constraintOf(error: unknown): string | undefined {
  if (sqlState(error) === undefined || !(error instanceof Error) || !('constraint' in error)) return undefined;
  return typeof error.constraint === 'string' ? error.constraint : undefined;
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', '57P01', '57P02', '57P03']);

/** What the driver threw, as an error of ours where the cause is the server and not the statement. */
export function asStoreError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === '53100') return new StoreError('DATABASE_FULL', { cause: error });
  if (typeof code === 'string' && UNREACHABLE.has(code)) return new StoreError('DATABASE_UNREACHABLE', { detail: code, cause: error });
  if (
    error instanceof Error &&
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(error.message)
  ) {
    return new StoreError('DATABASE_UNREACHABLE', { cause: error });
  }
  return error;
}
