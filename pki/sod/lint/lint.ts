import { lintCertificate, type Certificate } from '#pki/x509';
import { readFacts, type SodContext, type SodFacts } from './facts.ts';
import { isBroken } from './rule.ts';
import { SOD_RULES, type SodRuleId } from './rules.ts';

export interface SodFinding {
  /** Of a rule here, or of the linter of certificates. */
  readonly rule: string;
  /** Where the rule comes from. */
  readonly clause: string;
}

/**
 * What is wrong with an EF.SOD as we would issue it, its Document Signer's certificate included; empty when nothing is. Bytes from anywhere:
 * it never throws. It verifies no signature and knows no CSCA: that is Passive Authentication's (`verifySod`).
 */
export function lintSod(efSod: Uint8Array, context: SodContext = {}): readonly SodFinding[] {
  const facts = readFacts(efSod, context);
  return [...sodFindings(facts), ...facts.certificates.flatMap((certificate) => lintSigner(certificate, facts))];
}

/** The rules of EF.SOD alone, over facts that were read. */
export function sodFindings(facts: SodFacts): readonly (SodFinding & { readonly rule: SodRuleId })[] {
  return SOD_RULES.filter((rule) => isBroken(rule, facts)).map(({ id, clause }) => ({ rule: id, clause }));
}

/** That the certificate lives as long as this very card is asked above; here it must outlive its own usage period. */
function lintSigner(certificate: Certificate, { certificate: named }: SodFacts): readonly SodFinding[] {
  return certificate === named ? lintCertificate(certificate, 'document-signer', { technicalLifeYears: 0 }) : [];
}
