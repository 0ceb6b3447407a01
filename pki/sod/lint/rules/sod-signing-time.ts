import { decodeTime, OID } from '#pki/x509';
import type { SodRule } from '../rule.ts';

export const sodSigningTime = {
  id: 'sod-signing-time',
  clause: 'RFC 5652 §11.3: a signing-time attribute is UTCTime until 2049 and GeneralizedTime from 2050',
  binds: 'everyone',
  about: 'signer-info',
  holds: ({ attributes }) => {
    const value = attributes.find(({ oid }) => oid === OID.signingTime)?.values[0];
    if (value === undefined) return true;
    try {
      return decodeTime(value, 'signingTime').getUTCFullYear() < 2050 === (value.tag === 0x17);
    } catch {
      return false;
    }
  },
} as const satisfies SodRule;
