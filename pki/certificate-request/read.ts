import { createPublicKey, type KeyObject } from 'node:crypto';
import { isCodedError } from '#encoder/bytes';
import { decodeOnly, DER, derSequence, enter, readBitString, readRaw, readSmallInteger } from '#encoder/tlv';
import { isDer, readAlgorithm, verifySignature, type SignatureAlgorithm } from '#pki/x509';
import { CertificateRequestError } from './certificate-request-error.ts';

/** A request as it was read. */
export interface Pkcs10Request {
  /** The whole request. */
  readonly der: Uint8Array;
  /** CertificationRequestInfo in DER: what is signed. */
  readonly info: Uint8Array;
  /** In DER. */
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  readonly publicKey: KeyObject;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

/** A request for an RSA key of 4096 bits with a page of attributes has 3 KiB. */
const BYTES_MAX = 16_384;

/**
 * Strict DER reader of a PKCS #10 request (RFC 2986 §4). Attributes are read over: whoever certifies decides what a certificate says.
 * Throws CERTIFICATE_REQUEST_MALFORMED, also for an algorithm that Doc 9303-12 §4.1.6 does not permit. It verifies nothing.
 */
export function parseCertificateRequest(der: Uint8Array): Pkcs10Request {
  if (der.length > BYTES_MAX || !isDer(der)) throw malformed('request', 'not DER');
  try {
    return read(der);
  } catch (cause) {
    if (!isCodedError(cause) || cause instanceof CertificateRequestError) throw cause;
    throw new CertificateRequestError('CERTIFICATE_REQUEST_MALFORMED', { where: cause.where ?? 'request', detail: cause.code, cause });
  }
}

/** The same, and the key that it names has signed it. Throws CERTIFICATE_REQUEST_SIGNATURE_REJECTED besides. */
export function verifyCertificateRequest(der: Uint8Array): Pkcs10Request {
  const request = parseCertificateRequest(der);
  if (!verifySignature(request.signatureAlgorithm, request.info, request.publicKey, request.signature))
    throw new CertificateRequestError('CERTIFICATE_REQUEST_SIGNATURE_REJECTED');
  return request;
}

/** CertificationRequestInfo ::= SEQUENCE { version INTEGER { v1(0) }, subject Name, subjectPKInfo, attributes [0] } */
export function readRequestInfo(info: Uint8Array): Pick<Pkcs10Request, 'subject' | 'spki' | 'publicKey'> {
  const members = decodeOnly(info, DER.SEQUENCE, 'CertificationRequestInfo');
  if (readSmallInteger(members) !== 0) throw malformed('version', 'not v1');
  const subject = sequence(enter(members, DER.SEQUENCE).rest());
  const spki = sequence(enter(members, DER.SEQUENCE).rest());
  enter(members, ATTRIBUTES);
  members.end();
  return { subject, spki, publicKey: readPublicKey(spki) };
}

const ATTRIBUTES = 0xa0;

function read(der: Uint8Array): Pkcs10Request {
  const outer = decodeOnly(der, DER.SEQUENCE, 'CertificationRequest');
  const info = sequence(enter(outer, DER.SEQUENCE).rest());
  const signatureAlgorithm = readAlgorithm(readRaw(outer));
  const signature = Uint8Array.from(readBitString(outer).rest());
  outer.end();
  if (signatureAlgorithm === undefined) throw malformed('signatureAlgorithm', 'not permitted');
  return { der: Uint8Array.from(der), info, ...readRequestInfo(info), signatureAlgorithm, signature };
}

function readPublicKey(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new CertificateRequestError('CERTIFICATE_REQUEST_MALFORMED', { where: 'subjectPKInfo', cause });
  }
}

/** The reader demands minimal lengths, so encoding again gives the bytes that were there. */
function sequence(content: Uint8Array): Uint8Array {
  return derSequence(content);
}

function malformed(where: string, detail: string): CertificateRequestError {
  return new CertificateRequestError('CERTIFICATE_REQUEST_MALFORMED', { where, detail });
}
