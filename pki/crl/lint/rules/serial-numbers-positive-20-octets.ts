import { isSerialNumber } from '#pki/x509';
import type { CrlRule } from '../rule.ts';

export const serialNumbersPositive20Octets: CrlRule = {
  id: 'serial-numbers-positive-20-octets',
  clause: 'Doc 9303-12 Table 5, serialNumber; RFC 5280 §5.1.2.6',
  holds: ({ list }) => list.revoked.every(isSerialNumber),
};
