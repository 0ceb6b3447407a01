import { OID } from '../../oid.ts';
import { whenPresent } from '../extension-values.ts';
import { ALL, AUTHORITIES, type CertificateProfile, type Rule } from '../rule.ts';

/** keyCertSign and cRLSign for an authority, digitalSignature for a signer; nothing besides. */
export const keyUsageOfTheProfile: Rule = {
  id: 'key-usage-of-the-profile',
  profiles: ALL,
  clause: 'Doc 9303-12 Table 6, KeyUsage; RFC 5280 §4.2.1.3',
  holds: ({ certificate, profile }) =>
    whenPresent(
      certificate,
      OID.keyUsage,
      () => certificate.keyUsage.join() === (isAuthority(profile) ? CERT_AND_CRL_SIGN : DIGITAL_SIGNATURE),
    ),
};

const CERT_AND_CRL_SIGN = '5,6';
const DIGITAL_SIGNATURE = '0';

function isAuthority(profile: CertificateProfile): boolean {
  return AUTHORITIES.some((authority) => authority === profile);
}
