import type { CitizenRecord } from '#encoder/profiles';
import type { Order } from '#production/orders';

/**
 * The invented citizens of the demo: pure data, the same for the same count and day. Nobody here exists; names were chosen so that
 * every Vietnamese letter with every mark is written on some card, and the first people carry the cases that are hard.
 */
export type DemoCitizen = Omit<CitizenRecord, 'portrait' | 'leftIndexFinger' | 'rightIndexFinger'>;

export type DemoTrait =
  | 'no-expiry'
  | 'single-name'
  | 'long-name'
  | 'three-provinces'
  | 'old-number'
  | 'married'
  | 'absent-father'
  | 'faulty-nationality'
  | 'faulty-no-residence'
  | 'faulty-duplicate';

/** One order without its images. `traits` is for tests and reports and is no part of the order file. */
export interface DemoOrder {
  readonly orderId: string;
  readonly dossierNumber: string;
  readonly requestType: 'FIRST_ISSUANCE';
  /** 0 to 9, 9 first. */
  readonly priority: number;
  /** `YYYY-MM-DD`. */
  readonly dueDate: string;
  /** `<2-digit province>.<5-digit commune>`. */
  readonly deliveryOffice: string;
  readonly citizen: DemoCitizen;
  readonly traits: readonly DemoTrait[];
}

export interface DemoImages {
  readonly portrait: Uint8Array;
  readonly leftIndexFinger: Uint8Array;
  readonly rightIndexFinger: Uint8Array;
}

/** The order as the order file (`cardmint-orders/1`) writes it: images in base64, no traits. */
export function orderJson({ traits: _traits, citizen, ...order }: DemoOrder, images: DemoImages): Order {
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return {
    ...order,
    citizen: {
      ...citizen,
      spouses: [...citizen.spouses],
      portrait: base64(images.portrait),
      leftIndexFinger: base64(images.leftIndexFinger),
      rightIndexFinger: base64(images.rightIndexFinger),
    },
  };
}

interface DemoProvince {
  readonly code: '01' | '48' | '79';
  readonly name: string;
  /** First three digits of the personal numbers registered there. */
  readonly prefix: string;
  readonly communes: readonly string[];
}

const PROVINCES: readonly [DemoProvince, DemoProvince, DemoProvince] = [
  { code: '01', name: 'Hà Nội', prefix: '001', communes: ['Phường Ba Đình', 'Phường Hoàn Kiếm', 'Phường Ngọc Hà', 'Xã Sóc Sơn'] },
  { code: '48', name: 'Đà Nẵng', prefix: '048', communes: ['Phường Hải Châu', 'Phường Sơn Trà', 'Phường Hội An Tây', 'Xã Hòa Vang'] },
  {
    code: '79',
    name: 'Thành phố Hồ Chí Minh',
    prefix: '079',
    communes: ['Phường Sài Gòn', 'Phường Bến Thành', 'Phường Thủ Đức', 'Xã Củ Chi'],
  },
];

export interface DemoOffice {
  readonly code: string;
  readonly province: string;
  readonly name: string;
}

/** The offices that receive the demo's cards. The codes have the form of the communes' codes; they need not be theirs. */
export const DEMO_OFFICES: readonly DemoOffice[] = Object.freeze([
  { code: '01.00004', province: 'Hà Nội', name: 'Công an phường Ba Đình' },
  { code: '01.00070', province: 'Hà Nội', name: 'Công an phường Hoàn Kiếm' },
  { code: '01.00376', province: 'Hà Nội', name: 'Công an xã Sóc Sơn' },
  { code: '48.20242', province: 'Đà Nẵng', name: 'Công an phường Hải Châu' },
  { code: '48.20275', province: 'Đà Nẵng', name: 'Công an phường Sơn Trà' },
  { code: '79.26740', province: 'Thành phố Hồ Chí Minh', name: 'Công an phường Sài Gòn' },
  { code: '79.26743', province: 'Thành phố Hồ Chí Minh', name: 'Công an phường Bến Thành' },
  { code: '79.27496', province: 'Thành phố Hồ Chí Minh', name: 'Công an xã Củ Chi' },
]);

interface Cast {
  readonly name: string;
  readonly sex: 'male' | 'female';
  readonly age: number;
  readonly trait?: DemoTrait;
  readonly ethnicity?: string;
}

/** Between them, these names hold all 67 small letters with a mark (a test counts); a card's face writes them in capitals. */
const CAST: readonly Cast[] = [
  { name: 'Nguyễn Thị Bè', sex: 'female', age: 71, trait: 'no-expiry' },
  { name: 'Đóa', sex: 'female', age: 34, trait: 'single-name', ethnicity: 'Bru - Vân Kiều' },
  { name: 'Công Tằng Tôn Nữ Nguyễn Phước Huyền Trân', sex: 'female', age: 29, trait: 'long-name' },
  { name: 'Trần Hữu Nghĩa', sex: 'male', age: 41, trait: 'three-provinces' },
  { name: 'Đặng Thùy Mỹ Hạnh', sex: 'female', age: 26, trait: 'three-provinces' },
  { name: 'Y Bhiông Niê Kđăm', sex: 'male', age: 37, trait: 'three-provinces', ethnicity: 'Ê Đê' },
  { name: 'Lê Văn Hòa Sẵn', sex: 'male', age: 52, trait: 'old-number' },
  { name: 'Phạm Cẩm Lệ Hằng', sex: 'female', age: 45, trait: 'married' },
  { name: 'Võ Quốc Khởi', sex: 'male', age: 19, trait: 'absent-father' },
  { name: 'Huỳnh Thị Lỡ', sex: 'female', age: 56, trait: 'old-number' },
  { name: 'Đỗ Thế Vĩnh Trực', sex: 'male', age: 31, trait: 'married' },
  { name: 'Hồ Mộng Nhã Ý', sex: 'female', age: 16 },
  { name: 'Ngô Bá Thắng Lợi', sex: 'male', age: 48, trait: 'old-number' },
  { name: 'Vũ Tố Tâm Thư', sex: 'female', age: 24 },
  { name: 'Từ Khẳng Đức', sex: 'male', age: 22 },
  { name: 'Bùi Thỵ Bảo Ánh', sex: 'female', age: 39, trait: 'married' },
  { name: 'Hà Đỉnh Trí Kỷ', sex: 'male', age: 27 },
  { name: 'Lý Ngọc Hẹn', sex: 'female', age: 33, trait: 'married' },
  { name: 'Thái Bình Phổ Thời', sex: 'male', age: 55, trait: 'old-number' },
  { name: 'Âu Dương Thị Dẻo', sex: 'female', age: 50, ethnicity: 'Hoa' },
  { name: 'Cao Hiển Phú Lẽ', sex: 'male', age: 36 },
  { name: 'Tống Nhật Thỏa', sex: 'female', age: 18 },
  { name: 'Mạc Mẫn Tuấn Cử', sex: 'male', age: 43, trait: 'married' },
  { name: 'Ông Thủy Phụng Bé', sex: 'female', age: 47, trait: 'old-number' },
];

const SURNAMES = ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Huỳnh', 'Phan', 'Vũ', 'Đặng', 'Bùi', 'Đỗ', 'Hồ', 'Ngô', 'Dương', 'Lý', 'Đoàn', 'Trịnh'];
const MALE_MIDDLES = ['Văn', 'Đức', 'Hữu', 'Minh', 'Quang', 'Thành', 'Công', 'Xuân'];
const FEMALE_MIDDLES = ['Thị', 'Ngọc', 'Thu', 'Kim', 'Bích', 'Thanh', 'Mai', 'Diệu'];
const MALE_GIVEN = ['Anh', 'Bình', 'Cường', 'Dũng', 'Hải', 'Hùng', 'Khánh', 'Long', 'Nam', 'Phúc', 'Quân', 'Sơn', 'Thịnh', 'Tùng', 'Vinh'];
const FEMALE_GIVEN = ['An', 'Chi', 'Dung', 'Giang', 'Hà', 'Hoa', 'Hương', 'Lan', 'Linh', 'Nga', 'Phương', 'Quỳnh', 'Thảo', 'Trang', 'Yến'];
const MARKS = [
  'Nốt ruồi C: 1 cm dưới sau đuôi mắt trái',
  'Sẹo chấm C: 2 cm trên sau cánh mũi phải',
  'Nốt ruồi C: 1,5 cm trên sau mép trái',
  'Sẹo chấm C: 1 cm trên đuôi lông mày phải',
  'Nốt ruồi C: 0,5 cm dưới trước tai trái',
  'Không có đặc điểm nhận dạng riêng',
];
const RELIGIONS = ['Không', 'Không', 'Không', 'Phật giáo', 'Công giáo', 'Cao Đài'];
const STREETS = ['Phố Mẫu', 'Đường Hoa Sữa', 'Đường Bằng Lăng', 'Phố Hàng Mẫu', 'Đường Phượng Vĩ', 'Đường Sao Mai'];

/**
 * The orders of a demo: `people` citizens to be served, the hard cases first, and always three faulty orders among them (nationality
 * undetermined, no residence, and a second order for a citizen of the same file). The duplicate stands last, behind its original.
 * @param people at least 1
 * @param clock its UTC date is the date of issue
 */
export function demoOrders(people: number, clock: Date): DemoOrder[] {
  if (!Number.isSafeInteger(people) || people < 1 || people > 100_000) throw new RangeError('people is a whole number from 1 to 100000');
  const today = clock.toISOString().slice(0, 10);
  const taken = new Set<string>();
  const good = Array.from({ length: people }, (_, i) => citizenOf(i, { today, taken }));
  const undetermined = citizenOf(people, { today, taken });
  const homeless = citizenOf(people + 1, { today, taken });
  const first = good[Math.min(6, people - 1)];
  if (first === undefined) throw new RangeError('no citizen');
  const seats: readonly Seat[] = [
    ...good.slice(0, Math.ceil(people / 3)),
    { ...undetermined, citizen: { ...undetermined.citizen, nationality: UNSPECIFIED_NATIONALITY }, traits: ['faulty-nationality'] },
    ...good.slice(Math.ceil(people / 3), Math.ceil((2 * people) / 3)),
    { ...homeless, citizen: { ...homeless.citizen, placeOfResidence: '' }, traits: ['faulty-no-residence'] },
    ...good.slice(Math.ceil((2 * people) / 3)),
    { ...first, traits: ['faulty-duplicate'] },
  ];
  return seats.map((seat, i) => ({
    orderId: `ord-${today.replaceAll('-', '')}-${String(i + 1).padStart(4, '0')}`,
    dossierNumber: `${seat.deliveryOffice}-${today.slice(2, 4)}-${String(i + 1).padStart(6, '0')}`,
    requestType: 'FIRST_ISSUANCE',
    priority: i % 9 === 4 ? 7 : 5,
    dueDate: plusDays(today, 5 + (i % 4)),
    ...seat,
  }));
}

/** Doc 9303-3 §5, part D: a person of unspecified nationality. */
const UNSPECIFIED_NATIONALITY = 'XXX';

type Seat = Pick<DemoOrder, 'citizen' | 'traits' | 'deliveryOffice'>;

function citizenOf(index: number, { today, taken }: { today: string; taken: Set<string> }): Seat {
  const random = randomOf(`cardmint demo citizen ${index}`);
  const cast = CAST[index] ?? invented(random);
  const traits = cast.trait === undefined ? [] : [cast.trait];
  const apart = cast.trait === 'three-provinces';
  const at = (offset: number): DemoProvince => PROVINCES[(index + offset) % 3] ?? PROVINCES[0];
  const [birthplace, home, office] = [at(0), at(apart ? 1 : 0), at(apart ? 2 : 0)];
  const dateOfBirth = birthday(today, cast.age, random);
  const given = random.pick(SURNAMES);
  const family = cast.name.includes(' ') ? (cast.name.split(' ')[0] ?? given) : given;
  const married = cast.trait === 'married' || cast.trait === 'no-expiry';
  const father = random.name(family, 'male');
  return {
    citizen: {
      personalNumber: personalNumber({ prefix: birthplace.prefix, sex: cast.sex, year: Number(dateOfBirth.slice(0, 4)) }, random, taken),
      fullName: cast.name,
      dateOfBirth,
      sex: cast.sex,
      nationality: 'VNM',
      ethnicity: cast.ethnicity ?? 'Kinh',
      religion: random.pick(RELIGIONS),
      placeOfOrigin: `${random.pick(birthplace.communes)}, ${birthplace.name}`,
      placeOfResidence: `Số ${random.below(240) + 1} ${random.pick(STREETS)}, ${random.pick(home.communes)}, ${home.name}`,
      personalMarks: random.pick(MARKS),
      father: cast.trait === 'absent-father' ? null : father,
      mother: random.name(random.pick(SURNAMES), 'female'),
      spouses: married ? [random.name(random.pick(SURNAMES), cast.sex === 'male' ? 'female' : 'male')] : [],
      oldIdentityNumber: cast.trait === 'old-number' ? random.digits(9) : null,
      dateOfIssue: today,
      dateOfExpiry: expiry(dateOfBirth, today),
    },
    traits,
    deliveryOffice: random.pick(DEMO_OFFICES.filter(({ code }) => code.startsWith(`${office.code}.`))).code,
  };
}

function invented(random: Random): Cast {
  const sex = random.below(2) === 0 ? 'male' : 'female';
  return { name: random.name(random.pick(SURNAMES), sex), sex, age: 15 + random.below(42) };
}

/**
 * PPP G YY RRRRRR (Decree 137/2015 article 13): province of registration, sex with century (1900s: 0 male, 1 female; 2000s: 2, 3),
 * year, six random digits.
 */
function personalNumber(of: { prefix: string; sex: 'male' | 'female'; year: number }, random: Random, taken: Set<string>): string {
  const gender = 2 * (Math.floor(of.year / 100) - 19) + (of.sex === 'male' ? 0 : 1);
  for (;;) {
    const number = `${of.prefix}${gender}${String(of.year % 100).padStart(2, '0')}${random.digits(6)}`;
    if (taken.has(number)) continue;
    taken.add(number);
    return number;
  }
}

/** A day of the year that every year has, already past this year, so that `age` is the age today. */
function birthday(today: string, age: number, random: Random): string {
  const year = Number(today.slice(0, 4));
  const monthDay = `${String(1 + random.below(12)).padStart(2, '0')}-${String(1 + random.below(28)).padStart(2, '0')}`;
  return `${year - age - (monthDay > today.slice(5) ? 1 : 0)}-${monthDay}`;
}

/**
 * The card runs to the holder's next 25th, 40th or 60th birthday; one issued within two years before such a birthday runs to the one
 * after it; behind the last there is no expiry (Law 59/2014 article 21, the thresholds of the 2021 card).
 */
export function expiry(dateOfBirth: string, dateOfIssue: string): string | null {
  const [year, monthDay] = [Number(dateOfBirth.slice(0, 4)), dateOfBirth.slice(4)];
  const threshold = [25, 40, 60].find((age) => dateOfIssue < `${year + age - 2}${monthDay}`);
  return threshold === undefined ? null : `${year + threshold}${monthDay}`;
}

function plusDays(date: string, days: number): string {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

export interface Random {
  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number;
  /** A number from `low` to `high`. */
  between(low: number, high: number): number;
  pick<T>(from: readonly T[]): T;
  digits(count: number): string;
  name(family: string, sex: 'male' | 'female'): string;
}

/** The same seed gives the same numbers, on every machine: for pictures and invented people, never for a secret. */
export function randomOf(seed: string): Random {
  // FNV-1a of the seed, then a mixing counter: any small generator with a full period does here.
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(seed, 'utf8')) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  const random: Random = {
    below: (limit) => Math.floor(next() * limit),
    between: (low, high) => low + next() * (high - low),
    pick(from) {
      const picked = from[random.below(from.length)];
      if (picked === undefined) throw new RangeError('nothing to pick from');
      return picked;
    },
    digits: (count) => Array.from({ length: count }, () => random.below(10)).join(''),
    name: (family, sex) =>
      `${family} ${random.pick(sex === 'male' ? MALE_MIDDLES : FEMALE_MIDDLES)} ${random.pick(sex === 'male' ? MALE_GIVEN : FEMALE_GIVEN)}`,
  };
  return random;
}
