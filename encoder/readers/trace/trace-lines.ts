import { Type, type TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { fromHex, toHex } from '#encoder/bytes';
import { READER_ERROR_CODES } from '../reader-error.ts';
import { TraceError } from './trace-error.ts';
import { TIMING_CLASSES, type ApduTrace, type LabEvent, type RedactedEvent } from './trace.ts';

/** A card is some 1500 commands; a trace of a day is no trace. */
const LINES_MAX = 100_000;
/** A command and a response of the greatest extended length, in hex, and the names around them. */
const LINE_CHARS_MAX = 300_000;

/**
 * A trace as JSON Lines: the first line says what it is, every other one is an event. Bytes are hex.
 * `decodeTrace(encodeTrace(trace))` is the trace.
 */
export function encodeTrace(trace: ApduTrace): string {
  return [traceHeader(trace), ...trace.events.map(traceLine)].join('');
}

/** The first line of a file that is written event by event. */
export function traceHeader({ redacted, reader }: Pick<ApduTrace, 'redacted' | 'reader'>): string {
  return `${JSON.stringify({ apduTrace: 1, redacted, reader })}\n`;
}

export function traceLine(event: LabEvent | RedactedEvent): string {
  return `${JSON.stringify(event, (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value))}\n`;
}

/** Throws `TraceError` TRACE_INVALID with the line: not JSON, not an event of this kind of trace, or past a limit. */
export function decodeTrace(text: string): ApduTrace {
  const lines = text.split('\n', LINES_MAX + 2);
  if (lines.pop() !== '' || lines.length > LINES_MAX) throw invalid(lines.length + 1, 'cut short, or too long');
  const [first = '', ...rest] = lines;
  const header = parse(first, 1);
  if (!Check(HEADER, header)) throw invalid(1, 'no header');
  const { redacted, reader } = header;
  return redacted
    ? { redacted, reader, events: rest.map((line, index) => eventOf<RedactedEvent>(REDACTED_EVENT, line, index + 2)) }
    : { redacted, reader, events: rest.map((line, index) => eventOf<LabEvent>(LAB_EVENT, line, index + 2)) };
}

const BYTES = Type.String({ pattern: '^[0-9A-F]*$' });
const ERROR = Type.Enum(READER_ERROR_CODES);

/** The six forms of an event; what a command and its answer look like is the kind of trace's own affair. */
function eventSchema<Took extends TSchema, Sent extends Record<string, TSchema>, Heard extends Record<string, TSchema>>(
  took: Took,
  sent: Sent,
  heard: Heard,
) {
  const closed = { additionalProperties: false } as const;
  const connect = { event: Type.Literal('connect'), took };
  const wait = { event: Type.Literal('wait'), present: Type.Boolean(), took };
  const command = { event: Type.Literal('command'), ...sent, took };
  return Type.Union([
    Type.Object({ ...command, ...heard }, closed),
    Type.Object({ ...command, error: ERROR }, closed),
    Type.Object({ ...connect, atr: BYTES }, closed),
    Type.Object({ ...connect, error: ERROR }, closed),
    Type.Object(wait, closed),
    Type.Object({ ...wait, error: ERROR }, closed),
    Type.Object({ event: Type.Literal('disconnect'), disposition: Type.Enum(['leave', 'unpower']) }, closed),
  ]);
}

const HEADER = Type.Object(
  { apduTrace: Type.Literal(1), redacted: Type.Boolean(), reader: Type.String({ maxLength: 256 }) },
  { additionalProperties: false },
);
const FIELD = Type.Union([
  Type.Object({ clear: BYTES }, { additionalProperties: false }),
  Type.Object(
    { length: Type.Integer({ minimum: 1, maximum: 65_548 }), mark: Type.String({ pattern: '^[0-9a-f]{16}$' }) },
    { additionalProperties: false },
  ),
]);
const SENT = Type.Object(
  { header: BYTES, data: FIELD, le: Type.Union([Type.Integer({ minimum: 1, maximum: 65_536 }), Type.Null()]), extended: Type.Boolean() },
  { additionalProperties: false },
);
const LAB_EVENT = eventSchema(Type.Number({ minimum: 0 }), { command: BYTES }, { response: BYTES });
const REDACTED_EVENT = eventSchema(
  Type.Enum([...TIMING_CLASSES]),
  { sent: SENT },
  { data: FIELD, sw: Type.Integer({ minimum: 0, maximum: 0xffff }) },
);

/** The members of an event that are bytes: the schemas above know them as `BYTES`. */
const BYTE_MEMBERS: ReadonlySet<string> = new Set(['atr', 'command', 'response', 'header', 'clear']);

function eventOf<Event>(schema: TSchema, line: string, number: number): Event {
  const event = parse(line, number);
  if (!Check(schema, event)) throw invalid(number, 'no event of this kind of trace');
  try {
    // The schema has seen to it that these members are hex, and that nothing else is there.
    return JSON.parse(line, (key, value: unknown) =>
      BYTE_MEMBERS.has(key) && typeof value === 'string' ? fromHex(value) : value,
    ) as Event;
  } catch (cause) {
    throw invalid(number, 'an odd number of hex digits', cause);
  }
}

function parse(line: string, number: number): unknown {
  if (line.length > LINE_CHARS_MAX) throw invalid(number, `${line.length} characters`);
  try {
    return JSON.parse(line) as unknown;
  } catch {
    // A parser's message quotes what it read.
    throw invalid(number, 'not JSON');
  }
}

function invalid(line: number, detail: string, cause?: unknown): TraceError {
  return new TraceError('TRACE_INVALID', { where: `line ${line}`, detail, ...(cause === undefined ? {} : { cause }) });
}
