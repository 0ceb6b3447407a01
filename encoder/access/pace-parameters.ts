import { concat, fromHex, uintBE } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import { type CipherName, CIPHER_SUITES, type CipherSuite } from './cipher-suite.ts';
import { type EcDomain, ecDomainById } from './curves.ts';

/** One way to run PACE that a chip announces in EF.CardAccess (PACEInfo, Doc 9303-11 §9.2.1). */
export interface PaceParameters {
  /** Contents octets of the object identifier, as DO'80' and DO'06' carry them. */
  readonly oid: Uint8Array;
  readonly suite: CipherSuite;
  readonly domain: EcDomain;
}

/** id-PACE-ECDH-GM (Doc 9303-11 §9.2.1), whose last arc is the cipher. */
const ECDH_GM = '0.4.0.127.0.7.2.2.4.2';
const ECDH_GM_BYTES = fromHex('04007F000702020402');

const CIPHER_ARCS: Readonly<Record<number, CipherName>> = { 1: '3DES', 2: 'AES-128', 3: 'AES-192', 4: 'AES-256' };

/**
 * From PACEInfo: object identifier in dotted form and standardised domain parameters. Throws `AccessError`
 * ACCESS_UNSUPPORTED: of the protocols here is PACE-ECDH-GM, with the curves of `EC_DOMAINS`.
 */
export function paceParameters(oid: string, parameterId: number): PaceParameters {
  const arc = oid.startsWith(`${ECDH_GM}.`) ? Number(oid.slice(ECDH_GM.length + 1)) : Number.NaN;
  const cipher = CIPHER_ARCS[arc];
  const domain = ecDomainById(parameterId);
  if (cipher === undefined || domain === undefined) {
    throw new AccessError('ACCESS_UNSUPPORTED', { where: 'PACE', detail: `${oid}, domain parameters ${parameterId}` });
  }
  return { oid: concat(ECDH_GM_BYTES, uintBE(arc, 1)), suite: CIPHER_SUITES[cipher], domain };
}

/** Authentication token: MAC over the other side's public key data object 7F49 (Doc 9303-11 §4.4.3.4). */
export function paceToken(parameters: PaceParameters, key: Uint8Array, otherPublicKey: Uint8Array): Uint8Array {
  return parameters.suite.mac(key, tlv(0x7f49, tlv(0x06, parameters.oid), tlv(0x86, otherPublicKey)));
}

/** Length of the nonce: the least multiple of the block that is no shorter than the key (Doc 9303-11 §4.4.3.3). */
export function nonceLength(suite: CipherSuite): number {
  return Math.ceil(suite.keyLength / suite.block) * suite.block;
}
