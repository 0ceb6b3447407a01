import { OID } from '#pki/x509';
import { ALTERNATE_CONTENT_TYPE } from './sod-content-type-of-icao.ts';
import type { SodRule } from '../rule.ts';

/** Whatever else is signed with a Document Signer's key is no EF.SOD. */
export const sodContentType = {
  id: 'sod-content-type',
  clause: 'Doc 9303-10 table 37: eContentType is id-icao-mrtd-security-ldsSecurityObject, 2.23.136.1.1.1',
  binds: 'everyone',
  about: 'signed-data',
  holds: ({ contentType }) => contentType === OID.ldsSecurityObject || contentType === ALTERNATE_CONTENT_TYPE,
} as const satisfies SodRule;
