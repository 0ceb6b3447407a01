import { algorithmOfOid, OID, readAlgorithm, type SignatureAlgorithm } from '#pki/x509';
import type { SignerInfoForm } from './read-signed-data.ts';
import { hashOfOid } from './signed-data.ts';

/** rsaEncryption (RFC 3370 §3.2): the kind of key, not its use. */
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';

/**
 * What a SignerInfo says its signature is: exactly; by the right identifier with parameters that it should not have or lacks; or by the
 * kind of key alone, the hash being that of digestAlgorithm. Undefined: none that Doc 9303-12 §4.4 permits.
 */
export interface NamedAlgorithm {
  readonly algorithm: SignatureAlgorithm;
  readonly named: 'exactly' | 'with-other-parameters' | 'by-its-key';
}

export function namedAlgorithm({ signatureAlgorithm, digestAlgorithm }: SignerInfoForm): NamedAlgorithm | undefined {
  const { der, oid, parameters } = signatureAlgorithm;
  const exact = readAlgorithm(der);
  if (exact !== undefined) return { algorithm: exact, named: 'exactly' };
  if (parameters === 'other') return undefined;
  const known = algorithmOfOid(oid);
  if (known !== undefined) return { algorithm: known, named: 'with-other-parameters' };
  const hash = hashOfOid(digestAlgorithm.oid);
  const key = oid === OID.ecPublicKey ? 'ec' : oid === RSA_ENCRYPTION ? 'rsa' : undefined;
  return hash === undefined || key === undefined ? undefined : { algorithm: { key, hash }, named: 'by-its-key' };
}
