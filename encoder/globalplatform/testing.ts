/** For tests: a chip with one secure channel session, and keys that are no secret. */
import { encodeResponse, type ParsedCommandApdu, parseCommand, type ResponseApdu, type Transceiver } from '#encoder/apdu';
import { Secret, toHex } from '#encoder/bytes';
import type { ScpCardSession } from './scp-card.ts';
import type { ScpKeys } from './scp-session.ts';

export function keysOf(enc: Uint8Array, mac: Uint8Array, dek: Uint8Array, version = 0x30): ScpKeys {
  return { enc: new Secret(enc), mac: new Secret(mac), dek: new Secret(dek), version };
}

export function someKeys(length = 16, seed = 0): ScpKeys {
  const key = (n: number): Uint8Array => new Uint8Array(length).map((_, i) => (i * 7 + n + seed) & 0xff);
  return keysOf(key(1), key(2), key(3));
}

export interface TestChip<Session> {
  readonly session: Session;
  /** Commands and answers in turn, as hex. */
  readonly wire: string[];
  readonly executed: ParsedCommandApdu[];
  readonly transceiver: Transceiver;
}

/** Sits on the wire, both ways. */
export interface Tamper {
  readonly command?: (bytes: Uint8Array) => Uint8Array;
  readonly response?: (bytes: Uint8Array, ins: number) => Uint8Array;
}

/** A chip that knows the protocol of its session and hands each plain command to `execute`. */
export function chipAround<Session extends ScpCardSession<number>>(
  session: Session,
  execute: (command: ParsedCommandApdu) => ResponseApdu,
  tamper: Tamper = {},
): TestChip<Session> {
  const wire: string[] = [];
  const executed: ParsedCommandApdu[] = [];
  const answer = (command: ParsedCommandApdu): ResponseApdu => {
    if (command.ins === 0x50) return session.initializeUpdate(command);
    if (command.ins === 0x82) return session.externalAuthenticate(command);
    const plain = session.unwrap(command);
    if (plain === undefined) return { data: new Uint8Array(0), sw: 0x6982 };
    executed.push(plain);
    return session.wrap(execute(plain));
  };
  const transceiver = {
    transmit(bytes: Uint8Array) {
      const command = parseCommand(tamper.command?.(bytes) ?? bytes);
      const response = encodeResponse(answer(command));
      wire.push(toHex(bytes), toHex(response));
      return Promise.resolve(tamper.response?.(response, command.ins) ?? response);
    },
  };
  return { session, wire, executed, transceiver };
}

/** One bit flipped, counted from the end when negative. */
export const flip =
  (at: number) =>
  (bytes: Uint8Array): Uint8Array =>
    bytes.with(at < 0 ? bytes.length + at : at, (bytes.at(at) ?? 0) ^ 1);

export const echo = (command: ParsedCommandApdu): ResponseApdu => ({ data: command.data, sw: 0x9000 });
