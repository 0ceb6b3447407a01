import { ALL, type Rule } from '../rule.ts';

export const usagePeriodInsideValidity: Rule = {
  id: 'usage-period-inside-validity',
  profiles: ALL,
  clause: 'Doc 9303-12 §4.1.1, §4.1.4',
  holds: ({ certificate: { privateKeyUsagePeriod: usage, validity } }) => {
    if (usage === undefined) return true;
    const [from, to] = [usage.notBefore ?? validity.notBefore, usage.notAfter ?? validity.notAfter];
    return from < to && from >= validity.notBefore && to <= validity.notAfter;
  },
};
