/**
 * A secret sealed to public keys whose private halves are in tokens, one box a key (ECIES: ephemeral ECDH P-256, HKDF-SHA-256,
 * AES-256-GCM). Whoever has the public keys can seal and cannot open; what is sealed is a record's data key, never the record.
 */
export { openAny, recipientsOf, recipientId, sealToAll } from './envelope.ts';
export { openBox, sealBox, type Opener } from './sealed-box.ts';
export { SealedBoxError, type SealedBoxErrorCode } from './sealed-box-error.ts';
