import { describe, expect, test } from 'vitest';
import { fitFaces, parseQrText, qrText } from '#encoder/card-face';
import { DEMO_OFFICES, demoOrders, type DemoOrder, type DemoTrait, expiry, orderJson, randomOf } from './people.ts';

const CLOCK = new Date('2026-11-21T09:00:00Z');
const orders = demoOrders(24, CLOCK);
const faulty = ({ traits }: DemoOrder): boolean => traits.some((trait) => trait.startsWith('faulty'));
const served = orders.filter((order) => !faulty(order));
const having = (trait: DemoTrait, among: readonly DemoOrder[] = orders): readonly DemoOrder[] =>
  among.filter(({ traits }) => traits.includes(trait));

/** The 67 small letters with a mark; with their capitals the 134 letters that ASCII lacks. */
const MARKED = Array.from('àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ');

/** The length of a name in the MRZ: every letter one character, fillers between words, a second one behind the family name. */
const mrzLength = (name: string): number => name.length + 1;

describe('the 27 orders of the demo (issue 2, step 1)', () => {
  test('24 to be served and exactly three faulty ones', () => {
    expect(orders.length).toBe(27);
    expect(served.length).toBe(24);
    expect(having('faulty-nationality').map(({ citizen }) => citizen.nationality)).toEqual(['XXX']);
    expect(having('faulty-no-residence').map(({ citizen }) => citizen.placeOfResidence)).toEqual(['']);
    expect(served.every(({ citizen }) => citizen.nationality === 'VNM' && citizen.placeOfResidence !== '')).toBe(true);
  });

  test('the duplicate comes last: same citizen, other order, other dossier', () => {
    const [duplicate] = having('faulty-duplicate');
    expect(duplicate).toBe(orders.at(-1));
    const originals = orders.slice(0, -1).filter(({ citizen }) => citizen.personalNumber === duplicate?.citizen.personalNumber);
    expect(originals.length).toBe(1);
    expect(originals[0]?.citizen).toEqual(duplicate?.citizen);
    expect(faulty(originals[0] ?? orders[0]!)).toBe(false);
  });

  test('order ids, dossiers and, but for the duplicate, personal numbers are each given once', () => {
    for (const of of [
      orders.map((o) => o.orderId),
      orders.map((o) => o.dossierNumber),
      orders.slice(0, -1).map((o) => o.citizen.personalNumber),
    ]) {
      expect(new Set(of).size).toBe(of.length);
    }
  });

  test('no order id or dossier shows a personal number', () => {
    for (const { orderId, dossierNumber, citizen } of orders)
      expect(`${orderId} ${dossierNumber}`).not.toContain(citizen.personalNumber.slice(3));
  });

  test('all 134 Vietnamese letters: small ones in the names, capitals in the names as the face prints them', () => {
    const names = served.map(({ citizen }) => citizen.fullName).join('');
    expect(MARKED.length).toBe(67);
    expect(MARKED.filter((letter) => !names.includes(letter))).toEqual([]);
    const capitals = names.toLocaleUpperCase('vi');
    expect(MARKED.filter((letter) => !capitals.includes(letter.toLocaleUpperCase('vi')))).toEqual([]);
    expect(names).toBe(names.normalize('NFC'));
  });

  test('one single name, one too long for 30 characters, one without expiry', () => {
    expect(served.filter(({ citizen }) => !citizen.fullName.includes(' '))).toEqual(having('single-name', served));
    expect(having('single-name', served).length).toBe(1);
    expect(served.filter(({ citizen }) => mrzLength(citizen.fullName) > 30)).toEqual(having('long-name', served));
    expect(having('long-name', served).length).toBe(1);
    expect(served.filter(({ citizen }) => citizen.dateOfExpiry === null)).toEqual(having('no-expiry', served));
    expect(having('no-expiry', served).length).toBe(1);
  });

  test('three whose number prefix, residence and delivery office lie in three provinces, and no others', () => {
    const provinceOf = { 'Hà Nội': '01', 'Đà Nẵng': '48', 'Thành phố Hồ Chí Minh': '79' } as Record<string, string>;
    const three = served.filter(({ citizen, deliveryOffice }) => {
      const home = provinceOf[citizen.placeOfResidence.split(', ').at(-1) ?? ''];
      expect(home).toBeDefined();
      return new Set([citizen.personalNumber.slice(1, 3), home, deliveryOffice.slice(0, 2)]).size === 3;
    });
    expect(three).toEqual(having('three-provinces'));
    expect(three.length).toBe(3);
  });

  test('three provinces with two or three offices each, all in use', () => {
    expect([...new Set(DEMO_OFFICES.map(({ code }) => code.slice(0, 2)))]).toEqual(['01', '48', '79']);
    for (const province of ['01', '48', '79']) {
      expect([2, 3]).toContain(DEMO_OFFICES.filter(({ code }) => code.startsWith(`${province}.`)).length);
    }
    for (const { code } of DEMO_OFFICES) expect(code).toMatch(/^\d{2}\.\d{5}$/);
    expect(new Set(served.map(({ deliveryOffice }) => deliveryOffice))).toEqual(new Set(DEMO_OFFICES.map(({ code }) => code)));
  });

  test('old numbers, marriages and one absent father', () => {
    expect(having('old-number', served).every(({ citizen }) => /^\d{9}$/.test(citizen.oldIdentityNumber ?? ''))).toBe(true);
    expect(served.some(({ citizen }) => citizen.oldIdentityNumber === null)).toBe(true);
    expect(having('married', served).every(({ citizen }) => citizen.spouses.length === 1)).toBe(true);
    expect(served.filter(({ citizen }) => citizen.father === null)).toEqual(having('absent-father', served));
  });

  test('personal numbers say sex, century and year of birth (Decree 137/2015 article 13)', () => {
    for (const { citizen } of orders) {
      const year = Number(citizen.dateOfBirth.slice(0, 4));
      const gender = (year < 2000 ? 0 : 2) + (citizen.sex === 'male' ? 0 : 1);
      expect(citizen.personalNumber).toMatch(new RegExp(`^0(01|48|79)${gender}${String(year).slice(2)}\\d{6}$`));
    }
  });

  test('every served record fits both faces and its QR text reads back', () => {
    for (const { citizen } of served) {
      expect(fitFaces(citizen)).toEqual([]);
      expect(parseQrText(qrText(citizen)).fullName).toBe(citizen.fullName);
    }
  });

  test('the same count and day give the same orders, the order file has no field of the demo alone', () => {
    expect(demoOrders(24, CLOCK)).toEqual(orders);
    const image = Uint8Array.of(0xff, 0xd8);
    const json = orderJson(orders[0]!, { portrait: image, leftIndexFinger: image, rightIndexFinger: image });
    expect(Object.keys(json).sort()).toEqual([
      'citizen',
      'deliveryOffice',
      'dossierNumber',
      'dueDate',
      'orderId',
      'priority',
      'requestType',
    ]);
    expect(json.citizen.portrait).toBe('/9g=');
    expect(Object.keys(json.citizen).length).toBe(19);
  });

  test('all 27 are taken by the order file as it is defined (cardmint-orders/1): what is wrong with three is for the lint to find', async () => {
    const { checkOrderFile } = await import('#production/orders');
    const image = Uint8Array.of(0xff, 0xd8);
    const images = { portrait: image, leftIndexFinger: image, rightIndexFinger: image };
    const file = { format: 'cardmint-orders/1', orders: orders.map((order) => orderJson(order, images)) };
    expect(checkOrderFile(JSON.parse(JSON.stringify(file))).orders.length).toBe(27);
  });
});

describe('other counts', () => {
  test.each([1, 3, 6, 12, 60])('%i people and always three faulty orders', (people) => {
    const some = demoOrders(people, CLOCK);
    expect(some.length).toBe(people + 3);
    expect(some.filter(faulty).length).toBe(3);
    const numbers = some.slice(0, -1).map(({ citizen }) => citizen.personalNumber);
    expect(new Set(numbers).size).toBe(people + 2);
  });

  test('12 people keep every special case', () => {
    const traits = new Set(demoOrders(12, CLOCK).flatMap(({ traits }) => traits));
    expect([...traits].sort()).toEqual(
      [
        'absent-father',
        'faulty-duplicate',
        'faulty-nationality',
        'faulty-no-residence',
        'long-name',
        'married',
        'no-expiry',
        'old-number',
        'single-name',
        'three-provinces',
      ].sort(),
    );
  });

  test.each([0, -1, 1.5, Number.NaN, 200_000])('%s people are refused', (people) => {
    expect(() => demoOrders(people, CLOCK)).toThrow(RangeError);
  });

  test('on another day, in another year, the cases are still the same', () => {
    for (const clock of ['2025-01-01', '2027-06-30', '2028-02-29', '2031-12-31']) {
      const day = demoOrders(24, new Date(`${clock}T00:00:00Z`));
      expect(day.filter(({ citizen }) => citizen.dateOfExpiry === null).length).toBe(1);
      expect(day.every(({ citizen }) => citizen.dateOfIssue === clock && citizen.dateOfBirth < clock)).toBe(true);
    }
  });
});

describe('date of expiry (facts/vietnam.md §6.4: 25, 40, 60, and two years before)', () => {
  test.each([
    ['2005-06-15', '2021-05-10', '2030-06-15'],
    ['1996-06-15', '2019-06-14', '2021-06-15'],
    ['1996-06-15', '2019-06-15', '2036-06-15'],
    ['1996-06-15', '2021-06-15', '2036-06-15'],
    ['1981-05-11', '2019-05-11', '2041-05-11'],
    ['1961-05-11', '2019-05-10', '2021-05-11'],
    ['1961-05-11', '2019-05-11', null],
    ['1941-01-01', '2021-05-10', null],
  ])('born %s, issued %s: %s', (birth, issue, expected) => {
    expect(expiry(birth, issue)).toBe(expected);
  });
});

test('the random source repeats and spreads', () => {
  const [a, b, c] = [randomOf('x'), randomOf('x'), randomOf('y')];
  const row = (random: ReturnType<typeof randomOf>): number[] => Array.from({ length: 1000 }, () => random.below(10));
  const first = row(a);
  expect(row(b)).toEqual(first);
  expect(row(c)).not.toEqual(first);
  for (let digit = 0; digit < 10; digit += 1) expect(first.filter((value) => value === digit).length).toBeGreaterThan(60);
});
