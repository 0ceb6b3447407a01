import { concat, fromHex, uintBE } from '#encoder/bytes';
import { AccessError } from './access-error.ts';
import { CIPHER_ARCS, CIPHER_SUITES, type CipherSuite } from './cipher-suite.ts';

/** One way to run Chip Authentication that a chip announces in EF.DG14 (ChipAuthenticationInfo, Doc 9303-11 §9.2.5). */
export interface ChipAuthenticationParameters {
  /** Contents octets of the object identifier. */
  readonly oid: Uint8Array;
  readonly agreement: 'DH' | 'ECDH';
  readonly suite: CipherSuite;
}

/** id-CA (Doc 9303-11 §9.2.7): below it the agreement, then the cipher. */
const ID_CA = '0.4.0.127.0.7.2.2.3';
const ID_CA_BYTES = fromHex('04007F0007020203');
const AGREEMENTS: Readonly<Record<number, ChipAuthenticationParameters['agreement']>> = { 1: 'DH', 2: 'ECDH' };

/** From ChipAuthenticationInfo, dotted. Throws `AccessError` ACCESS_UNSUPPORTED: none of Doc 9303-11 tables 5 and 6. */
export function chipAuthenticationParameters(oid: string): ChipAuthenticationParameters {
  const [branch = 0, arc = 0, ...deeper] = oid.startsWith(`${ID_CA}.`)
    ? oid
        .slice(ID_CA.length + 1)
        .split('.')
        .map(Number)
    : [];
  const agreement = deeper.length === 0 ? AGREEMENTS[branch] : undefined;
  const cipher = CIPHER_ARCS[arc];
  if (agreement === undefined || cipher === undefined) throw new AccessError('ACCESS_UNSUPPORTED', { where: 'CA', detail: oid });
  return { oid: concat(ID_CA_BYTES, uintBE(branch, 1), uintBE(arc, 1)), agreement, suite: CIPHER_SUITES[cipher] };
}
