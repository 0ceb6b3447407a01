import { OID } from '#pki/x509';
import type { CrlRule } from '../rule.ts';

export const crlNumberNonNegative20Octets: CrlRule = {
  id: 'crl-number-non-negative-20-octets',
  clause: 'Doc 9303-12 Table 10, cRLNumber; RFC 5280 §5.2.3',
  holds: ({ list }) => {
    const value = list.extensions.get(OID.cRLNumber)?.value;
    return value === undefined || (value.length <= 22 && list.number !== undefined);
  },
};
