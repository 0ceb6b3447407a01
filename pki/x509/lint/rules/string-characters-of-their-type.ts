import { DER } from '#encoder/tlv';
import { attributes } from '../names.ts';
import { ALL, type Rule } from '../rule.ts';

/** A PrintableString with a letter that it cannot hold (a Vietnamese name, say) stands where a UTF8String belongs. */
export const stringCharactersOfTheirType: Rule = {
  id: 'string-characters-of-their-type',
  profiles: ALL,
  clause: 'ISO/IEC 8824-1 §41.4; RFC 5280 §4.1.2.4',
  holds: ({ certificate: { issuer, subject } }) =>
    [issuer, subject].flatMap(attributes).every(({ tag, value }) => {
      if (tag === DER.PRINTABLE_STRING) return PRINTABLE.test(Buffer.from(value).toString('latin1'));
      return tag !== DER.UTF8_STRING || Buffer.from(value).equals(Buffer.from(Buffer.from(value).toString('utf8')));
    }),
};

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
