import { createHash } from 'node:crypto';
import { equalBytes } from '#encoder/bytes';
import { ldsSecurityObject, type LdsSecurityObject } from '#encoder/lds';
import { signerInfoOf, verifySignerInfo, type SignerInfoFault } from '#pki/cms';
import type { Certificate, HashName } from '#pki/x509';
import { HASH_OF } from './algorithms.ts';
import { documentTypeOf } from './data-groups.ts';
import {
  allGood,
  attempt,
  checkChain,
  checkRevocation,
  checkValidity,
  failed,
  findCsca,
  signatureCheck,
  type PassiveAuthenticationCheck,
  type PassiveAuthenticationOptions,
} from './document-signer-checks.ts';
import { inDerOrder } from './lint/der-order.ts';
import { readFacts, type SodFacts } from './lint/facts.ts';
import { isBroken, type SodRule } from './lint/rule.ts';
import { SOD_RULES, type SodDeviation } from './lint/rules.ts';

export interface PassiveAuthenticationVerdict {
  /** Structure, signature, chain and validity passed, and nothing failed. */
  readonly good: boolean;
  readonly checks: readonly PassiveAuthenticationCheck[];
  /** Rules that the file breaks and the caller bears; also the detail of the structure check. */
  readonly deviations: readonly SodDeviation[];
  /** The Document Signer's certificate, where one was found. */
  readonly documentSigner?: Uint8Array;
  readonly ldsSecurityObject?: LdsSecurityObject;
}

export interface SodOptions extends PassiveAuthenticationOptions {
  /** Plain deviations to bear in documents of other States, each named in the verdict; none on our own cards. */
  readonly tolerated?: readonly SodDeviation[];
}

/**
 * Passive Authentication (Doc 9303-11 §5.1) with node:crypto alone. `dataGroups` are the files that were read, by number. Every input is an
 * input: malformed or hostile bytes give a verdict that is not good, never an exception. A structure that is refused names, in its detail,
 * the rules that it breaks.
 */
export function verifySod(
  efSod: Uint8Array,
  dataGroups: ReadonlyMap<number, Uint8Array>,
  options: SodOptions,
): PassiveAuthenticationVerdict {
  const facts = readFacts(efSod);
  const { tolerated = [] } = options;
  const broken = SOD_RULES.filter((rule) => rule.binds === 'everyone' && isBroken(rule, facts));
  const refused = broken.filter((rule) => !isTolerated(rule, tolerated));
  const deviations = broken.filter((rule) => isTolerable(rule)).flatMap(({ id }) => (tolerated.includes(id) ? [id] : []));
  const lds = attempt(() => ldsSecurityObject.decode(facts.data?.content ?? new Uint8Array()));
  const found = { deviations, ...(lds.ok ? { ldsSecurityObject: lds.value } : {}) };
  if (refused.length > 0) return verdict([refusal(refused)], found);
  if (!lds.ok || lds.value.hashAlgorithm === 'SHA-1' || facts.certificate === undefined)
    return verdict([failed('structure', 'SOD_MALFORMED', lds.ok ? undefined : lds.reason)], found);
  const { certificate: signer } = facts;
  const csca = findCsca(signer, options.csca);
  return verdict(
    [
      { check: 'structure', outcome: 'passed', ...(deviations.length > 0 ? { detail: deviations.join(', ') } : {}) },
      checkSodSignature(facts, signer),
      ...checkDataGroups(lds.value, HASH_OF[lds.value.hashAlgorithm], dataGroups),
      checkChain(signer, csca),
      checkValidity(signer, csca.trusted, options.at),
      checkDocumentType(signer, dataGroups.get(1)),
      checkRevocation(signer, csca.trusted, options),
    ],
    { ...found, documentSigner: signer.certificate },
  );
}

type TolerableRule = Extract<(typeof SOD_RULES)[number], { readonly tolerable: true }>;

function isTolerable(rule: (typeof SOD_RULES)[number]): rule is TolerableRule {
  return 'tolerable' in rule;
}

function isTolerated(rule: (typeof SOD_RULES)[number], tolerated: readonly SodDeviation[]): boolean {
  return isTolerable(rule) && tolerated.includes(rule.id);
}

/** What is no EF.SOD at all outweighs an algorithm that is not permitted. */
function refusal(rules: readonly SodRule[]): PassiveAuthenticationCheck {
  const codes = rules.map(({ code }) => code ?? 'SOD_MALFORMED');
  const code = codes.includes('SOD_MALFORMED') ? 'SOD_MALFORMED' : (codes[0] ?? 'SOD_MALFORMED');
  return failed('structure', code, rules.map(({ id }) => id).join(', '));
}

function checkSodSignature(facts: SodFacts, certificate: Certificate): PassiveAuthenticationCheck {
  const { data, signer, algorithm } = facts;
  const content = data?.content;
  const signerInfo = attempt(() => (signer === undefined ? undefined : signerInfoOf(signer, 'EF.SOD')));
  if (data === undefined || content === undefined || !signerInfo.ok || signerInfo.value === undefined)
    return failed('signature', 'SOD_MALFORMED');
  const info = signerInfo.value;
  const verify = (signedAttributes: Uint8Array): SignerInfoFault | undefined =>
    verifySignerInfo({ ...data, signerInfo: { ...info, signedAttributes } }, content, certificate, algorithm?.algorithm);
  const fault = verify(info.signedAttributes);
  // Out of order they may have been signed as they lie, or as DER has them (RFC 5652 §5.4).
  return signatureCheck(fault === 'signature' ? verify(inDerOrder(info.signedAttributes)) : fault);
}

function checkDataGroups(
  lds: LdsSecurityObject,
  digest: HashName,
  files: ReadonlyMap<number, Uint8Array>,
): readonly PassiveAuthenticationCheck[] {
  const signed = lds.dataGroupHashes.map(({ dataGroup, hash }): PassiveAuthenticationCheck => {
    const file = files.get(dataGroup);
    if (file === undefined) return { check: 'data-group', dataGroup, outcome: 'skipped', code: 'DATA_GROUP_NOT_READ' };
    const same = equalBytes(createHash(digest).update(file).digest(), hash);
    return same
      ? { check: 'data-group', dataGroup, outcome: 'passed' }
      : { check: 'data-group', dataGroup, outcome: 'failed', code: 'DATA_GROUP_CHANGED' };
  });
  const unsigned = [...files.keys()]
    .filter((number) => !lds.dataGroupHashes.some(({ dataGroup }) => dataGroup === number))
    .map((dataGroup): PassiveAuthenticationCheck => ({ check: 'data-group', dataGroup, outcome: 'failed', code: 'DATA_GROUP_NOT_SIGNED' }));
  return [...signed, ...unsigned];
}

/** Certificates older than the extension have no list (Doc 9303-12 Appendix C): then there is nothing to check. */
function checkDocumentType(signer: Certificate, dg1: Uint8Array | undefined): PassiveAuthenticationCheck {
  const { documentTypes } = signer;
  if (documentTypes === undefined) return { check: 'document-type', outcome: 'skipped' };
  if (dg1 === undefined) return { check: 'document-type', outcome: 'skipped', code: 'DATA_GROUP_NOT_READ' };
  const type = attempt(() => documentTypeOf(dg1));
  return type.ok && documentTypes.includes(type.value)
    ? { check: 'document-type', outcome: 'passed' }
    : failed('document-type', 'DOCUMENT_TYPE_NOT_ALLOWED');
}

function verdict(
  checks: readonly PassiveAuthenticationCheck[],
  found: Omit<PassiveAuthenticationVerdict, 'good' | 'checks'>,
): PassiveAuthenticationVerdict {
  return { good: allGood(checks), checks, ...found };
}
