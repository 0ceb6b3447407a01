import { decodeOnly, DER, readOid } from '#encoder/tlv';
import { hashOfOid } from '#pki/cms';
import type { ListRule } from '#pki/signed-list';
import { readDeviationList } from '../content.ts';

const BYTES = { sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;

/** There where certificates are named by digest, of that length, and else not. */
export const digestAlgorithmStated: ListRule = {
  id: 'digest-algorithm-of-the-certificate-digests',
  clause: 'Doc 9303-12 §10.2, digestAlgorithm, certificateDigest',
  level: 'must',
  holds({ content }) {
    const { digestAlgorithm, deviations } = readDeviationList(content);
    const digests = deviations.flatMap(({ documents: { documentSigner: signer } }) =>
      signer !== undefined && 'certificateDigest' in signer ? [signer.certificateDigest] : [],
    );
    if (digestAlgorithm === undefined) return digests.length === 0;
    const hash = hashOfOid(readOid(decodeOnly(digestAlgorithm, DER.SEQUENCE, 'digestAlgorithm')));
    return hash !== undefined && digests.length > 0 && digests.every(({ length }) => length === BYTES[hash]);
  },
};
