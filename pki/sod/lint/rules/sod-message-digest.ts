import { createHash } from 'node:crypto';
import { equalBytes } from '#encoder/bytes';
import { hashOfOid } from '#pki/cms';
import { OID } from '#pki/x509';
import type { SodRule } from '../rule.ts';

/** A reader compares it with the signature, in `verifySignerInfo`. */
export const sodMessageDigest = {
  id: 'sod-message-digest',
  clause: 'RFC 5652 §11.2: the message-digest attribute is the hash of the content by digestAlgorithm',
  binds: 'issuer',
  about: 'signer-info',
  holds: ({ attributes, digestAlgorithm }, { data }) => {
    const hash = hashOfOid(digestAlgorithm.oid);
    const value = attributes.find(({ oid }) => oid === OID.messageDigest)?.values[0];
    if (hash === undefined || data?.content === undefined || value === undefined) return true;
    return value.tag === 0x04 && equalBytes(createHash(hash).update(data.content).digest(), value.value);
  },
} as const satisfies SodRule;
