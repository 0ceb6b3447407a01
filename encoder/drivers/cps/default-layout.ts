/** Of the virtual card's CPS chips, docs/chip-specification.md §8.2, in the form of `CpsLayoutSchema`. */
export const DEFAULT_LAYOUT = {
  channel: 'SCP02-15',
  securityDomain: 'A000000151000000',
  application: 'A0000002471001',
  keyVersion: 1,
  structure: 'dgi',
  chipId: { object: '0045', offset: 2 },
  bindingTag: { dgi: 'A003', object: 'DF22' },
  secrets: { mrz: 'A001', can: 'A002' },
  keys: {
    activeAuthentication: {
      dgi: '8001',
      algorithms: ['RSA-2048', 'RSA-1024', 'EC-P-256', 'EC-P-384', 'EC-brainpoolP256r1', 'EC-brainpoolP384r1', 'EC-brainpoolP512r1'],
    },
    chipAuthentication: {
      dgi: '8002',
      algorithms: ['EC-brainpoolP256r1', 'EC-P-256', 'EC-P-384', 'EC-brainpoolP384r1', 'EC-brainpoolP512r1'],
    },
  },
  trustPoint: { certificate: 'A004', date: 'A005' },
  files: {
    eMRTD: Object.fromEntries(
      [...Array.from({ length: 16 }, (_, i) => 0x0101 + i), 0x011c, 0x011d, 0x011e].map(hex).map((fid) => [fid, fid]),
    ),
    MF: { '2F00': '2F00', '2F01': '2F01', '011C': 'F11C', '011D': 'F11D' },
  },
  lock: { dgi: 'DEAD' },
  accessControl: ['BAC', 'id-PACE-ECDH-GM', 'id-PACE-ECDH-IM', 'id-PACE-ECDH-CAM', 'id-PACE-DH-GM', 'id-PACE-DH-IM'],
} as const;

function hex(fid: number): string {
  return fid.toString(16).toUpperCase().padStart(4, '0');
}
