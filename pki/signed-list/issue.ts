import { createHash } from 'node:crypto';
import { isCodedError } from '#encoder/bytes';
import { encodeSignedAttributes, encodeSignedData, parseSignedData, signerIdentifier, verifySignerInfo } from '#pki/cms';
import { signerOf } from '#pki/sod';
import { parseCertificate, readAlgorithm, signatureFromToken, type DigestSigner, type SignatureAlgorithm } from '#pki/x509';
import { lintSignedList } from './lint.ts';
import type { ListKind } from './list-kind.ts';
import { SignedListError, type SignedListErrorCode } from './signed-list-error.ts';

export interface ListSigning {
  /** Certificate of the Master List Signer or Deviation List Signer. */
  readonly signer: Uint8Array;
  /** The CSCA certificate that verifies it: sent along. */
  readonly csca: Uint8Array;
  /** Of the signer's key. */
  readonly algorithm: SignatureAlgorithm;
  /** The clock: signingTime. */
  readonly at: Date;
}

/** What may be signed, once. Record `unsigned` before the signature is asked for: `signedListTokenOf` resumes from it. */
export interface SignedListToken {
  readonly kind: ListKind;
  /** The whole SignedData with an empty signature: content, certificates, signed attributes. */
  readonly unsigned: Uint8Array;
  /** The DER of the signed attributes: exactly what is signed. */
  readonly toBeSigned: Uint8Array;
  readonly digest: Uint8Array;
}

const NO_SIGNATURE = new Uint8Array();
const unspent = new WeakSet<SignedListToken>();

/** Builds and lints; signs nothing. The signer is named by its key, as is recommended. Errors: SIGNED_LIST_LINT with every broken rule. */
export function prepareSignedList(kind: ListKind, content: Uint8Array, signing: ListSigning): SignedListToken {
  const certificate = parseCertificate(signing.signer);
  const { algorithm, csca, at } = signing;
  const messageDigest = Uint8Array.from(createHash(algorithm.hash).update(content).digest());
  const unsigned = encodeSignedData({
    contentType: kind.contentType,
    content,
    algorithm,
    signer: signerIdentifier(certificate, 'subject-key-identifier'),
    certificates: [certificate.certificate, csca],
    signedAttributes: encodeSignedAttributes({ contentType: kind.contentType, messageDigest, signingTime: at }),
    signature: NO_SIGNATURE,
  });
  return signedListTokenOf(kind, unsigned);
}

/**
 * A token for bytes that were prepared before, so that a process killed between intent and outcome signs identical content and nothing
 * else. It passes the same lint again. Errors: SIGNED_LIST_LINT.
 */
export function signedListTokenOf(kind: ListKind, unsigned: Uint8Array): SignedListToken {
  const findings = lintSignedList(kind, unsigned, 'unsigned');
  if (findings.length > 0) throw refused('SIGNED_LIST_LINT', kind, findings.map(({ rule }) => rule).join(', '));
  const { signerInfo } = parseSignedData(unsigned, kind.name, kind.bytesMax);
  const algorithm = readAlgorithm(signerInfo.signatureAlgorithm.der);
  // The lint has seen to both; the types cannot know.
  if (algorithm === undefined || signerInfo.signature.length > 0) throw refused('SIGNED_LIST_LINT', kind, 'signed already');
  const toBeSigned = signerInfo.signedAttributes;
  const digest = Uint8Array.from(createHash(algorithm.hash).update(toBeSigned).digest());
  const token = Object.freeze({ kind, unsigned: Uint8Array.from(unsigned), toBeSigned, digest });
  unspent.add(token);
  return token;
}

/** Spends the token: one signature, verified under the signer's certificate before anyone sees the list. DER. */
export async function issueSignedList(token: SignedListToken, sign: DigestSigner): Promise<Uint8Array> {
  const { kind, unsigned } = token;
  if (!unspent.delete(token)) throw refused('SIGNED_LIST_TOKEN_SPENT', kind);
  const data = parseSignedData(unsigned, kind.name, kind.bytesMax);
  const { signerInfo, certificates, contentType, content } = data;
  const [signer, algorithm] = [signerOf(data), readAlgorithm(signerInfo.signatureAlgorithm.der)];
  if (signer === undefined || algorithm === undefined || content === undefined) throw refused('SIGNED_LIST_LINT', kind);
  const signature = signatureOrRefusal(kind, algorithm, await sign(token.digest));
  if (verifySignerInfo({ ...data, signerInfo: { ...signerInfo, signature } }, content, signer) !== undefined)
    throw refused('SIGNED_LIST_SIGNATURE_REJECTED', kind);
  const { sid, signedAttributes } = signerInfo;
  return encodeSignedData({ contentType, content, algorithm, signer: sid, certificates, signedAttributes, signature });
}

function signatureOrRefusal(kind: ListKind, algorithm: SignatureAlgorithm, raw: Uint8Array): Uint8Array {
  try {
    return signatureFromToken(algorithm, raw);
  } catch (cause) {
    if (!isCodedError(cause)) throw cause;
    throw new SignedListError('SIGNED_LIST_SIGNATURE_REJECTED', { where: kind.name, cause });
  }
}

function refused(code: SignedListErrorCode, kind: ListKind, detail?: string): SignedListError {
  return new SignedListError(code, { where: kind.name, ...(detail === undefined ? {} : { detail }) });
}
