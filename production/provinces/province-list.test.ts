import { describe, expect, it } from 'vitest';
import { provinceOfPrefix, PROVINCES } from './index.ts';

describe('provinces (Nghị quyết 202/2025/QH15, Quyết định 19/2025/QĐ-TTg)', () => {
  it('are 34, of the 63 that there were, each old prefix in exactly one', () => {
    expect(PROVINCES).toHaveLength(34);
    expect(new Set(PROVINCES.map((province) => province.code)).size).toBe(34);
    const prefixes = PROVINCES.flatMap((province) => province.prefixes);
    expect(prefixes).toHaveLength(63);
    expect(new Set(prefixes).size).toBe(63);
    expect(PROVINCES.filter((province) => province.prefixes.length === 1)).toHaveLength(11);
    for (const { name } of PROVINCES) expect(name).toBe(name.normalize('NFC'));
  });

  it.each([
    ['027', '24', 'Bắc Ninh'],
    ['010', '15', 'Lào Cai'],
    ['045', '44', 'Quảng Trị'],
    ['064', '52', 'Gia Lai'],
    ['072', '80', 'Tây Ninh'],
    ['087', '82', 'Đồng Tháp'],
    ['089', '91', 'An Giang'],
  ])('prefix %s is of %s: the seven that carry the other old province’s code', (prefix, code, name) => {
    expect(provinceOfPrefix(prefix)).toMatchObject({ code, name });
    expect(prefix).not.toBe(`0${code}`);
  });

  it('knows no province for a prefix of a country', () => {
    expect(provinceOfPrefix('100')).toBeUndefined();
    expect(provinceOfPrefix('000')).toBeUndefined();
  });
});
