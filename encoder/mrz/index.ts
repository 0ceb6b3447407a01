/**
 * The machine readable zone of a card: check digits, the three lines of a TD1 document, names in 30 positions, and what
 * Vietnam puts in line 1. It is text in and text out: DG1 wraps it (`#encoder/lds`), card faces print it, BAC and PACE
 * derive their keys from it. It is not a place for TD2 or TD3 lines, and it repairs nothing.
 */
export { checkDigit } from './check-digit.ts';
export { MrzError, type MrzErrorCode } from './mrz-error.ts';
export { nameField, type NameField } from './name.ts';
export { encodeTd1, mrzInformation, parseTd1, splitTd1, type Td1, type Td1Lines } from './td1.ts';
export { nameComponents, transliterate, VIETNAMESE_LETTERS } from './transliteration.ts';
export { canFor, mrzFor, personalNumberOf, VIETNAM_MRZ, type MrzHolder, type MrzRules, type Mrz } from './vietnam.ts';
