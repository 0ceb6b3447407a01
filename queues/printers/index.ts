/** Printers behind one port. A printer puts pixels on a piece; what they mean is `encoder/card-face`'s business. */
export type { Printer } from './printer.ts';
export { emptySpool, spoolFolder, type PrintHead } from './spool-folder.ts';
