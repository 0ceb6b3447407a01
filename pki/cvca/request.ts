import { ByteReader, concat, isCodedError } from '#encoder/bytes';
import {
  checkCvKey,
  encodeCvPublicKey,
  encodeCvReference,
  readCvPublicKey,
  readCvReference,
  verifyByCvKey,
  type CvHolder,
  type CvPublicKey,
} from '#encoder/cv-certificate';
import { decodeOnly, enter, readRaw, readTlvs, tlv } from '#encoder/tlv';
import { CvcaError } from './cvca-error.ts';

/**
 * Body of a CV certificate request (BSI TR-03110-3 §C.2, Doc 9303-12 table 17):
 *
 *     7F4E { 5F29 [42] 7F49 5F20 [65] }
 */
export interface CvRequestBody {
  /** The key of the CA that the applicant wants to be certified by; recommended, not needed. */
  readonly certificationAuthorityReference?: string;
  /** "Certificate Requests MUST always contain domain parameters" (§8.1.1.3). */
  readonly publicKey: CvPublicKey;
  readonly certificateHolderReference: string;
  /** Value of the data object 65, uninterpreted. */
  readonly extensions?: Uint8Array;
}

export interface CvRequest {
  readonly body: CvRequestBody;
  /** The self-signed 7F21, as it stands. */
  readonly request: Uint8Array;
  readonly innerSignature: Uint8Array;
  /** Who vouches for the new key: `67 { 7F21 42 5F37 }`, signed over `7F21 || 42` (TR-03110-3 §C.2.6.2). */
  readonly outer?: { readonly reference: string; readonly signed: Uint8Array; readonly signature: Uint8Array };
}

/** As long as certificates may be. */
const REQUEST_BYTES_MAX = 8192;
const SIGNATURE_BYTES_MAX = 512;
const EXTENSIONS_MAX = 32;

/** What a request is refused for, by the names of the SPOC protocol (Doc 9303-12 §8.2.1) without `failure_`. */
export type CvRequestFault = 'domain_parameters' | 'inner_signature' | 'outer_signature' | 'request_not_accepted';

/**
 * Reads a request with or without an outer signature; verifies nothing. Byte-exact: what is read is what was signed.
 * Errors: CVCA_REQUEST_MALFORMED with the place.
 */
export function decodeCvRequest(bytes: Uint8Array): CvRequest {
  try {
    if (bytes.length > REQUEST_BYTES_MAX) throw new CvcaError('CVCA_REQUEST_MALFORMED', { detail: `${bytes.length} bytes` });
    return bytes[0] === 0x67 ? readOuter(bytes) : readInner(bytes);
  } catch (cause) {
    if (!isCodedError(cause) || cause instanceof CvcaError) throw cause;
    throw new CvcaError('CVCA_REQUEST_MALFORMED', { where: cause.where ?? 'CV request', detail: cause.code, cause });
  }
}

/** 7F21 || 42: what the outer signature is over. */
export function readAuthenticated(reader: ByteReader): { readonly request: Uint8Array; readonly reference: string } {
  const request = readRaw(reader);
  const reference = readCvReference(reader, 0x42);
  reader.end();
  return { request, reference };
}

function readOuter(bytes: Uint8Array): CvRequest {
  const reader = decodeOnly(bytes, 0x67, 'CV request');
  const request = readRaw(reader);
  const reference = readCvReference(reader, 0x42);
  const signature = readSignature(reader);
  reader.end();
  const signed = concat(request, tlv(0x42, encodeCvReference(reference)));
  return { ...readInner(request), outer: { reference, signed, signature } };
}

function readInner(bytes: Uint8Array): CvRequest {
  const reader = decodeOnly(bytes, 0x7f21, 'CV request');
  const body = readCvRequestBody(reader);
  const innerSignature = readSignature(reader);
  reader.end();
  return { body, request: Uint8Array.from(bytes), innerSignature };
}

function readSignature(reader: ByteReader): Uint8Array {
  const inner = enter(reader, 0x5f37);
  if (inner.remaining === 0) throw inner.error('BYTES_TRUNCATED', undefined, 'no signature');
  if (inner.remaining > SIGNATURE_BYTES_MAX) throw inner.error('BYTES_LIMIT', undefined, `${inner.remaining} bytes`);
  return Uint8Array.from(inner.rest());
}

/** Reads the next data object, which must be the 7F4E of a request. Throws `DecodeError`. */
export function readCvRequestBody(reader: ByteReader): CvRequestBody {
  const inner = enter(reader, 0x7f4e);
  const profile = enter(inner, 0x5f29);
  if (profile.remaining !== 1 || profile.peek() !== 0) throw profile.error('BYTES_UNEXPECTED', undefined, 'not version 1');
  const authority = inner.peek() === 0x42 ? { certificationAuthorityReference: readCvReference(inner, 0x42) } : {};
  const publicKey = readCvPublicKey(inner);
  const certificateHolderReference = readCvReference(inner, 0x5f20);
  const extensions = inner.remaining === 0 ? {} : { extensions: readExtensions(enter(inner, 0x65)) };
  inner.end();
  return { ...authority, publicKey, certificateHolderReference, ...extensions };
}

function readExtensions(reader: ByteReader): Uint8Array {
  const { path, offset } = reader;
  const value = Uint8Array.from(reader.rest());
  const templates = readTlvs(new ByteReader(value, path, offset));
  if (templates.length > EXTENSIONS_MAX) throw reader.error('BYTES_LIMIT', undefined, `${templates.length} extensions`);
  if (templates.some(({ tag }) => tag !== 0x73)) throw reader.error('BYTES_UNEXPECTED', undefined, 'not a discretionary data template');
  return value;
}

/** The bytes of the inner signature: the body with its tag and length. */
export function encodeCvRequestBody(body: CvRequestBody): Uint8Array {
  const { certificationAuthorityReference: authority, publicKey, certificateHolderReference, extensions } = body;
  return tlv(
    0x7f4e,
    tlv(0x5f29, Uint8Array.of(0)),
    ...(authority === undefined ? [] : [tlv(0x42, encodeCvReference(authority))]),
    encodeCvPublicKey(publicKey),
    tlv(0x5f20, encodeCvReference(certificateHolderReference)),
    ...(extensions === undefined ? [] : [tlv(0x65, extensions)]),
  );
}

/**
 * Whether a CA may believe the request; undefined when it may. `registered` is the applicant's key that the CA certified last: with it the outer
 * signature is needed and must be that key's, without it the request is for a first certificate and must not have one, because nobody
 * could verify it (Doc 9303-12 §8.1.1.5). `issuer` is the CA's own key: the new one must be on its curve.
 */
export function cvRequestFault(
  request: CvRequest,
  against: { readonly issuer: Pick<CvHolder, 'publicKey'>; readonly registered?: Pick<CvHolder, 'reference' | 'publicKey'> },
): CvRequestFault | undefined {
  const { body, outer } = request;
  const { issuer, registered } = against;
  if (!isKeyOf(body.publicKey, issuer.publicKey)) return 'domain_parameters';
  if (!verifyByCvKey(body.publicKey, encodeCvRequestBody(body), request.innerSignature)) return 'inner_signature';
  if (registered === undefined) return outer === undefined ? undefined : 'outer_signature';
  const name = ({ reference }: { readonly reference: string }): string => reference.slice(0, -5);
  const successor = { reference: body.certificateHolderReference };
  // Country and mnemonic stay, the number does not: another key under the old number could not be told from the old key.
  if (name(successor) !== name(registered) || successor.reference === registered.reference) return 'request_not_accepted';
  if (outer === undefined || outer.reference !== registered.reference) return 'outer_signature';
  return verifyByCvKey(registered.publicKey, outer.signed, outer.signature) ? undefined : 'outer_signature';
}

/** A usable key with parameters of its own, which are those of the issuer's chain. */
function isKeyOf(key: CvPublicKey, issuer: CvPublicKey): boolean {
  try {
    checkCvKey(key);
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
  if (key.algorithm !== issuer.algorithm) return false;
  if (key.kind === 'rsa' || issuer.kind === 'rsa') return key.kind === issuer.kind;
  const [own, wanted] = [key.domainParameters, issuer.domainParameters];
  // `checkCvKey` has found the curve in a closed list: its prime and order name it.
  return own !== undefined && wanted !== undefined && own.p === wanted.p && own.b === wanted.b && own.order === wanted.order;
}
