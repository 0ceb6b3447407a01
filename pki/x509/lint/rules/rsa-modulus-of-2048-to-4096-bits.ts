import { rsaKey } from '../subject-key.ts';
import { ICAO, type Rule } from '../rule.ts';

export const rsaModulusOf2048To4096Bits: Rule = {
  id: 'rsa-modulus-of-2048-to-4096-bits',
  profiles: ICAO,
  clause: 'Doc 9303-12 §4.1.6; FIPS 186-4 §5.1',
  holds: ({ certificate: { spki } }) => {
    const bits = rsaKey(spki)?.modulus.toString(2).length;
    return bits === undefined || (bits >= 2048 && bits <= 4096);
  },
};
