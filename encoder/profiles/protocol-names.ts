import { PROTOCOL } from '#encoder/lds';

const ID_PACE = '0.4.0.127.0.7.2.2.4';

/** Key agreement with mapping, and cipher suite: the two arcs below id-PACE (Doc 9303-11 §9.2.3). */
const MAPPINGS = { 'DH-GM': 1, 'ECDH-GM': 2, 'DH-IM': 3, 'ECDH-IM': 4, 'ECDH-CAM': 6 } as const;
const CIPHERS = { '3DES-CBC-CBC': 1, 'AES-CBC-CMAC-128': 2, 'AES-CBC-CMAC-192': 3, 'AES-CBC-CMAC-256': 4 } as const;

/** Object identifiers of PACE by the names of the document; Chip Authentication Mapping has none with 3DES. */
export const PACE_PROTOCOLS: ReadonlyMap<string, string> = new Map(
  Object.entries(MAPPINGS).flatMap(([mapping, arc]) =>
    Object.entries(CIPHERS)
      .filter(([cipher]) => mapping !== 'ECDH-CAM' || cipher !== '3DES-CBC-CBC')
      .map(([cipher, suite]) => [`id-PACE-${mapping}-${cipher}`, `${ID_PACE}.${arc}.${suite}`] as const),
  ),
);

/** Object identifiers of Chip Authentication by the names of the document (Doc 9303-11 §9.2.7). */
export const CHIP_AUTHENTICATION_PROTOCOLS: ReadonlyMap<string, string> = new Map(
  Object.entries(PROTOCOL).filter(([name]) => name.startsWith('id-CA-')),
);

/** `ecdsa-plain-SHA…` of TR-03111 §5.2.1.1: what ActiveAuthenticationInfo names (Doc 9303-11 §9.2.4). */
export const PLAIN_ECDSA = {
  'SHA-224': '0.4.0.127.0.7.1.1.4.1.2',
  'SHA-256': '0.4.0.127.0.7.1.1.4.1.3',
  'SHA-384': '0.4.0.127.0.7.1.1.4.1.4',
  'SHA-512': '0.4.0.127.0.7.1.1.4.1.5',
} as const;
