/**
 * The 34 provinces, their old number prefixes, the offices cards are delivered to, and the certificate each province signs
 * its receipts with. It says nothing about citizens: a prefix tells where a birth was registered, not where anybody lives.
 */
export { ProvinceError, type ProvinceErrorCode } from './province-error.ts';
export { provinceOfPrefix, PROVINCES, requireProvince, type Province } from './province-list.ts';
export {
  ensureProvinces,
  listProvinces,
  provinceCertificate,
  registerProvinceCertificate,
  type DeliveryOffice,
  type ProvinceRow,
} from './provinces.ts';
