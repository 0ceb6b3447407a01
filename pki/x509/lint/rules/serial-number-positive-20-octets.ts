import { isSerialNumber } from '../../serial-number.ts';
import { ALL, type Rule } from '../rule.ts';

export const serialNumberPositive20Octets: Rule = {
  id: 'serial-number-positive-20-octets',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 5, serialNumber; RFC 5280 §4.1.2.2',
  holds: ({ certificate: { serialNumber } }) => isSerialNumber(serialNumber),
};
