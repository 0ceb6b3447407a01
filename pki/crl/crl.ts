import { equalBytes } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, enter, readOid, readTlv, tlv } from '#encoder/tlv';
import { decodeTime, OID, readAlgorithm, verifySignature, type Certificate, type SignatureAlgorithm } from '#pki/x509';
import { CrlError } from './crl-error.ts';

export interface Crl {
  readonly tbs: Uint8Array;
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Tags of the two times, for the lint: UTCTime to 2049. */
  readonly timeTags: readonly [number, number];
  /** Content octets of the serial numbers. */
  readonly revoked: readonly Uint8Array[];
  readonly extensions: ReadonlyMap<string, { readonly critical: boolean; readonly value: Uint8Array }>;
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
}

export type CrlFault = 'issuer' | 'key-usage' | 'critical-extension' | 'signature' | 'not-yet-valid' | 'stale';

/** A national CSCA revokes signers, not cards: thousands of entries would be an attack. */
const BYTES_MAX = 1_048_576;

/** Strict DER reader (RFC 5280 §5.1). Throws `CrlError`, `X509Error` or `DecodeError`; it verifies nothing. */
export function parseCrl(der: Uint8Array): Crl {
  if (der.length > BYTES_MAX) throw malformed('crl', `${der.length} bytes`);
  const outer = decodeOnly(der, 0x30, 'crl');
  const tbs = tlv(0x30, enter(outer, 0x30).rest());
  const algorithm = tlv(0x30, enter(outer, 0x30).rest());
  const bits = enter(outer, 0x03);
  if (bits.uint(1, 'unused bits') !== 0) throw malformed('crl/signatureValue', 'unused bits');
  const signature = Uint8Array.from(bits.rest());
  outer.end();
  const list = parseTbs(tbs, algorithm);
  return { tbs, ...list, signatureAlgorithm: readAlgorithm(algorithm), signature };
}

export function parseTbs(
  tbs: Uint8Array,
  algorithm: Uint8Array,
): Pick<Crl, 'issuer' | 'thisUpdate' | 'nextUpdate' | 'timeTags' | 'revoked' | 'extensions'> {
  const list = decodeOnly(tbs, 0x30, 'tbsCertList');
  if (!equalBytes(enter(list, 0x02).rest(), Uint8Array.of(1))) throw malformed('tbsCertList/version', 'not v2');
  if (!equalBytes(tlv(0x30, enter(list, 0x30).rest()), algorithm)) throw malformed('tbsCertList/signature', 'differs from the outer one');
  const issuer = tlv(0x30, enter(list, 0x30).rest());
  const [from, to] = [readTlv(list), readTlv(list)];
  const revoked = list.peek() === 0x30 ? readRevoked(enter(list, 0x30).rest()) : [];
  const extensions = readExtensions(enter(enter(list, 0xa0), 0x30).rest());
  list.end();
  return {
    issuer,
    thisUpdate: decodeTime(from, 'thisUpdate'),
    nextUpdate: decodeTime(to, 'nextUpdate'),
    timeTags: [from.tag, to.tag],
    revoked,
    extensions,
  };
}

/** Named bit of RFC 5280 §4.2.1.3. */
const CRL_SIGN = 6;

/** Whether this list may be believed about that CSCA's certificates at that time; undefined when it may. */
export function crlFault(crl: Crl, csca: Certificate, at: Date): CrlFault | undefined {
  if (!equalBytes(crl.issuer, csca.subject)) return 'issuer';
  if (!csca.keyUsage.includes(CRL_SIGN)) return 'key-usage';
  // A delta or partial list marks itself so; taken for a whole one it would hide what is revoked elsewhere (RFC 5280 §5.2).
  if ([...crl.extensions.values()].some(({ critical }) => critical)) return 'critical-extension';
  const { signatureAlgorithm: algorithm } = crl;
  if (algorithm === undefined || !verifySignature(algorithm, crl.tbs, csca.publicKey, crl.signature)) return 'signature';
  if (at < crl.thisUpdate) return 'not-yet-valid';
  return at > crl.nextUpdate ? 'stale' : undefined;
}

function readRevoked(list: Uint8Array): readonly Uint8Array[] {
  const entries = decodeTlvs(list, 'revokedCertificates');
  if (entries.length === 0) throw malformed('revokedCertificates', 'present and empty');
  return entries.map(({ tag, value }) => {
    const [serial, date] = decodeTlvs(value, 'revokedCertificates');
    if (tag !== 0x30 || serial?.tag !== 0x02 || date === undefined) throw malformed('revokedCertificates', 'not an entry');
    decodeTime(date, 'revocationDate');
    return Uint8Array.from(serial.value);
  });
}

function readExtensions(list: Uint8Array): Crl['extensions'] {
  const extensions = new Map<string, { critical: boolean; value: Uint8Array }>();
  for (const { tag, value } of decodeTlvs(list, 'crlExtensions')) {
    const extension = decodeOnly(tlv(tag, value), 0x30, 'crlExtensions');
    const oid = readOid(extension);
    const critical = extension.peek() === 0x01 && enter(extension, 0x01).uint(1) === 0xff;
    if (extensions.has(oid)) throw malformed('crlExtensions', `${oid} twice`);
    extensions.set(oid, { critical, value: Uint8Array.from(enter(extension, 0x04).rest()) });
    extension.end();
  }
  return extensions;
}

/** The authority key identifier's keyIdentifier, if it has one. */
export function authorityKeyOf(crl: Pick<Crl, 'extensions'>): Uint8Array | undefined {
  const value = crl.extensions.get(OID.authorityKeyIdentifier)?.value;
  if (value === undefined) return undefined;
  return decodeTlvs(decodeOnly(value, 0x30, 'authorityKeyIdentifier').rest(), 'authorityKeyIdentifier').find(({ tag }) => tag === 0x80)
    ?.value;
}

function malformed(where: string, detail: string): CrlError {
  return new CrlError('CRL_MALFORMED', { where, detail });
}
