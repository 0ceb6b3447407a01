import { ByteReader, type Codec, type Example } from '#encoder/bytes';
import { encodeSecurityInfos, PROTOCOL, readSecurityInfos, type SecurityInfo } from './security-infos.ts';

/**
 * EF.CardAccess (Doc 9303-10 §3.11.3): the bare set of SecurityInfos, in the master file, readable before any
 * authentication and signed by nobody; DG14 repeats it under the signature (Doc 9303-11 §9.2.11).
 */
export interface CardAccess {
  readonly securityInfos: readonly SecurityInfo[];
}

export const cardAccess: Codec<CardAccess> = {
  encode: ({ securityInfos }) => encodeSecurityInfos(securityInfos),
  decode(bytes) {
    const reader = new ByteReader(bytes, 'EF.CardAccess');
    const securityInfos = readSecurityInfos(reader);
    reader.end();
    return { securityInfos };
  },
};

export const cardAccessExamples: readonly Example<CardAccess>[] = [
  {
    name: 'PACE with ECDH-CAM on brainpoolP256r1',
    source: 'ICAO Doc 9303-11 I.1, PACEInfo in a SET',
    value: { securityInfos: [{ kind: 'PACEInfo', protocol: '0.4.0.127.0.7.2.2.4.6.2', version: 2, parameterId: 13 }] },
    hex: '3114 3012 060A04007F00070202040602 020102 02010D',
  },
  {
    name: 'Terminal Authentication, Chip Authentication and PACE',
    source: 'synthetic arrangement, facts on the Vietnamese card §1.2',
    value: {
      securityInfos: [
        { kind: 'TerminalAuthenticationInfo', protocol: PROTOCOL['id-TA'], version: 1 },
        { kind: 'ChipAuthenticationInfo', protocol: PROTOCOL['id-CA-ECDH-AES-CBC-CMAC-128'], version: 1 },
        { kind: 'PACEInfo', protocol: PROTOCOL['id-PACE-ECDH-GM-AES-CBC-CMAC-128'], version: 2, parameterId: 13 },
      ],
    },
    hex: '3134 300D060804007F0007020202020101 300F060A04007F00070202030202020101 3012060A04007F0007020204020202010202010D',
  },
  {
    name: 'an unknown protocol is kept as it stands',
    source: 'synthetic',
    value: {
      securityInfos: [{ kind: 'unknown', protocol: '1.2.3', raw: Uint8Array.from([0x30, 0x07, 0x06, 0x02, 0x2a, 0x03, 0x04, 0x01, 0xff]) }],
    },
    hex: '3109 3007 06022A03 0401FF',
  },
];
