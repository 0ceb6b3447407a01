import type { CrlRule } from '../rule.ts';

export const issuedInTheUsagePeriodOfTheCsca: CrlRule = {
  id: 'issued-in-the-usage-period-of-the-csca',
  clause: 'Doc 9303-12 §4.1.4, Table 1',
  holds: ({ list, csca: { privateKeyUsagePeriod: usage, validity } }) =>
    list.thisUpdate >= (usage?.notBefore ?? validity.notBefore) && list.thisUpdate <= (usage?.notAfter ?? validity.notAfter),
};
