import { rsaKey } from '../subject-key.ts';
import { ICAO, type Rule } from '../rule.ts';

export const rsaExponentOddAbove65536: Rule = {
  id: 'rsa-exponent-odd-above-65536',
  profiles: ICAO,
  clause: 'FIPS 186-4 §B.3.1',
  holds: ({ certificate: { spki } }) => {
    const exponent = rsaKey(spki)?.exponent;
    return exponent === undefined || (exponent > 65_536n && exponent % 2n === 1n);
  },
};
