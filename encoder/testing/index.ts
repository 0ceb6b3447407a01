/**
 * What tests of several rooms share: blank chips in a folder that is gone afterwards, with keys that are nobody's, and a pcscd with
 * virtual readers. It is not for any process that runs.
 */
export {
  blankImage,
  imageFolder,
  inApplication,
  inMasterFile,
  oneRsaKey,
  openAsPlant,
  TEST_CARD_ACCESS,
  TEST_CHIP_ID,
  TEST_CHIP_KEYS,
  TEST_MASTER,
  TEST_PLANT_MASTER,
  testKeySets,
} from './blank-chips.ts';
export { SPECIMEN_CITIZEN } from './specimen-citizen.ts';
export { ECDSA_SHA256, ECDSA_SHA384, ecPair, issue, type Pair, PSS_SHA256, rsaPair, signBy } from './cv-issuer.ts';
export { READER_PROGRAM, startTestPcscd, type TestEntry, type TestPcscd } from './test-pcscd.ts';
