import { OID } from '../../oid.ts';
import { members, whenPresent } from '../extension-values.ts';
import { attributesOf } from '../names.ts';
import { ICAO, type Rule } from '../rule.ts';

/** Among the names, a directoryName [4] whose localityName is the code of one to three letters. */
export const alternativeNamesWithTheCountryOfTheMrz: Rule = {
  id: 'alternative-names-with-the-country-of-the-mrz',
  profiles: ICAO,
  clause: 'Doc 9303-12 §7.1.1.2',
  holds: ({ certificate }) => [OID.subjectAltName, OID.issuerAltName].every((oid) => whenPresent(certificate, oid, namesCountryOfMrz)),
};

function namesCountryOfMrz(value: Uint8Array): boolean {
  return members(value).some(
    ({ tag, value: name }) => tag === 0xa4 && attributesOf(name, OID.localityName).some(({ text }) => /^[A-Z]{1,3}$/.test(text)),
  );
}
