import { ProvinceError } from './province-error.ts';

/** A province as it is since 1 July 2025, and the number prefixes of the old provinces that it was made of. */
export interface Province {
  /** Quyết định 19/2025/QĐ-TTg. */
  readonly code: string;
  readonly name: string;
  /** First three digits of personal numbers given before the merger (Thông tư 07/2016/TT-BCA, PL1). Existing numbers never change. */
  readonly prefixes: readonly string[];
}

/**
 * The 34 units of Nghị quyết 202/2025/QH15. Trap: seven merged provinces carry the code of the *other* old province
 * (Bắc Ninh is 24, the old code of Bắc Giang), so a code is never derived from a number's prefix.
 */
export const PROVINCES: readonly Province[] = Object.freeze([
  { code: '01', name: 'Hà Nội', prefixes: ['001'] },
  { code: '04', name: 'Cao Bằng', prefixes: ['004'] },
  { code: '08', name: 'Tuyên Quang', prefixes: ['002', '008'] },
  { code: '11', name: 'Điện Biên', prefixes: ['011'] },
  { code: '12', name: 'Lai Châu', prefixes: ['012'] },
  { code: '14', name: 'Sơn La', prefixes: ['014'] },
  { code: '15', name: 'Lào Cai', prefixes: ['010', '015'] },
  { code: '19', name: 'Thái Nguyên', prefixes: ['019', '006'] },
  { code: '20', name: 'Lạng Sơn', prefixes: ['020'] },
  { code: '22', name: 'Quảng Ninh', prefixes: ['022'] },
  { code: '24', name: 'Bắc Ninh', prefixes: ['027', '024'] },
  { code: '25', name: 'Phú Thọ', prefixes: ['025', '026', '017'] },
  { code: '31', name: 'Hải Phòng', prefixes: ['031', '030'] },
  { code: '33', name: 'Hưng Yên', prefixes: ['033', '034'] },
  { code: '37', name: 'Ninh Bình', prefixes: ['037', '035', '036'] },
  { code: '38', name: 'Thanh Hóa', prefixes: ['038'] },
  { code: '40', name: 'Nghệ An', prefixes: ['040'] },
  { code: '42', name: 'Hà Tĩnh', prefixes: ['042'] },
  { code: '44', name: 'Quảng Trị', prefixes: ['045', '044'] },
  { code: '46', name: 'Huế', prefixes: ['046'] },
  { code: '48', name: 'Đà Nẵng', prefixes: ['048', '049'] },
  { code: '51', name: 'Quảng Ngãi', prefixes: ['051', '062'] },
  { code: '52', name: 'Gia Lai', prefixes: ['064', '052'] },
  { code: '56', name: 'Khánh Hòa', prefixes: ['056', '058'] },
  { code: '66', name: 'Đắk Lắk', prefixes: ['066', '054'] },
  { code: '68', name: 'Lâm Đồng', prefixes: ['068', '067', '060'] },
  { code: '75', name: 'Đồng Nai', prefixes: ['075', '070'] },
  { code: '79', name: 'Thành phố Hồ Chí Minh', prefixes: ['079', '074', '077'] },
  { code: '80', name: 'Tây Ninh', prefixes: ['072', '080'] },
  { code: '82', name: 'Đồng Tháp', prefixes: ['087', '082'] },
  { code: '86', name: 'Vĩnh Long', prefixes: ['086', '083', '084'] },
  { code: '91', name: 'An Giang', prefixes: ['089', '091'] },
  { code: '92', name: 'Cần Thơ', prefixes: ['092', '093', '094'] },
  { code: '96', name: 'Cà Mau', prefixes: ['096', '095'] },
]);

const BY_PREFIX: ReadonlyMap<string, Province> = new Map(
  PROVINCES.flatMap((province) => province.prefixes.map((prefix) => [prefix, province] as const)),
);

/** Error PROVINCE_UNKNOWN; `where` says where the code stands. */
export function requireProvince(code: string, where: string): void {
  if (!PROVINCES.some((province) => province.code === code)) throw new ProvinceError('PROVINCE_UNKNOWN', { where, detail: code });
}

/** The province of today in which the birth behind this prefix was registered; undefined for countries and prefixes unknown. */
export function provinceOfPrefix(prefix: string): Province | undefined {
  return BY_PREFIX.get(prefix);
}
