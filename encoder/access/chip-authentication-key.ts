import type { ByteReader, Secret } from '#encoder/bytes';
import { decodeSubjectPublicKeyInfo } from '#encoder/lds';
import { decodeOnly, DER, enter, readBitString, readInteger, readOid, readSmallInteger } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import { EC_DOMAINS, type EcDomainName } from './curves.ts';
import { DH_DOMAINS, type DhDomain, type DhDomainName } from './dh-domains.ts';
import { dhGroup, fewestBytes } from './dh-group.ts';
import { ecGroup, ecGroupById, type KeyAgreementGroup } from './key-agreement-group.ts';

/** Where a static key of Chip Authentication lives. */
export type ChipAuthenticationDomain = { readonly curve: EcDomainName } | { readonly modp: DhDomainName };

/** The chip's static public key: an uncompressed point, or an unsigned integer in the fewest bytes. */
export type ChipAuthenticationPublicKey =
  | { readonly curve: EcDomainName; readonly point: Uint8Array }
  | { readonly modp: DhDomainName; readonly value: Uint8Array };

/** The chip's static private key. */
export type ChipAuthenticationKey = ChipAuthenticationDomain & {
  /** The private number, big-endian. */
  readonly privateKey: Secret;
  readonly keyId?: bigint;
};

/** The group of a key, and the name that object identifiers have for its agreement. */
export function agreementOf(domain: ChipAuthenticationDomain): { readonly agreement: 'DH' | 'ECDH'; readonly group: KeyAgreementGroup } {
  if ('curve' in domain) return { agreement: 'ECDH', group: ecGroup(EC_DOMAINS[domain.curve]) };
  const modp = DH_DOMAINS.find(({ name }) => name === domain.modp);
  if (modp === undefined) throw new AccessError('ACCESS_UNSUPPORTED', { where: 'CA', detail: domain.modp });
  return { agreement: 'DH', group: dhGroup(modp) };
}

/** RFC 3279 §2.3.3: X9.42, which cards carry though Doc 9303 does not have it (§8.5, note 2). */
const DH_PUBLIC_NUMBER = '1.2.840.10046.2.1';
/** PKCS #3, which Doc 9303-11 §9.6 asks for. */
const DH_KEY_AGREEMENT = '1.2.840.113549.1.3.1';
/** id-standardizedDomainParameters: bsi-de algorithms(1) 2 (Doc 9303-11 §9.5.1). */
const STANDARDIZED = '0.4.0.127.0.7.1.2';

/**
 * The key of a ChipAuthenticationPublicKeyInfo, with explicit or standardised domain parameters. Explicit ones are compared with the
 * standardised groups and never computed with, so that no chip brings a group of its own.
 *
 * Errors: `DecodeError` for bytes of another form; `AccessError` ACCESS_UNSUPPORTED (another group), ACCESS_POINT_INVALID.
 */
export function chipAuthenticationPublicKey(subjectPublicKeyInfo: Uint8Array, path = 'DG14'): ChipAuthenticationPublicKey {
  const info = decodeOnly(subjectPublicKeyInfo, DER.SEQUENCE, path);
  const algorithm = enter(info, DER.SEQUENCE);
  const oid = readOid(algorithm);
  if (oid === STANDARDIZED) {
    const id = readSmallInteger(algorithm);
    algorithm.end();
    const modp = DH_DOMAINS.find(({ parameterId }) => parameterId === id);
    return modp === undefined ? standardizedPoint(id, keyOf(info).rest()) : modpKey(modp, keyOf(info));
  }
  if (oid === DH_KEY_AGREEMENT || oid === DH_PUBLIC_NUMBER) {
    const parameters = enter(algorithm, DER.SEQUENCE);
    algorithm.end();
    const domain = modpOf(readInteger(parameters), readInteger(parameters));
    return modpKey(domain, keyOf(info));
  }
  const key = decodeSubjectPublicKeyInfo(subjectPublicKeyInfo, path);
  if (key.kind !== 'ec') throw new AccessError('ACCESS_UNSUPPORTED', { where: 'CA', detail: key.kind });
  return { curve: key.curve, point: key.point };
}

/** subjectPublicKey, which comes last. */
function keyOf(info: ByteReader): ByteReader {
  const key = readBitString(info);
  info.end();
  return key;
}

function standardizedPoint(id: number, point: Uint8Array): ChipAuthenticationPublicKey {
  const curve = Object.values(EC_DOMAINS).find(({ parameterId }) => parameterId === id)?.name;
  if (curve === undefined) throw unsupported(`domain parameters ${id}`);
  ecGroupById(id)?.check(point, 'CA/public key of the chip');
  return { curve, point };
}

function modpOf(p: bigint, g: bigint): DhDomain {
  const domain = DH_DOMAINS.find((candidate) => candidate.p === p && candidate.g === g);
  if (domain === undefined) throw unsupported(`a prime of ${p.toString(2).length} bits`);
  return domain;
}

function modpKey(domain: DhDomain, key: ByteReader): ChipAuthenticationPublicKey {
  const y = readInteger(key);
  key.end();
  if (y < 0n) throw key.error('BYTES_UNEXPECTED', undefined, 'a negative public key');
  const value = fewestBytes(y);
  dhGroup(domain).check(value, 'CA/public key of the chip');
  return { modp: domain.name, value };
}

function unsupported(detail: string): AccessError {
  return new AccessError('ACCESS_UNSUPPORTED', { where: 'CA', detail });
}
