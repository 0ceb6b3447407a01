/**
 * Card readers: the port (`Reader`, `CardConnection`), its error codes, and its kinds: PC/SC in a process of its own, PC/SC through
 * `pcsclite` in this process, and a virtual card in this process. A reader moves bytes and knows places; it knows no command, no
 * key and no card record.
 */
export type { CardConnection, Reader } from './reader.ts';
export { ReaderError, type ReaderErrorCode } from './reader-error.ts';
export { inProcessReader, type InProcessCard, type InProcessReader, type Pull } from './in-process.ts';
export { openPcscReader, type PcscOptions } from './pcsc.ts';
export { openChildReader, type ChildReaderOptions } from './child-reader.ts';
export { insecureLabRecord, recordRedacted, type Recording } from './trace/record.ts';
export { replayReader, type ReplayReader } from './trace/replay-reader.ts';
export { redactTrace } from './trace/redact.ts';
export { decodeTrace, encodeTrace } from './trace/trace-lines.ts';
export { TraceError, type TraceErrorCode } from './trace/trace-error.ts';
export type {
  ApduTrace,
  LabEvent,
  LabTrace,
  RedactedEvent,
  RedactedTrace,
  RedactedField,
  RedactedCommand,
  TimingClass,
} from './trace/trace.ts';
