import { signerInfoOf } from '#pki/cms';
import type { ListRule } from '../list-kind.ts';

/** Inside the signer's validity and, where the certificate has one, inside the usage period of its private key. */
export const signedInTime: ListRule = {
  id: 'signed-while-the-signer-was-valid',
  clause: 'Doc 9303-12 §6.1.2, RFC 5280 §4.1.2.5',
  level: 'must',
  holds: ({ info, signer, kind }) => {
    const at = info === undefined ? undefined : signerInfoOf(info, kind.name).signingTime;
    if (signer === undefined || at === undefined) return false;
    const { validity, privateKeyUsagePeriod: usage } = signer;
    const [from, to] = [usage?.notBefore ?? validity.notBefore, usage?.notAfter ?? validity.notAfter];
    return at >= validity.notBefore && at <= validity.notAfter && at >= from && at <= to;
  },
};
