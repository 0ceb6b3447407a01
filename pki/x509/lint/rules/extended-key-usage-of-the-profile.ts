import { equalBytes } from '#encoder/bytes';
import { derOid, derSequence } from '#encoder/tlv';
import { OID } from '../../oid.ts';
import { whenPresent } from '../extension-values.ts';
import type { Rule } from '../rule.ts';

export const extendedKeyUsageOfTheProfile: Rule = {
  id: 'extended-key-usage-of-the-profile',
  profiles: ['master-list-signer', 'deviation-list-signer'],
  clause: 'Doc 9303-12 §7.1.1.3',
  holds: ({ certificate, profile }) =>
    whenPresent(certificate, OID.extKeyUsage, (value) => {
      const purpose = profile === 'master-list-signer' ? OID.masterListSigningKey : OID.deviationListSigningKey;
      return equalBytes(value, derSequence(derOid(purpose)));
    }),
};
