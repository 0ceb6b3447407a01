/**
 * What the encoder, the line and the signing authority cost: measured on real services, shown as ratios against a named baseline of the same
 * run. No test asserts a timing; figures that are kept are in `docs/operations/bench.md` with the command that gave them.
 */
export { bareChip, bareFaces, type BareFigures } from './baseline.ts';
export { cardToSign, type CardToSign } from './bench-card.ts';
export { benchEncoder, type EncoderFigures } from './encoder-bench.ts';
export { encoderTable } from './encoder-table.ts';
export { lineTable, type LineFigures } from './line-table.ts';
export { benchListing, type ListCards, type ListingFigures } from './listing-bench.ts';
export { openedCards, type OpenedCard } from './opened-cards.ts';
export { pkiTable, type PkiFigures } from './pki-table.ts';
export { processorMs } from './processor-time.ts';
export { quantile } from './rounds.ts';
export { benchSigning, securityObjectOf, type SigningBench, type SigningFigures } from './signing-bench.ts';
export { benchSod, type SodFigures } from './sod-bench.ts';
export { throwawayChain, type ThrowawayChain } from './throwaway-cvca.ts';
