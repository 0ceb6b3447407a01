import type { Certificate, LintRule } from '#pki/x509';
import type { TbsCrl } from '../crl.ts';

/** A list, and the certificate of the CSCA that issues it. */
export interface CrlLintContext {
  readonly list: TbsCrl;
  readonly csca: Certificate;
}

export type CrlRule = LintRule<CrlLintContext>;
