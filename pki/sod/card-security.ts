import { parseSignedData, type SignedData } from '#pki/cms';
import { type Certificate } from '#pki/x509';
import {
  allGood,
  attempt,
  checkChain,
  checkRevocation,
  checkSignature,
  checkValidity,
  failed,
  findCsca,
  type PassiveAuthenticationCheck,
  type PassiveAuthenticationOptions,
  signerOf,
} from './document-signer-checks.ts';

export interface CardSecurityVerdict {
  /** Structure, signature, chain and validity passed, and nothing failed. */
  readonly good: boolean;
  readonly checks: readonly PassiveAuthenticationCheck[];
  /** The signed SecurityInfos, DER, of a file that could be read. */
  readonly securityInfos?: Uint8Array;
}

/** id-SecurityObject, bsi-de applications(3) eID(2) 1 (Doc 9303-10 §3.11.4). */
export const SECURITY_OBJECT = '0.4.0.127.0.7.3.2.1';

/**
 * Passive Authentication of EF.CardSecurity (Doc 9303-10 §3.11.4, Doc 9303-11 §5.1): as EF.SOD, signed by a Document Signer, with
 * SecurityInfos for its content. Malformed or hostile bytes give a verdict that is not good, never an exception.
 */
export function verifyCardSecurity(file: Uint8Array, options: PassiveAuthenticationOptions): CardSecurityVerdict {
  const read = attempt(() => readCardSecurity(file));
  if (!read.ok) return verdict([failed('structure', 'SOD_MALFORMED', read.reason)]);
  const { data, content, signer } = read.value;
  if (signer === undefined) return verdict([failed('structure', 'SOD_SIGNER_AMBIGUOUS')]);
  const csca = findCsca(signer, options.csca);
  const checks: readonly PassiveAuthenticationCheck[] = [
    { check: 'structure', outcome: 'passed' },
    checkSignature(data, content, signer),
    checkChain(signer, csca),
    checkValidity(signer, csca.trusted, options.at),
    checkRevocation(signer, csca.trusted, options),
  ];
  return { ...verdict(checks), securityInfos: content };
}

interface ReadCardSecurity {
  readonly data: SignedData;
  readonly content: Uint8Array;
  readonly signer: Certificate | undefined;
}

function readCardSecurity(file: Uint8Array): ReadCardSecurity {
  const data = parseSignedData(file, 'EF.CardSecurity');
  if (data.version !== 3 || data.contentType !== SECURITY_OBJECT || data.content === undefined) throw new Error('not a security object');
  return { data, content: data.content, signer: signerOf(data) };
}

function verdict(checks: readonly PassiveAuthenticationCheck[]): CardSecurityVerdict {
  return { good: allGood(checks), checks };
}
