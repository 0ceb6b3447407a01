import { SIGNERS, type Rule } from '../rule.ts';

/** A CSCA that ends before its signers takes their last cards with it: its period has theirs in it, as in the examples of Appendix A. */
export const notAfterWithinTheCsca: Rule = {
  id: 'not-after-within-the-csca',
  profiles: SIGNERS,
  clause: 'Doc 9303-12 §4.1, Table 1; Appendix A',
  holds: ({ certificate: { validity }, issuer }) => issuer?.notAfter === undefined || validity.notAfter <= issuer.notAfter,
};
