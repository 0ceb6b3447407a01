import { ByteReader, type Codec, type Example, fromHex } from '#encoder/bytes';
import { decodeOnly, derOid, enter, readOid, readTlvs, tlv } from '#encoder/tlv';
import { type CvPublicKey, encodeCvPublicKey, readCvPublicKey } from './cv-certificate-public-key.ts';

/**
 * Card-verifiable certificate (BSI TR-03110-3 §C.1, Doc 9303-12 §7.2.2):
 *
 *     7F21 { 7F4E { 5F29 42 7F49 5F20 7F4C 5F25 5F24 [65] } 5F37 }
 */
export interface CvCertificate {
  readonly body: CvCertificateBody;
  /** Over the encoded body, tag and length included (§C.1.8): plain r || s for ECDSA, or as long as the RSA modulus. */
  readonly signature: Uint8Array;
}

export interface CvCertificateBody {
  /** 0 stands for version 1, the only one. */
  readonly profileIdentifier: 0;
  /** Holder reference of the key that verifies this certificate. */
  readonly certificationAuthorityReference: string;
  readonly publicKey: CvPublicKey;
  /** Country code (2), mnemonic (to 9), sequence number (5); table 12. */
  readonly certificateHolderReference: string;
  readonly holderAuthorization: CvHolderAuthorization;
  /** `YYYY-MM-DD`, 2000 to 2099: the day on which it was made. */
  readonly effectiveDate: string;
  /** `YYYY-MM-DD`: the last day on which it is valid. */
  readonly expirationDate: string;
  /** Value of the data object 65: templates 73, uninterpreted. "Extensions are uncritical attributes" (§C.3). */
  readonly extensions?: Uint8Array;
}

/** Certificate Holder Authorization Template (§C.1.5, §C.4). */
export interface CvHolderAuthorization {
  /** Object identifier, one of `CV_TERMINAL_TYPES` or another specification's. */
  readonly terminalType: string;
  /** Role in the two leading bits, access rights in the rest. */
  readonly relativeAuthorization: Uint8Array;
}

/** id-roles 1 to 3: inspection system, authentication terminal, signature terminal. */
export const CV_TERMINAL_TYPES = {
  inspectionSystem: '0.4.0.127.0.7.3.1.2.1',
  authenticationTerminal: '0.4.0.127.0.7.3.1.2.2',
  signatureTerminal: '0.4.0.127.0.7.3.1.2.3',
} as const;

const AUTHORIZATION_BYTES: Readonly<Partial<Record<string, number>>> = {
  [CV_TERMINAL_TYPES.inspectionSystem]: 1,
  [CV_TERMINAL_TYPES.authenticationTerminal]: 5,
  [CV_TERMINAL_TYPES.signatureTerminal]: 1,
};

/** A certificate with RSA-4096 key and signature takes 1.2 KB; the rest is room for extensions. */
const CERTIFICATE_BYTES_MAX = 8192;
const SIGNATURE_BYTES_MAX = 512;
const AUTHORIZATION_BYTES_MAX = 32;
const EXTENSIONS_MAX = 32;

/** Table 12; the characters of ISO/IEC 8859-1 that table 24 assigns. */
const HOLDER_REFERENCE = /^[A-Z]{2}[\x20-\x7e\xa0-\xff]{1,9}[0-9A-Z]{5}$/;

/** Whether the text can name a key: a Certification Authority or Certificate Holder Reference. */
export function isCvReference(text: string): boolean {
  return HOLDER_REFERENCE.test(text);
}

/**
 * Byte-exact both ways: what `decode` accepts, `encode` gives back. `encode` refuses a value that `decode` would refuse, with
 * the same `DecodeError`, and values that have no encoding (a date outside the century) with a `RangeError`.
 */
export const cvCertificate: Codec<CvCertificate> = {
  encode({ body, signature }) {
    const bytes = tlv(0x7f21, buildBody(body), tlv(0x5f37, signature));
    cvCertificate.decode(bytes);
    return bytes;
  },
  decode(bytes) {
    checkLength(bytes);
    const outer = decodeOnly(bytes, 0x7f21, 'CVC');
    const certificate = readParts(outer);
    outer.end();
    return certificate;
  },
};

/** 7F4E { … } || 5F37: the command data of PSO:Verify Certificate (§B.11.5). */
export const cvCertificateParts: Codec<CvCertificate> = {
  encode(certificate) {
    return decodeOnly(cvCertificate.encode(certificate), 0x7f21, 'CVC').rest();
  },
  decode(bytes) {
    checkLength(bytes);
    const reader = new ByteReader(bytes, 'CVC');
    const certificate = readParts(reader);
    reader.end();
    return certificate;
  },
};

/** The bytes that the issuer signs: the body with its tag and length. Refuses what `decode` would refuse. */
export function encodeCvCertificateBody(body: CvCertificateBody): Uint8Array {
  const bytes = buildBody(body);
  const reader = new ByteReader(bytes, 'CVC');
  readCvCertificateBody(reader);
  reader.end();
  return bytes;
}

function checkLength(bytes: Uint8Array): void {
  if (bytes.length > CERTIFICATE_BYTES_MAX) throw new ByteReader(bytes, 'CVC').error('BYTES_LIMIT', undefined, `${bytes.length} bytes`);
}

function buildBody(body: CvCertificateBody): Uint8Array {
  const { holderAuthorization, extensions } = body;
  return tlv(
    0x7f4e,
    tlv(0x5f29, Uint8Array.of(body.profileIdentifier)),
    tlv(0x42, encodeCvReference(body.certificationAuthorityReference)),
    encodeCvPublicKey(body.publicKey),
    tlv(0x5f20, encodeCvReference(body.certificateHolderReference)),
    tlv(0x7f4c, derOid(holderAuthorization.terminalType), tlv(0x53, holderAuthorization.relativeAuthorization)),
    tlv(0x5f25, encodeCvDate(body.effectiveDate)),
    tlv(0x5f24, encodeCvDate(body.expirationDate)),
    ...(extensions === undefined ? [] : [tlv(0x65, extensions)]),
  );
}

function readParts(reader: ByteReader): CvCertificate {
  const body = readCvCertificateBody(reader);
  const inner = enter(reader, 0x5f37);
  if (inner.remaining === 0) throw inner.error('BYTES_TRUNCATED', undefined, 'no signature');
  if (inner.remaining > SIGNATURE_BYTES_MAX) throw inner.error('BYTES_LIMIT', undefined, `${inner.remaining} bytes`);
  return { body, signature: inner.rest() };
}

/** Reads the next data object, which must be a 7F4E. Throws `DecodeError`. */
export function readCvCertificateBody(reader: ByteReader): CvCertificateBody {
  const inner = enter(reader, 0x7f4e);
  const profile = enter(inner, 0x5f29);
  if (profile.remaining !== 1 || profile.peek() !== 0) throw profile.error('BYTES_UNEXPECTED', undefined, 'not version 1');
  const certificationAuthorityReference = readCvReference(inner, 0x42);
  const publicKey = readCvPublicKey(inner);
  const certificateHolderReference = readCvReference(inner, 0x5f20);
  const holderAuthorization = readHolderAuthorization(inner);
  const effectiveDate = readCvDate(inner, 0x5f25);
  const expirationDate = readCvDate(inner, 0x5f24);
  const body = {
    profileIdentifier: 0,
    certificationAuthorityReference,
    publicKey,
    certificateHolderReference,
    holderAuthorization,
    effectiveDate,
    expirationDate,
  } as const;
  if (inner.remaining === 0) return body;
  const extensions = readExtensions(inner);
  inner.end();
  return { ...body, extensions };
}

/** The next data object, which must be a reference under this tag. Throws `DecodeError`. */
export function readCvReference(reader: ByteReader, tag: number): string {
  const inner = enter(reader, tag);
  if (inner.remaining > 16) throw inner.error('BYTES_LIMIT', undefined, `${inner.remaining} characters`);
  const { path, offset } = inner;
  const text = Buffer.from(inner.rest()).toString('latin1');
  if (!isCvReference(text)) throw new ByteReader(new Uint8Array(), path, offset).error('BYTES_UNEXPECTED', undefined, 'not a reference');
  return text;
}

function readHolderAuthorization(reader: ByteReader): CvHolderAuthorization {
  const inner = enter(reader, 0x7f4c);
  const terminalType = readOid(inner);
  const rights = enter(inner, 0x53);
  inner.end();
  const { remaining } = rights;
  if (remaining === 0) throw rights.error('BYTES_TRUNCATED', undefined, 'no authorization');
  if (remaining > AUTHORIZATION_BYTES_MAX) throw rights.error('BYTES_LIMIT', undefined, `${remaining} bytes`);
  if (remaining !== (AUTHORIZATION_BYTES[terminalType] ?? remaining)) {
    throw rights.error('BYTES_UNEXPECTED', undefined, `${remaining} bytes for this terminal type`);
  }
  return { terminalType, relativeAuthorization: rights.rest() };
}

/** Six octets YYMMDD, one digit each, of the years 2000 to 2099 (§D.2.1.3). */
export function readCvDate(reader: ByteReader, tag: number): string {
  const inner = enter(reader, tag);
  const digits = [0, 1, 2, 3, 4, 5].map((at) => inner.peek(at) ?? 0xff);
  const text = digits.join('').replace(/^(..)(..)(..)$/, '20$1-$2-$3');
  if (inner.remaining !== 6 || digits.some((digit) => digit > 9) || !isCvDate(text)) {
    throw inner.error('BYTES_UNEXPECTED', undefined, 'not a date');
  }
  return text;
}

/** Whether the text is a day of the years 2000 to 2099, written `YYYY-MM-DD`. */
export function isCvDate(text: string): boolean {
  if (!/^20\d\d-\d\d-\d\d$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function readExtensions(reader: ByteReader): Uint8Array {
  const inner = enter(reader, 0x65);
  const { path, offset } = inner;
  const value = inner.rest();
  const templates = readTlvs(new ByteReader(value, path, offset));
  if (templates.length > EXTENSIONS_MAX) throw inner.error('BYTES_LIMIT', undefined, `${templates.length} extensions`);
  if (templates.some(({ tag }) => tag !== 0x73)) throw inner.error('BYTES_UNEXPECTED', undefined, 'not a discretionary data template');
  return value;
}

/** As `readCvDate` reads it. Throws `RangeError`. */
export function encodeCvDate(date: string): Uint8Array {
  if (!isCvDate(date)) throw new RangeError('a date of the years 2000 to 2099 is needed, as YYYY-MM-DD');
  return Uint8Array.from(date.replaceAll('-', '').slice(2), Number);
}

/** As `readCvReference` reads it. Throws `RangeError`. */
export function encodeCvReference(text: string): Uint8Array {
  if (!isCvReference(text)) throw new RangeError('not a holder reference of TR-03110-3 table 12');
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

export const cvCertificateExamples: readonly Example<CvCertificate>[] = [
  {
    name: 'a terminal certificate with an extension; key and signature have the right form and no meaning',
    source: 'synthetic, BSI TR-03110-3 §C.1',
    value: {
      body: {
        profileIdentifier: 0,
        certificationAuthorityReference: 'VNDV00001',
        publicKey: { kind: 'ecdsa', algorithm: '0.4.0.127.0.7.2.2.2.2.3', publicPoint: fromHex('04AABB') },
        certificateHolderReference: 'VNISVN001',
        holderAuthorization: { terminalType: CV_TERMINAL_TYPES.inspectionSystem, relativeAuthorization: fromHex('01') },
        effectiveDate: '2026-11-21',
        expirationDate: '2027-02-28',
        extensions: fromHex('7304 06022A03'),
      },
      signature: fromHex('0102'),
    },
    hex: `7F21 62 7F4E 5A 5F2901 00 42 09 564E44563030303031 7F49 11 060A 04007F00070202020203 8603 04AABB 5F20 09 564E4953564E303031
      7F4C 0E 0609 04007F000703010201 5301 01 5F25 06 020601010201 5F24 06 020700020208 65 06 7304 06022A03 5F37 02 0102`,
  },
];
