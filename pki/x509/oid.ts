import { concat, uintBE } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { X509Error } from './x509-error.ts';

/** Object identifiers by the names their standards give them (RFC 5280, RFC 5652, RFC 5758, Doc 9303-10 and -12). */
export const OID = Object.freeze({
  countryName: '2.5.4.6',
  serialNumber: '2.5.4.5',
  localityName: '2.5.4.7',
  organizationName: '2.5.4.10',
  organizationalUnitName: '2.5.4.11',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  privateKeyUsagePeriod: '2.5.29.16',
  subjectAltName: '2.5.29.17',
  issuerAltName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  cRLNumber: '2.5.29.20',
  cRLDistributionPoints: '2.5.29.31',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  documentTypeList: '2.23.136.1.1.6.2',
  ldsSecurityObject: '2.23.136.1.1.1',
  ecPublicKey: '1.2.840.10045.2.1',
  primeField: '1.2.840.10045.1.1',
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
});

/** An arc above this is in no standard that is read here; the cap keeps the value exact. */
const ARC_MAX = 0xffff_ffff;

/** OBJECT IDENTIFIER in DER, tag and length included. */
export function encodeOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tlv(0x06, ...[first * 40 + second, ...rest].map((arc) => base128(arc)));
}

/** The content of an OBJECT IDENTIFIER, without tag and length. Strict: no padding, nothing cut off. */
export function decodeOid(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  let started = false;
  for (const byte of content) {
    if (!started && byte === 0x80) throw new X509Error('CERTIFICATE_MALFORMED', { where: 'OBJECT IDENTIFIER', detail: 'padded arc' });
    arc = arc * 128 + (byte & 0x7f);
    if (arc > ARC_MAX) throw new X509Error('CERTIFICATE_MALFORMED', { where: 'OBJECT IDENTIFIER', detail: 'arc too large' });
    started = (byte & 0x80) !== 0;
    if (!started) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [head, ...rest] = arcs;
  if (head === undefined || started) throw new X509Error('CERTIFICATE_MALFORMED', { where: 'OBJECT IDENTIFIER', detail: 'cut off' });
  const root = Math.min(2, Math.floor(head / 40));
  return [root, head - root * 40, ...rest].join('.');
}

function base128(arc: number): Uint8Array {
  const high = Math.floor(arc / 128);
  return high === 0
    ? uintBE(arc, 1)
    : concat(
        base128(high).map((byte) => byte | 0x80),
        uintBE(arc % 128, 1),
      );
}
