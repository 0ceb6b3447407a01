import { OID } from '../../oid.ts';
import { attributesOf } from '../names.ts';
import { ICAO, type Rule } from '../rule.ts';

export const countryTwoUpperCaseLetters: Rule = {
  id: 'country-two-upper-case-letters',
  profiles: ICAO,
  clause: 'Doc 9303-12 Table 5, issuer and subject; §7.1.1.1',
  holds: ({ certificate: { issuer, subject } }) =>
    [issuer, subject].every((name) => {
      const countries = attributesOf(name, OID.countryName);
      return countries.length === 1 && countries.every(({ text }) => /^[A-Z]{2}$/.test(text));
    }),
};
