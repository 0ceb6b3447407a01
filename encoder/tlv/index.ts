/**
 * BER-TLV data objects as ISO/IEC 7816-4 §6 and Doc 9303-10 use them: definite, minimal lengths and tags of at most three
 * bytes, and the few DER types that stand in the files of a card. It is not an ASN.1 library: certificates and CMS are read
 * with asn1js and pkijs in `pki/`.
 */
export { decodeOnly, decodeTlvs, encodeLength, encodeTag, enter, readTlv, readTlvs, tagName, tlv, type Tlv } from './tlv.ts';
export {
  DER,
  derBitString,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  derSet,
  derSetOf,
  derUtf8String,
  inSetOrder,
  oidBytes,
  readBitString,
  readInteger,
  readNull,
  readOctetString,
  readOid,
  readOidContent,
  readPrintableString,
  readRaw,
  readSmallInteger,
  readUtf8String,
} from './der.ts';
