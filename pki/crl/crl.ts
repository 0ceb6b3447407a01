import { bytesToInteger, equalBytes, type ByteReader } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, DER, enter, readBitString, readOid, readTlv, tlv } from '#encoder/tlv';
import { decodeTime, OID, readAlgorithm, verifySignature, type Certificate, type SignatureAlgorithm } from '#pki/x509';
import { CrlError } from './crl-error.ts';

export interface CrlExtension {
  readonly critical: boolean;
  /** Whether `critical` stands there with its default value, which DER forbids. */
  readonly falseSpelledOut: boolean;
  /** The content of extnValue. */
  readonly value: Uint8Array;
}

export interface RevokedCertificate {
  /** Content octets of the INTEGER. */
  readonly serialNumber: Uint8Array;
  readonly revokedAt: Date;
}

/** As it stands in a list. */
export interface CrlEntry extends RevokedCertificate {
  readonly timeTag: number;
  readonly extensions: ReadonlyMap<string, CrlExtension>;
}

/** What is signed. */
export interface TbsCrl {
  readonly tbs: Uint8Array;
  /** In DER. */
  readonly issuer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Tags of the two times, for the lint: UTCTime to 2049. */
  readonly timeTags: readonly [number, number];
  readonly entries: readonly CrlEntry[];
  /** Content octets of the serial numbers. */
  readonly revoked: readonly Uint8Array[];
  readonly extensions: ReadonlyMap<string, CrlExtension>;
  /** cRLNumber; undefined where there is none, or none that is a non-negative INTEGER. */
  readonly number: bigint | undefined;
  /** Undefined for an algorithm that Doc 9303-12 §4.1.6 does not permit. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
}

export interface Crl extends TbsCrl {
  readonly signature: Uint8Array;
}

export type CrlFault = 'issuer' | 'key-usage' | 'critical-extension' | 'signature' | 'not-yet-valid' | 'stale';

/** A national CSCA revokes signers, not cards: thousands of entries would be an attack. */
const BYTES_MAX = 1_048_576;
/** What Table 10 knows is three. */
const EXTENSIONS_MAX = 16;

/** Strict DER reader (RFC 5280 §5.1). Throws `CrlError`, `X509Error` or `DecodeError`; it verifies nothing. */
export function parseCrl(der: Uint8Array): Crl {
  if (der.length > BYTES_MAX) throw malformed('crl', `${der.length} bytes`);
  const outer = decodeOnly(der, DER.SEQUENCE, 'crl');
  const tbs = sequence(outer);
  const algorithm = sequence(outer);
  const signature = Uint8Array.from(readBitString(outer).rest());
  outer.end();
  return { ...parseTbs(tbs, algorithm), signature };
}

/** `algorithm` is the AlgorithmIdentifier outside of what is signed; Table 9 wants the same inside. */
export function parseTbs(tbs: Uint8Array, algorithm: Uint8Array): TbsCrl {
  const list = decodeOnly(tbs, DER.SEQUENCE, 'tbsCertList');
  if (!equalBytes(enter(list, DER.INTEGER).rest(), Uint8Array.of(1))) throw malformed('tbsCertList/version', 'not v2');
  if (!equalBytes(sequence(list), algorithm)) throw malformed('tbsCertList/signature', 'differs from the outer one');
  const issuer = sequence(list);
  const [from, to] = [readTlv(list), readTlv(list)];
  const entries = list.peek() === DER.SEQUENCE ? readEntries(enter(list, DER.SEQUENCE)) : [];
  const extensions = readExtensions(enter(enter(list, 0xa0), DER.SEQUENCE));
  list.end();
  return {
    tbs,
    issuer,
    thisUpdate: decodeTime(from, 'thisUpdate'),
    nextUpdate: decodeTime(to, 'nextUpdate'),
    timeTags: [from.tag, to.tag],
    entries,
    revoked: entries.map(({ serialNumber }) => serialNumber),
    extensions,
    number: crlNumber(extensions.get(OID.cRLNumber)?.value),
    signatureAlgorithm: readAlgorithm(algorithm),
  };
}

/** Named bit of RFC 5280 §4.2.1.3. */
const CRL_SIGN = 6;

/** Whether this list may be believed about that CSCA's certificates at that time; undefined when it may. */
export function crlFault(crl: Crl, csca: Certificate, at: Date): CrlFault | undefined {
  if (!equalBytes(crl.issuer, csca.subject)) return 'issuer';
  if (!csca.keyUsage.includes(CRL_SIGN)) return 'key-usage';
  // A delta or partial list marks itself so; taken for a whole one it would hide what is revoked elsewhere (RFC 5280 §5.2, §5.3).
  const extensions = [crl, ...crl.entries].flatMap((part) => [...part.extensions.values()]);
  if (extensions.some(({ critical }) => critical)) return 'critical-extension';
  const { signatureAlgorithm: algorithm } = crl;
  if (algorithm === undefined || !verifySignature(algorithm, crl.tbs, csca.publicKey, crl.signature)) return 'signature';
  if (at < crl.thisUpdate) return 'not-yet-valid';
  return at > crl.nextUpdate ? 'stale' : undefined;
}

/**
 * Since when the list has this certificate revoked; undefined when it has not. By the serial number alone: one CSCA issues all certificates
 * (Doc 9303-12 §3.1), and after a change of its name the list bears another name than the certificates before (Appendix D.3).
 */
export function revokedSince(list: Pick<Crl, 'entries'>, { serialNumber }: Pick<Certificate, 'serialNumber'>): Date | undefined {
  return list.entries.find((entry) => equalBytes(entry.serialNumber, serialNumber))?.revokedAt;
}

export function listsSerialNumber(list: Pick<Crl, 'revoked'>, serialNumber: Uint8Array): boolean {
  return list.revoked.some((listed) => equalBytes(listed, serialNumber));
}

/** The authority key identifier's keyIdentifier, if it has one. */
export function authorityKeyOf(crl: Pick<TbsCrl, 'extensions'>): Uint8Array | undefined {
  const value = crl.extensions.get(OID.authorityKeyIdentifier)?.value;
  if (value === undefined) return undefined;
  const members = decodeTlvs(decodeOnly(value, DER.SEQUENCE, 'authorityKeyIdentifier').rest(), 'authorityKeyIdentifier');
  return members.find(({ tag }) => tag === 0x80)?.value;
}

function readEntries(list: ByteReader): readonly CrlEntry[] {
  const entries: CrlEntry[] = [];
  while (list.remaining > 0) {
    const entry = enter(list, DER.SEQUENCE);
    const serialNumber = Uint8Array.from(enter(entry, DER.INTEGER).rest());
    const time = readTlv(entry);
    const extensions = entry.remaining > 0 ? readExtensions(enter(entry, DER.SEQUENCE)) : new Map<string, CrlExtension>();
    entry.end();
    entries.push({ serialNumber, revokedAt: decodeTime(time, 'revocationDate'), timeTag: time.tag, extensions });
  }
  // Table 9: "If there are no revoked certificates it SHALL NOT be present."
  if (entries.length === 0) throw malformed('revokedCertificates', 'present and empty');
  return entries;
}

function readExtensions(list: ByteReader): ReadonlyMap<string, CrlExtension> {
  const extensions = new Map<string, CrlExtension>();
  while (list.remaining > 0) {
    const extension = enter(list, DER.SEQUENCE);
    const oid = readOid(extension);
    const critical = extension.peek() === DER.BOOLEAN ? enter(extension, DER.BOOLEAN).uint(1, 'critical') : undefined;
    const value = Uint8Array.from(enter(extension, DER.OCTET_STRING).rest());
    extension.end();
    if (extensions.has(oid)) throw malformed('extensions', `${oid} twice`);
    if (extensions.size >= EXTENSIONS_MAX) throw malformed('extensions', `more than ${EXTENSIONS_MAX}`);
    extensions.set(oid, { critical: critical !== undefined && critical !== 0, falseSpelledOut: critical === 0, value });
  }
  return extensions;
}

function crlNumber(value: Uint8Array | undefined): bigint | undefined {
  const [integer] = value === undefined ? [] : decodeTlvs(value, 'cRLNumber');
  if (integer?.tag !== DER.INTEGER || integer.value.length === 0 || (integer.value[0] ?? 0x80) >= 0x80) return undefined;
  return bytesToInteger(integer.value);
}

/** The reader demands minimal lengths, so encoding again gives the bytes that were there. */
function sequence(reader: ByteReader): Uint8Array {
  return tlv(DER.SEQUENCE, enter(reader, DER.SEQUENCE).rest());
}

function malformed(where: string, detail: string): CrlError {
  return new CrlError('CRL_MALFORMED', { where, detail });
}
