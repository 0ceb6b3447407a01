/**
 * The machine readable zone of a card: check digits, the lines of TD1, TD2 and TD3 documents, names in the positions they
 * have there, and what Vietnam puts in line 1. It is text in and text out: DG1 wraps it (`#encoder/lds`), card faces
 * print it, BAC and PACE derive their keys from it. It is not a place for visas (Doc 9303-7), and it repairs nothing.
 */
export { checkDigit } from './check-digit.ts';
export { transliterateCyrillic, type CyrillicLanguage } from './cyrillic.ts';
export { latinLetters, type LatinChoices } from './latin.ts';
export { MrzError, type MrzErrorCode } from './mrz-error.ts';
export { mrzInformation } from './mrz-information.ts';
export { nameField, type NameField } from './name.ts';
export { encodeTd1, mrzInformationTd1, parseTd1, splitTd1, type Td1, type Td1Lines } from './td1.ts';
export { encodeTd2, mrzInformationTd2, parseTd2, splitTd2, type Td2, type Td2Lines } from './td2.ts';
export { encodeTd3, mrzInformationTd3, parseTd3, splitTd3, type Td3, type Td3Lines, type UnusedCheckDigit } from './td3.ts';
export { nameComponents, transliterate, VIETNAMESE_LETTERS } from './transliteration.ts';
export { canFor, mrzFor, personalNumberOf, VIETNAM_MRZ, type MrzHolder, type MrzRules, type Mrz } from './vietnam.ts';
export { splitLines, zoneOfLength, ZONES, type HolderFields, type Zone, type ZoneName } from './zone.ts';
