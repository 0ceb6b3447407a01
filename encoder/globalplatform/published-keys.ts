import { equalConstantTime, fromHex, type Secret } from '#encoder/bytes';

/** In every development kit, and so in chips that nobody has prepared: GlobalPlatform's default test key, and Gemplus's sample key. */
const PUBLISHED = ['404142434445464748494A4B4C4D4E4F', '47454D5850524553534F53414D504C45'].map((hex) => fromHex(hex));

/**
 * Whether a static key is one that everybody knows, at whatever length it was repeated or counted on to, or one byte over and over, which is
 * what a derivation that never took place leaves (invariant E6).
 */
export function isPublishedKey(key: Secret): boolean {
  const bytes = key.reveal();
  const candidates = [
    ...PUBLISHED.map((published) => bytes.map((_, at) => published[at % published.length] ?? 0)),
    bytes.map((_, at) => 0x40 + at),
    bytes.map(() => bytes[0] ?? 0),
  ];
  const published = candidates.map((candidate) => equalConstantTime(candidate, bytes)).includes(true);
  for (const candidate of candidates) candidate.fill(0);
  return published;
}
