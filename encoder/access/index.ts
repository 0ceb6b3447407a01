/**
 * Access to a chip and proof of it, from both ends: Basic Access Control, PACE, secure messaging, Active and Chip Authentication
 * (Doc 9303-11), and the block ciphers and MACs they stand on. It decides nothing about a card: verdicts are `inspection`'s.
 */
export { aesCbc, aesEcb, pad2, tdesCbc, tdesEcb, unpad2 } from './cipher.ts';
export { aesCmac, retailMac, retailMacPadded } from './mac.ts';
