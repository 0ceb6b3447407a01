import { createDiffieHellman } from 'node:crypto';
import { DH_DOMAINS, type DhDomain } from '#encoder/access';
import { bytesToInteger, ByteReader, concat, fromHex } from '#encoder/bytes';
import {
  derBitString,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  enter,
  oidBytes,
  readBitString,
  readInteger,
  readOid,
  readTlv,
  tlv,
} from '#encoder/tlv';
import type { ChipKey } from '../memory.ts';

/** A DH pair in a MODP group of Doc 9303-11 §9.5.1. */
export interface DhKey {
  readonly domain: DhDomain;
  readonly privateNumber: Uint8Array;
  readonly publicNumber: Uint8Array;
}

/** dhKeyAgreement (PKCS #3 §9), which Doc 9303-11 §9.6 asks for, and id-PK-DH (§9.2.7). */
const DH_KEY_AGREEMENT = '1.2.840.113549.1.3.1';
const ID_PK_DH = '0.4.0.127.0.7.2.2.1.1';
/** More random bits than the order has, so that none of its residues is likelier than another (FIPS 186-5 §A.4.1). */
const EXTRA_BYTES = 8;

/** A private number below the order of the group; PKCS #8 and SubjectPublicKeyInfo, as other keys of the memory. */
export function makeDhKey(domain: DhDomain, random: (length: number) => Uint8Array): ChipKey {
  const { p, g, q } = domain;
  const x = 1n + (bytesToInteger(random(unsigned(q).length + EXTRA_BYTES)) % (q - 1n));
  const group = createDiffieHellman(unsigned(p), unsigned(g));
  group.setPrivateKey(unsigned(x));
  const y = bytesToInteger(Uint8Array.from(group.generateKeys()));
  const algorithm = derSequence(derOid(DH_KEY_AGREEMENT), derSequence(derInteger(p), derInteger(g)));
  return {
    privateKey: derSequence(derInteger(0), algorithm, derOctetString(derInteger(x))),
    publicKey: derSequence(algorithm, derBitString(derInteger(y))),
  };
}

/** Undefined for a key of another kind. */
export function readDhKey(key: ChipKey): DhKey | undefined {
  const info = enter(new ByteReader(key.publicKey, 'SPKI'), 0x30);
  const algorithm = enter(info, 0x30);
  if (readOid(algorithm) !== DH_KEY_AGREEMENT) return undefined;
  const p = readInteger(enter(algorithm, 0x30));
  const domain = DH_DOMAINS.find((candidate) => candidate.p === p);
  if (domain === undefined) return undefined;
  const secret = enter(new ByteReader(key.privateKey, 'PKCS8'), 0x30);
  readTlv(secret);
  readTlv(secret);
  return { domain, privateNumber: unsigned(readInteger(enter(secret, 0x04))), publicNumber: unsigned(readInteger(readBitString(info))) };
}

/** 7F49 of a DH key: 06, prime 81, order 82, generator 83, public number 84 (Doc 9303-11 §9.4.3). */
export function dhTemplate({ domain: { p, q, g }, publicNumber }: DhKey): Uint8Array {
  const parameters = [p, q, g].map((number, index) => tlv(0x81 + index, unsigned(number)));
  return tlv(0x7f49, tlv(0x06, oidBytes(ID_PK_DH)), concat(...parameters), tlv(0x84, publicNumber));
}

/** In the fewest bytes (§9.4.1). */
function unsigned(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
}
