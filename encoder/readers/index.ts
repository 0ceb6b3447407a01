/**
 * Card readers: the port (`Reader`, `CardConnection`), its error codes, and its two kinds, PC/SC through `pcsclite` and a
 * virtual card in this process. A reader moves bytes and knows places; it knows no command, no key and no card record.
 * It is not a supervisor: on DEADLINE or a dead service the process that owns the reader ends or opens it again.
 */
export type { CardConnection, Reader } from './reader.ts';
export { ReaderError, type ReaderErrorCode } from './reader-error.ts';
export { inProcessReader, type InProcessCard, type InProcessReader, type Pull } from './in-process.ts';
export { openPcscReader, type PcscOptions } from './pcsc.ts';
