import { type Codec, type Example, fromHex, toHex } from '#encoder/bytes';
import { decodeOnly, tlv } from '#encoder/tlv';
import { ecSubjectPublicKeyInfo } from './public-key.ts';
import { encodeSecurityInfos, inDerOrder, PROTOCOL, readSecurityInfos, type SecurityInfo } from './security-infos.ts';

/** EF.DG14 (Doc 9303-10 §4.7.14): `6E { SecurityInfos }`. */
export interface Dg14 {
  readonly securityInfos: readonly SecurityInfo[];
}

export const dg14: Codec<Dg14> = {
  encode: ({ securityInfos }) => tlv(0x6e, encodeSecurityInfos(securityInfos)),
  decode(bytes) {
    const outer = decodeOnly(bytes, 0x6e, 'DG14');
    const securityInfos = readSecurityInfos(outer);
    outer.end();
    return { securityInfos };
  },
};

/**
 * DG14 of one chip: everything that EF.CardAccess announces (Doc 9303-11 §9.2.11: "the full set of SecurityInfos … SHALL
 * additionally be stored in EF.DG14") and what only DG14 holds, in DER order.
 */
export function dg14Of(announced: readonly SecurityInfo[], further: readonly SecurityInfo[]): Dg14 {
  return { securityInfos: inDerOrder([...announced, ...further]) };
}

/** The base point of brainpoolP256r1 (RFC 5639 §3.4) as a public key: the private key would be 1. */
const BASE_POINT = fromHex(
  '048BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262 547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997',
);
const KEY = ecSubjectPublicKeyInfo('brainpoolP256r1', BASE_POINT);

export const dg14Examples: readonly Example<Dg14>[] = [
  {
    name: 'Active Authentication with ECDSA',
    source: 'synthetic, ICAO Doc 9303-11 §9.2.4',
    value: {
      securityInfos: [
        {
          kind: 'ActiveAuthenticationInfo',
          protocol: PROTOCOL['id-icao-mrtd-security-aaProtocolObject'],
          version: 1,
          signatureAlgorithm: '0.4.0.127.0.7.1.1.4.1.3',
        },
      ],
    },
    hex: '6E1B 3119 3017 0606678108010105 020101 060A04007F00070101040103',
  },
  {
    name: 'Chip Authentication with its key, PACE, all in DER order',
    source: 'synthetic, ICAO Doc 9303-11 §9.2.11',
    value: {
      securityInfos: [
        { kind: 'ChipAuthenticationInfo', protocol: PROTOCOL['id-CA-ECDH-AES-CBC-CMAC-128'], version: 1 },
        { kind: 'PACEInfo', protocol: PROTOCOL['id-PACE-ECDH-GM-AES-CBC-CMAC-128'], version: 2, parameterId: 13 },
        { kind: 'ChipAuthenticationPublicKeyInfo', protocol: PROTOCOL['id-PK-ECDH'], subjectPublicKeyInfo: KEY },
      ],
    },
    hex: `6E82 016F 3182 016B 300F060A04007F00070202030202020101 3012060A04007F0007020204020202010202010D
          3082 0142 060904007F000702020102 ${toHex(KEY)}`,
  },
];
