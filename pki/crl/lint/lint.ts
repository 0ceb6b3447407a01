import { isCodedError } from '#encoder/bytes';
import { broken, isDer, verifySignature, type Certificate, type LintFinding } from '#pki/x509';
import { parseCrl, type Crl, type TbsCrl } from '../crl.ts';
import { RULES } from './registry.ts';

/** Empty when the list keeps the profile of Doc 9303-12 §7.1.4. Never throws on a list that was parsed. */
export function lintCrl(list: TbsCrl, csca: Certificate): readonly LintFinding[] {
  return broken(RULES, { list, csca });
}

/** Findings about bytes that no rule can be asked about, because they are no list, or not this CSCA's. */
const DER_ENCODING = { rule: 'der-encoding', clause: 'Doc 9303-12 §7; ISO/IEC 8825-1 §10, §11' } as const;
const STRUCTURE = { rule: 'crl-structure', clause: 'Doc 9303-12 Table 9; RFC 5280 §5.1' } as const;
const SIGNATURE = { rule: 'signature-of-the-csca', clause: 'RFC 5280 §6.3.3 (g)' } as const;

/**
 * The same for bytes from outside, the signature included: what is no DER breaks `der-encoding`, what is no list `crl-structure`, what the CSCA did not
 * sign `signature-of-the-csca`. Never throws.
 */
export function lintEncodedCrl(der: Uint8Array, csca: Certificate): readonly LintFinding[] {
  const list = readOrUndefined(der);
  if (list === undefined) return [isDer(der) ? STRUCTURE : DER_ENCODING];
  const { signatureAlgorithm: algorithm } = list;
  const signed = algorithm === undefined || verifySignature(algorithm, list.tbs, csca.publicKey, list.signature);
  return [...lintCrl(list, csca), ...(signed ? [] : [SIGNATURE])];
}

function readOrUndefined(der: Uint8Array): Crl | undefined {
  try {
    return parseCrl(der);
  } catch (error) {
    if (isCodedError(error)) return undefined;
    throw error;
  }
}
