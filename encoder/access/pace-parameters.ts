import { concat, fromHex, uintBE } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import { CIPHER_ARCS, type CipherName, CIPHER_SUITES, type CipherSuite } from './cipher-suite.ts';
import { dhGroupById } from './dh-group.ts';
import { ecGroupById, type KeyAgreementGroup } from './key-agreement-group.ts';
import { CHIP_AUTHENTICATION_MAPPING, GENERIC_MAPPING, INTEGRATED_MAPPING, type PaceMapping } from './pace-mapping.ts';

/** One way to run PACE that a chip announces in EF.CardAccess (PACEInfo, Doc 9303-11 §9.2.1). */
export interface PaceParameters {
  /** Contents octets of the object identifier, as DO'80' and DO'06' carry them. */
  readonly oid: Uint8Array;
  readonly suite: CipherSuite;
  readonly group: KeyAgreementGroup;
  readonly mapping: PaceMapping;
}

/** A branch below id-PACE: key agreement and mapping. Nothing asks for the identifier afterwards. */
interface PaceProtocol {
  readonly groupById: (parameterId: number) => KeyAgreementGroup | undefined;
  readonly mapping: PaceMapping;
  /** By the last arc (Doc 9303-11 §4.4.3, tables 2 and 3). */
  readonly ciphers: Readonly<Record<number, CipherName>>;
}

/** id-PACE (Doc 9303-11 §9.2.3). */
const ID_PACE = '0.4.0.127.0.7.2.2.4';
const ID_PACE_BYTES = fromHex('04007F0007020204');

/** Chip Authentication Mapping has no 3DES. */
const AES_CIPHERS: Readonly<Record<number, CipherName>> = { 2: 'AES-128', 3: 'AES-192', 4: 'AES-256' };

const PROTOCOLS: Readonly<Record<number, PaceProtocol>> = {
  1: { groupById: dhGroupById, mapping: GENERIC_MAPPING, ciphers: CIPHER_ARCS },
  2: { groupById: ecGroupById, mapping: GENERIC_MAPPING, ciphers: CIPHER_ARCS },
  3: { groupById: dhGroupById, mapping: INTEGRATED_MAPPING, ciphers: CIPHER_ARCS },
  4: { groupById: ecGroupById, mapping: INTEGRATED_MAPPING, ciphers: CIPHER_ARCS },
  6: { groupById: ecGroupById, mapping: CHIP_AUTHENTICATION_MAPPING, ciphers: AES_CIPHERS },
};

/**
 * From PACEInfo: object identifier in dotted form and standardised domain parameters. Throws `AccessError`
 * ACCESS_UNSUPPORTED: of the protocols here are those of `PROTOCOLS`, with the curves of `EC_DOMAINS` and the groups of `DH_DOMAINS`.
 */
export function paceParameters(oid: string, parameterId: number): PaceParameters {
  const [branch = 0, arc = 0, ...deeper] = oid.startsWith(`${ID_PACE}.`)
    ? oid
        .slice(ID_PACE.length + 1)
        .split('.')
        .map(Number)
    : [];
  const protocol = deeper.length === 0 ? PROTOCOLS[branch] : undefined;
  const cipher = protocol?.ciphers[arc];
  const group = protocol?.groupById(parameterId);
  if (protocol === undefined || cipher === undefined || group === undefined) {
    throw new AccessError('ACCESS_UNSUPPORTED', { where: 'PACE', detail: `${oid}, domain parameters ${parameterId}` });
  }
  const bytes = concat(ID_PACE_BYTES, uintBE(branch, 1), uintBE(arc, 1));
  return { oid: bytes, suite: CIPHER_SUITES[cipher], group, mapping: protocol.mapping };
}

/** Authentication token: MAC over the other side's public key data object 7F49 (Doc 9303-11 §4.4.3.4). */
export function paceToken(parameters: PaceParameters, key: Uint8Array, otherPublicKey: Uint8Array): Uint8Array {
  return parameters.suite.mac(key, tlv(0x7f49, tlv(0x06, parameters.oid), tlv(parameters.group.publicKeyTag, otherPublicKey)));
}

/** Length of the nonce: the least multiple of the block that is no shorter than the key (Doc 9303-11 §4.4.3.3). */
export function nonceLength(suite: CipherSuite): number {
  return Math.ceil(suite.keyLength / suite.block) * suite.block;
}
