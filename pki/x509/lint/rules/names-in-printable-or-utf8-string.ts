import { DER } from '#encoder/tlv';
import { attributes } from '../names.ts';
import { ALL, type Rule } from '../rule.ts';

/** TeletexString, BMPString and UniversalString are no longer written. */
export const namesInPrintableOrUtf8String: Rule = {
  id: 'names-in-printable-or-utf8-string',
  profiles: ALL,
  clause: 'RFC 5280 §4.1.2.4',
  holds: ({ certificate: { issuer, subject } }) =>
    [issuer, subject].flatMap(attributes).every(({ tag }) => tag === DER.PRINTABLE_STRING || tag === DER.UTF8_STRING),
};
