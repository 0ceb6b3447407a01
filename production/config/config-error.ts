import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';

export type ConfigErrorCode =
  | 'CONFIG_NOT_FOUND'
  | 'CONFIG_NOT_JSON'
  | 'CONFIG_FIELD_UNKNOWN'
  | 'CONFIG_FIELD_MISSING'
  | 'CONFIG_FIELD_INVALID'
  | 'CONFIG_SECRET_FILE'
  | 'CONFIG_PROFILE_WITHOUT_AUTHORITY'
  | 'CONFIG_PROFILE_BEYOND_PLANT';

const correct = { vi: 'Sửa trường đã nêu trong tệp cấu hình', en: 'correct the field named in the configuration file' };

const TABLE = {
  CONFIG_NOT_FOUND: {
    what: { vi: 'Không đọc được tệp cấu hình', en: 'the configuration file cannot be read' },
    todo: { vi: 'Kiểm tra đường dẫn trong CARDMINT_CONFIG', en: 'check the path in CARDMINT_CONFIG' },
  },
  CONFIG_NOT_JSON: { what: { vi: 'Tệp cấu hình không phải JSON', en: 'the configuration file is not JSON' }, todo: correct },
  CONFIG_FIELD_UNKNOWN: { what: { vi: 'Cấu hình có trường không biết', en: 'the configuration has an unknown field' }, todo: correct },
  CONFIG_FIELD_MISSING: { what: { vi: 'Cấu hình thiếu trường', en: 'the configuration lacks a field' }, todo: correct },
  CONFIG_FIELD_INVALID: { what: { vi: 'Trường cấu hình không hợp lệ', en: 'a field of the configuration is not valid' }, todo: correct },
  CONFIG_PROFILE_WITHOUT_AUTHORITY: {
    what: {
      vi: 'Loại thẻ thật cần khoá của cơ quan cấp, nhà máy này chỉ có khoá mẫu',
      en: 'a real card profile needs an authority’s keys, and this plant has specimen keys',
    },
    todo: { vi: 'Dùng "profile": "cccd-2021-specimen"', en: 'use "profile": "cccd-2021-specimen"' },
  },
  CONFIG_PROFILE_BEYOND_PLANT: {
    what: {
      vi: 'Nhà máy không in mặt thẻ hoặc không ký đủ tệp của loại thẻ này',
      en: 'this plant prints no face of such a card, or does not sign all of its files',
    },
    todo: { vi: 'Dùng "profile": "cccd-2021-specimen"', en: 'use "profile": "cccd-2021-specimen"' },
  },
  CONFIG_SECRET_FILE: {
    what: { vi: 'Tệp bí mật thiếu hoặc người khác đọc được', en: 'a secret’s file is missing, or others can read it' },
    todo: { vi: 'Tạo tệp với quyền 0600', en: 'make the file, readable by its owner only (0600)' },
  },
} as const satisfies ErrorTable<ConfigErrorCode>;

/** The configuration is refused at boot; `where` names the field. */
export class ConfigError extends CodedError<ConfigErrorCode> {
  constructor(code: ConfigErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}
