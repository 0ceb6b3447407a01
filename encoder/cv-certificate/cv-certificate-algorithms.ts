/** How a signature of Terminal Authentication is made: everything that its object identifier says. */
export type CvAlgorithm =
  | { readonly name: string; readonly kind: 'ecdsa'; readonly hash: CvHash }
  | { readonly name: string; readonly kind: 'rsa'; readonly padding: 'v1.5' | 'pss'; readonly hash: CvHash };

export type CvHash = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** id-TA, bsi-de protocols(2) smartcard(2) 2 (BSI TR-03110-3 §A.1.1.3). */
const ID_TA = '0.4.0.127.0.7.2.2.2';

/**
 * BSI TR-03110-3 tables 14 and 15, by dotted object identifier. Doc 9303-11 8th edition (tables 7 and 8) keeps PSS with
 * SHA-256 and SHA-512 and ECDSA without SHA-1; the older ones are in certificates that are still in use.
 */
export const CV_ALGORITHMS: Readonly<Partial<Record<string, CvAlgorithm>>> = {
  [`${ID_TA}.1.1`]: { name: 'id-TA-RSA-v1-5-SHA-1', kind: 'rsa', padding: 'v1.5', hash: 'sha1' },
  [`${ID_TA}.1.2`]: { name: 'id-TA-RSA-v1-5-SHA-256', kind: 'rsa', padding: 'v1.5', hash: 'sha256' },
  [`${ID_TA}.1.3`]: { name: 'id-TA-RSA-PSS-SHA-1', kind: 'rsa', padding: 'pss', hash: 'sha1' },
  [`${ID_TA}.1.4`]: { name: 'id-TA-RSA-PSS-SHA-256', kind: 'rsa', padding: 'pss', hash: 'sha256' },
  [`${ID_TA}.1.5`]: { name: 'id-TA-RSA-v1-5-SHA-512', kind: 'rsa', padding: 'v1.5', hash: 'sha512' },
  [`${ID_TA}.1.6`]: { name: 'id-TA-RSA-PSS-SHA-512', kind: 'rsa', padding: 'pss', hash: 'sha512' },
  [`${ID_TA}.2.1`]: { name: 'id-TA-ECDSA-SHA-1', kind: 'ecdsa', hash: 'sha1' },
  [`${ID_TA}.2.2`]: { name: 'id-TA-ECDSA-SHA-224', kind: 'ecdsa', hash: 'sha224' },
  [`${ID_TA}.2.3`]: { name: 'id-TA-ECDSA-SHA-256', kind: 'ecdsa', hash: 'sha256' },
  [`${ID_TA}.2.4`]: { name: 'id-TA-ECDSA-SHA-384', kind: 'ecdsa', hash: 'sha384' },
  [`${ID_TA}.2.5`]: { name: 'id-TA-ECDSA-SHA-512', kind: 'ecdsa', hash: 'sha512' },
};
