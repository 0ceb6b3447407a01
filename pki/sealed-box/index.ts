/**
 * A secret sealed to the public half of a key whose private half is in the token (ECIES: ephemeral ECDH P-256, HKDF-SHA-256,
 * AES-256-GCM). Whoever has the public key can seal and cannot open; what is sealed is a record's data key, never the record.
 */
export { openBox, sealBox, SealedBoxError, type SealedBoxErrorCode } from './sealed-box.ts';
