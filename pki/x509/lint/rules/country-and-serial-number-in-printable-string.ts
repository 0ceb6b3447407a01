import { DER } from '#encoder/tlv';
import { OID } from '../../oid.ts';
import { attributesOf } from '../names.ts';
import { ALL, type Rule } from '../rule.ts';

export const countryAndSerialNumberInPrintableString: Rule = {
  id: 'country-and-serial-number-in-printable-string',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 5, issuer and subject',
  holds: ({ certificate: { issuer, subject } }) =>
    [issuer, subject]
      .flatMap((name) => [...attributesOf(name, OID.countryName), ...attributesOf(name, OID.serialNumber)])
      .every(({ tag }) => tag === DER.PRINTABLE_STRING),
};
