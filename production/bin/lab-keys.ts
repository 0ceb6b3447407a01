import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from '@noble/curves/misc.js';
import { equalBytes, Secret } from '#encoder/bytes';
import { DER, decodeOnly, readOctetString, readSmallInteger } from '#encoder/tlv';
import { explicitSpki, pointOfKey, type EcCurveName } from '#pki/ec';

/** Signing over a digest, which node:crypto does not offer for ECDSA. */
const SIGNERS = { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } as const satisfies Partial<Record<EcCurveName, unknown>>;
export type LabCurve = keyof typeof SIGNERS;

/** A software key of a lab: it lies in a file, and nothing but the file's mode protects it. */
export interface LabKey {
  readonly curve: LabCurve;
  /** Uncompressed. */
  readonly point: Uint8Array;
  readonly spki: Uint8Array;
  /** Raw r || s; the same digest gives the same signature (RFC 6979). */
  readonly sign: (digest: Uint8Array) => Promise<Uint8Array>;
}

/** PKCS #8, PEM: what OpenSSL and `cardmint read --ta-key` take. */
export function newLabKey(curve: LabCurve): string {
  return generateKeyPairSync('ec', { namedCurve: curve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Throws the errors of node:crypto and `DecodeError` for a file that is no such key. */
export function labKey(pem: string, curve: LabCurve): LabKey {
  const key = createPrivateKey(pem);
  const value = privateValue(key.export({ type: 'sec1', format: 'der' }));
  const point = pointOfKey(Uint8Array.from(createPublicKey(key).export({ type: 'spki', format: 'der' })));
  const signer = SIGNERS[curve];
  if (!equalBytes(point, signer.getPublicKey(value.reveal(), false))) throw new RangeError(`not a key on ${curve}`);
  return {
    curve,
    point,
    spki: explicitSpki(curve, point),
    sign: (digest) => Promise.resolve(Uint8Array.from(signer.sign(digest, value.reveal(), { prehash: false, lowS: false }))),
  };
}

/** ECPrivateKey (RFC 5915 §3): version 1, privateKey OCTET STRING, … */
function privateValue(sec1: Buffer): Secret {
  const key = decodeOnly(sec1, DER.SEQUENCE, 'ECPrivateKey');
  readSmallInteger(key, 1);
  const value = new Secret(readOctetString(key));
  sec1.fill(0);
  return value;
}

/** 16 octets, positive and of full length (Doc 9303-12 Table 5: at most 20). */
export function newSerialNumber(): Uint8Array {
  const serialNumber = Uint8Array.from(randomBytes(16));
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40;
  return serialNumber;
}
