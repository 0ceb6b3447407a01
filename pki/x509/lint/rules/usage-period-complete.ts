import { OID } from '../../oid.ts';
import { whenPresent } from '../extension-values.ts';
import { ALL, type Rule } from '../rule.ts';

/** The table asks for one end of it at least; a key of this plant stops on a day that is written down, and so has both. */
export const usagePeriodComplete: Rule = {
  id: 'usage-period-complete',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 6, PrivateKeyUsagePeriod',
  holds: ({ certificate }) =>
    whenPresent(certificate, OID.privateKeyUsagePeriod, () => {
      const usage = certificate.privateKeyUsagePeriod;
      return usage?.notBefore !== undefined && usage.notAfter !== undefined;
    }),
};
