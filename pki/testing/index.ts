/**
 * What the tests of several rooms need: tokens (software, SoftHSM in this process or in others), and a specimen CSCA with a Document Signer and the files of a
 * made-up card. Only tests import it.
 */
export { inMemoryProcess } from './in-memory-process.ts';
export { ManualClock } from './manual-clock.ts';
export { disguised, softwareTokens, type SoftwareToken } from './software-tokens.ts';
export { softHsmHome, softHsmToken, type SoftHsmToken } from './softhsm-token.ts';
export { softHsmProcess, softHsmTokens, type Provocation, type SoftHsmProcess } from './softhsm-process.ts';
export { EF_COM, NOW, specimenEfCom, specimenFiles, specimenPki, type SpecimenPki } from './specimen-pki.ts';
export { softwareKey, type SoftwareKey } from './software-key.ts';
export { flawedList, specimenListSigner, type ListFlaws, type SpecimenListSigner } from './specimen-lists.ts';
export { derMembers, editDer } from './der-edit.ts';
