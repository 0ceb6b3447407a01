import { createHash } from 'node:crypto';
import { ByteReader, equalConstantTime } from '#encoder/bytes';
import { readOidContent } from '#encoder/tlv';
import { decodeTime, OID, readAlgorithm, verifySignature, type Certificate, type HashName, type SignatureAlgorithm } from '#pki/x509';
import { malformed, readSignedData, type AttributeForm, type SignedDataForm, type SignerInfoForm } from './read-signed-data.ts';

export interface SignerInfo extends SignerInfoForm {
  readonly signedAttributes: Uint8Array;
  /** The three attributes that are acted upon. */
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
  readonly signingTime: Date | undefined;
}

export interface SignedData extends SignedDataForm {
  readonly signerInfo: SignerInfo;
}

/** What is wrong with a signature, in the order in which it is found. */
export type SignerInfoFault = 'algorithm-unsupported' | 'content-type' | 'message-digest' | 'signature';

const HASHES: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  [OID.sha224, 'sha224'],
  [OID.sha256, 'sha256'],
  [OID.sha384, 'sha384'],
  [OID.sha512, 'sha512'],
]);

export function hashOfOid(oid: string): HashName | undefined {
  return HASHES.get(oid);
}

/**
 * Strict DER reader of a ContentInfo that holds a SignedData with exactly one signer and signed attributes, and nothing that no rule looks
 * at: no revocation lists, no unsigned attributes. Throws `CmsError`, or a `DecodeError` or `X509Error` with the place; it verifies nothing.
 */
export function parseSignedData(contentInfo: Uint8Array, path: string, bytesMax?: number): SignedData {
  const data = readSignedData(contentInfo, path, bytesMax);
  const [signer, ...others] = data.signerInfos;
  if (signer === undefined || others.length > 0) throw malformed(`${path}/signerInfos`, `${data.signerInfos.length} signers`);
  if (data.hasRevocationLists) throw malformed(`${path}/crls`, 'not expected');
  if (signer.hasUnsignedAttributes) throw malformed(`${path}/unsignedAttrs`, 'not expected');
  // RFC 5652 §5.3: 1 for issuerAndSerialNumber, 3 for subjectKeyIdentifier.
  if (signer.version !== ('issuer' in signer.sid ? 1 : 3))
    throw malformed(`${path}/signerInfo/version`, 'does not fit the signer identifier');
  if ([...data.digestAlgorithms, signer.digestAlgorithm].some(({ parameters }) => parameters === 'other'))
    throw malformed(`${path}/digestAlgorithm`, 'parameters');
  return { ...data, signerInfo: signerInfoOf(signer, path) };
}

/** The attributes that are acted upon, each there once with one value (RFC 5652 §11). Throws `CMS_MALFORMED`. */
export function signerInfoOf(signer: SignerInfoForm, path: string): SignerInfo {
  const where = `${path}/signedAttrs`;
  const { attributes, signedAttributes } = signer;
  if (signedAttributes === undefined || new Set(attributes.map(({ oid }) => oid)).size !== attributes.length)
    throw malformed(where, signedAttributes === undefined ? 'absent' : 'an attribute twice');
  const contentType = onlyValue(attributes, OID.contentType);
  const messageDigest = onlyValue(attributes, OID.messageDigest);
  const signingTime = onlyValue(attributes, OID.signingTime);
  if (contentType?.tag !== 0x06 || messageDigest?.tag !== 0x04) throw malformed(where, 'contentType or messageDigest missing');
  return {
    ...signer,
    signedAttributes,
    contentType: readOidContent(new ByteReader(contentType.value, `${where}/contentType`)),
    messageDigest: Uint8Array.from(messageDigest.value),
    signingTime: signingTime === undefined ? undefined : decodeTime(signingTime, `${where}/signingTime`),
  };
}

function onlyValue(attributes: readonly AttributeForm[], oid: string): AttributeForm['values'][number] | undefined {
  const attribute = attributes.find((candidate) => candidate.oid === oid);
  if (attribute === undefined) return undefined;
  if (attribute.values.length !== 1) throw malformed('signedAttrs', `${oid} with ${attribute.values.length} values`);
  return attribute.values[0];
}

/**
 * Verifies the signer's part over `content` with the certificate's public key; undefined when all of it holds. Hash of the content, hash of
 * the signature and an entry in the list of digest algorithms are one. `algorithm` is what SignerInfo names, unless the caller knows better.
 */
export function verifySignerInfo(
  data: Pick<SignedData, 'signerInfo' | 'digestAlgorithms' | 'contentType'>,
  content: Uint8Array,
  certificate: Pick<Certificate, 'publicKey'>,
  algorithm: SignatureAlgorithm | undefined = readAlgorithm(data.signerInfo.signatureAlgorithm.der),
): SignerInfoFault | undefined {
  const { signerInfo } = data;
  const hash = hashOfOid(signerInfo.digestAlgorithm.oid);
  const listed = data.digestAlgorithms.some(({ oid }) => oid === signerInfo.digestAlgorithm.oid);
  if (hash === undefined || algorithm?.hash !== hash || !listed) return 'algorithm-unsupported';
  if (signerInfo.contentType !== data.contentType) return 'content-type';
  if (!equalConstantTime(createHash(hash).update(content).digest(), signerInfo.messageDigest)) return 'message-digest';
  return verifySignature(algorithm, signerInfo.signedAttributes, certificate.publicKey, signerInfo.signature) ? undefined : 'signature';
}
