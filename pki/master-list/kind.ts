import type { ListKind } from '#pki/signed-list';
import { certificatesInOrder } from './rules/certificates-in-order.ts';
import { certificatesOfCscas } from './rules/certificates-of-cscas.ts';
import { certificatesThere } from './rules/certificates-there.ts';
import { certificatesUnique } from './rules/certificates-unique.ts';
import { version0 } from './rules/version-0.ts';

/** id-icao-cscaMasterList and id-icao-cscaMasterListSigningKey (Doc 9303-12 §9.2). The lists that are published have a megabyte. */
export const MASTER_LIST: ListKind = Object.freeze({
  name: 'master list',
  contentType: '2.23.136.1.1.2',
  purpose: '2.23.136.1.1.3',
  signerProfile: 'master-list-signer',
  bytesMax: 8 * 1024 * 1024,
  rules: [version0, certificatesThere, certificatesInOrder, certificatesUnique, certificatesOfCscas],
});
