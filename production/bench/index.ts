/**
 * What the encoder and the line cost: measured on a real embedded plant, shown by process and as ratios against a named baseline of the same
 * run. No test asserts a timing; figures that are kept are in `docs/operations/bench.md` with the command that gave them.
 */
export { bareChip, bareFaces, type BareFigures } from './baseline.ts';
export { benchEncoder, type EncoderFigures } from './encoder-bench.ts';
export { encoderTable } from './encoder-table.ts';
export { lineTable, type LineFigures } from './line-table.ts';
export { processorMs } from './processor-time.ts';
export { throwawayChain, type ThrowawayChain } from './throwaway-cvca.ts';
