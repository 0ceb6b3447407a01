import { createHmac } from 'node:crypto';
import { parseCommand, type ParsedCommandApdu } from '#encoder/apdu';
import { DecodeError } from '#encoder/bytes';
import {
  TIMING_CLASSES,
  type LabEvent,
  type LabTrace,
  type RedactedCommand,
  type RedactedEvent,
  type RedactedField,
  type RedactedTrace,
  type TimingClass,
} from './trace.ts';

/** What tells of a fault without telling of a card's holder or keys: headers, lengths, status words, and how long it took, roughly. */
export function redactTrace(trace: LabTrace, random: (length: number) => Uint8Array): RedactedTrace {
  const redact = redactor(random);
  return { redacted: true, reader: trace.reader, events: trace.events.map(redact) };
}

const SALT_BYTES = 32;
const MARK_BYTES = 8;

/**
 * Redacts one trace, event by event. Its marks are HMACs under a salt that is kept nowhere: twelve digits of a personal number or
 * six of a CAN could be found from a plain hash by trying them all.
 */
export function redactor(random: (length: number) => Uint8Array): (event: LabEvent) => RedactedEvent {
  const salt = random(SALT_BYTES);
  const hidden = (bytes: Uint8Array): RedactedField => {
    if (bytes.length === 0) return { clear: bytes };
    return { length: bytes.length, mark: createHmac('sha256', salt).update(bytes).digest().subarray(0, MARK_BYTES).toString('hex') };
  };
  return (event) => {
    if (event.event === 'disconnect') return event;
    const took = timingClass(event.took);
    if (event.event !== 'command') return { ...event, took };
    const sent = redactCommand(event.command, hidden);
    if ('error' in event) return { event: 'command', sent, error: event.error, took };
    const { response } = event;
    const sw = ((response.at(-2) ?? 0) << 8) | (response.at(-1) ?? 0);
    return { event: 'command', sent, data: hidden(response.subarray(0, -2)), sw, took };
  };
}

function redactCommand(bytes: Uint8Array, hidden: (bytes: Uint8Array) => RedactedField): RedactedCommand {
  let command: ParsedCommandApdu;
  try {
    command = parseCommand(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { header: new Uint8Array(0), data: hidden(bytes), le: null, extended: false };
  }
  return {
    header: bytes.slice(0, 4),
    data: isPublic(command) ? { clear: command.data } : hidden(command.data),
    le: command.le ?? null,
    extended: command.extended,
  };
}

const INS_SELECT = 0xa4;
/** P1 of SELECT by file identifier or by DF name (ISO/IEC 7816-4 §11.2.2); a path is not asked for here. */
const SELECT_PUBLIC: ReadonlySet<number> = new Set([0x00, 0x02, 0x04]);
const NAME_BYTES_MAX = 16;

/** The names of applications and files, sent in the clear: the standards' and the profile's, the same for every card. */
function isPublic(command: ParsedCommandApdu): boolean {
  return (command.cla & 0xfc) === 0 && command.ins === INS_SELECT && SELECT_PUBLIC.has(command.p1) && command.data.length <= NAME_BYTES_MAX;
}

function timingClass(ms: number): TimingClass {
  return TIMING_CLASSES.find((_, index) => ms < 10 ** index) ?? '>=10s';
}
