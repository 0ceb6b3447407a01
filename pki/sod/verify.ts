import { createHash } from 'node:crypto';
import { equalBytes } from '#encoder/bytes';
import { ldsSecurityObject, type LdsSecurityObject } from '#encoder/lds';
import { decodeOnly } from '#encoder/tlv';
import { parseSignedData, type SignedData } from '#pki/cms';
import { OID, type Certificate, type HashName } from '#pki/x509';
import { documentTypeOf } from './data-groups.ts';
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

export interface PassiveAuthenticationVerdict {
  /** Structure, signature, chain and validity passed, and nothing failed. */
  readonly good: boolean;
  readonly checks: readonly PassiveAuthenticationCheck[];
  /** The Document Signer's certificate, where one was found. */
  readonly documentSigner?: Uint8Array;
  readonly ldsSecurityObject?: LdsSecurityObject;
}

/** Doc 9303-12 §4.1.6: "the only permitted hashing algorithms"; SHA-1 is read on old documents and proves nothing. */
const DIGESTS: Readonly<Record<LdsSecurityObject['hashAlgorithm'], HashName | undefined>> = {
  'SHA-1': undefined,
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/**
 * Passive Authentication (Doc 9303-11 §5.1) with node:crypto alone. `dataGroups` are the files that were read, by number. Every input is an
 * input: malformed or hostile bytes give a verdict that is not good, never an exception.
 */
export function verifySod(
  efSod: Uint8Array,
  dataGroups: ReadonlyMap<number, Uint8Array>,
  options: PassiveAuthenticationOptions,
): PassiveAuthenticationVerdict {
  const read = attempt(() => readSod(efSod));
  if (!read.ok) return verdict([failed('structure', 'SOD_MALFORMED', read.reason)]);
  const { data, content, lds, signer } = read.value;
  if (signer === undefined) return verdict([failed('structure', 'SOD_SIGNER_AMBIGUOUS')], { ldsSecurityObject: lds });
  const digest = DIGESTS[lds.hashAlgorithm];
  if (digest === undefined)
    return verdict([failed('structure', 'SOD_ALGORITHM_UNSUPPORTED', lds.hashAlgorithm)], { ldsSecurityObject: lds });
  const csca = findCsca(signer, options.csca);
  return verdict(
    [
      { check: 'structure', outcome: 'passed' },
      checkSignature(data, content, signer),
      ...checkDataGroups(lds, digest, dataGroups),
      checkChain(signer, csca),
      checkValidity(signer, csca.trusted, options.at),
      checkDocumentType(signer, dataGroups.get(1)),
      checkRevocation(signer, csca.trusted, options),
    ],
    { documentSigner: signer.certificate, ldsSecurityObject: lds },
  );
}

interface ReadSod {
  readonly data: SignedData;
  readonly content: Uint8Array;
  readonly lds: LdsSecurityObject;
  /** Undefined unless exactly one embedded certificate is the one that the signer names. */
  readonly signer: Certificate | undefined;
}

function readSod(efSod: Uint8Array): ReadSod {
  const data = parseSignedData(decodeOnly(efSod, 0x77, 'EF.SOD').rest(), 'EF.SOD');
  // Version 3 because the content is not plain data (RFC 5652 §5.1, Doc 9303-10 Table D-1).
  if (data.version !== 3 || data.contentType !== OID.ldsSecurityObject || data.content === undefined)
    throw new Error('not an LDS security object');
  return { data, content: data.content, lds: ldsSecurityObject.decode(data.content), signer: signerOf(data) };
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
  found: Omit<PassiveAuthenticationVerdict, 'good' | 'checks'> = {},
): PassiveAuthenticationVerdict {
  return { good: allGood(checks), checks, ...found };
}
