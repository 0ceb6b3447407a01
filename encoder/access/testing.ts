import {
  type ApduChannel,
  encodeResponse,
  openChannel,
  type ParsedCommandApdu,
  parseCommand,
  type ResponseApdu,
  StatusWord,
} from '#encoder/apdu';
import { toHex, fromHex } from '#encoder/bytes';
import { answerInternalAuthenticate, type ActiveAuthenticationKey } from './active-authentication.ts';
import type { BacCardSession } from './bac.ts';
import type { ChipAuthenticationCardSession } from './chip-authentication-card.ts';
import type { PaceCardSession } from './pace-card.ts';
import type { SmSession } from './secure-messaging.ts';
import { TerminalAuthenticationCardSession } from './terminal-authentication-card.ts';
import { efCvcaOf, type TrustPointStore } from './trust-points.ts';
import type { CardStep, RandomSource } from './session-result.ts';

/** A script of random values that throws when it runs dry or is asked for another length. */
export function scripted(...values: readonly Uint8Array[]): RandomSource {
  const left = values.map((value) => Uint8Array.from(value));
  return (length) => {
    const next = left.shift();
    if (next?.length !== length) throw new Error(`the script has ${next?.length ?? 'no'} bytes, ${length} are asked for`);
    return next;
  };
}

/** Reproducible randomness for round trips (xorshift32): not for keys. */
export function seeded(seed: number): RandomSource {
  let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  return (length) =>
    Uint8Array.from({ length }, () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0xff;
    });
}

export interface ChipParts {
  readonly bac?: BacCardSession;
  readonly pace?: PaceCardSession;
  readonly ca?: ChipAuthenticationCardSession;
  readonly aa?: { readonly key: ActiveAuthenticationKey; readonly random: RandomSource };
  /** With the chip identifier after BAC. Fingerprints and irises (0103, 0104) open to it alone. */
  readonly ta?: { readonly store: TrustPointStore; readonly random: RandomSource; readonly basicIdentifier: Uint8Array };
  readonly files?: ReadonlyMap<number, Uint8Array>;
  /** Sits on the wire. */
  readonly tamper?: { command?: (bytes: Uint8Array) => Uint8Array; response?: (bytes: Uint8Array, ins: number) => Uint8Array };
}

export interface TestChip {
  readonly channel: ApduChannel;
  /** Commands and answers as they passed, in turn, as hex. */
  readonly wire: string[];
  readonly plain: ParsedCommandApdu[];
}

const EF_CVCA = 0x011c;

/** The card ends of this room put together behind a transceiver, with readable files: just enough of a chip for these tests. */
export function testChip(parts: ChipParts): TestChip {
  const wire: string[] = [];
  const plain: ParsedCommandApdu[] = [];
  let session: SmSession | undefined;
  let selected: number | undefined;
  /** Whose GENERAL AUTHENTICATE is next, within a session. */
  let agreement: 'pace' | 'ca' = 'ca';
  let ta: TerminalAuthenticationCardSession | undefined;
  const bare = (sw: number): CardStep => ({ response: { data: new Uint8Array(0), sw } });

  const execute = (command: ParsedCommandApdu): CardStep => {
    const p1p2 = (command.p1 << 8) | command.p2;
    if (command.ins === 0x22) agreement = p1p2 === 0xc1a4 ? 'pace' : 'ca';
    const terminal = ta === undefined ? undefined : terminalAuthentication(ta, command);
    if (terminal !== undefined) return terminal;
    if (command.ins === 0x84 && parts.bac !== undefined) return parts.bac.getChallenge(command);
    if (command.ins === 0x82 && parts.bac !== undefined) return parts.bac.externalAuthenticate(command);
    if (command.ins === 0x22 && p1p2 === 0xc1a4 && parts.pace !== undefined) return parts.pace.mseSetAt(command);
    if (command.ins === 0x22 && p1p2 === 0x41a4 && parts.ca !== undefined) return parts.ca.mseSetAt(command);
    if (command.ins === 0x22 && p1p2 === 0x41a6 && parts.ca !== undefined) return parts.ca.mseSetKat(command);
    if (command.ins === 0x86 && (session === undefined || agreement === 'pace') && parts.pace !== undefined) {
      return parts.pace.generalAuthenticate(command);
    }
    if (command.ins === 0x86 && parts.ca !== undefined) return parts.ca.generalAuthenticate(command);
    if (command.ins === 0x88 && parts.aa !== undefined) return answerInternalAuthenticate(parts.aa.key, command, parts.aa.random);
    if (command.ins === 0xa4) return select(command);
    if (command.ins === 0xb0 || command.ins === 0xb1) return readBinary(command);
    return bare(StatusWord.INS_NOT_SUPPORTED);
  };
  const select = (command: ParsedCommandApdu): CardStep => {
    if (command.p1 === 0x04) return bare(StatusWord.SUCCESS);
    const fid = ((command.data[0] ?? 0) << 8) | (command.data[1] ?? 0);
    const present = parts.files?.has(fid) === true || (fid === EF_CVCA && parts.ta !== undefined);
    selected = present ? fid : undefined;
    return bare(selected === undefined ? StatusWord.FILE_NOT_FOUND : StatusWord.SUCCESS);
  };
  const readBinary = (command: ParsedCommandApdu): CardStep => {
    const file = selected === EF_CVCA && parts.ta !== undefined ? efCvcaOf(parts.ta.store.load()) : parts.files?.get(selected ?? -1);
    if (file === undefined) return bare(StatusWord.NO_CURRENT_EF);
    if ((selected === 0x0103 && ta?.rights.dg3 !== true) || (selected === 0x0104 && ta?.rights.dg4 !== true)) {
      return bare(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
    }
    const odd = command.ins === 0xb1;
    const offset = odd ? ((command.data[2] ?? 0) << 8) | (command.data[3] ?? 0) : (command.p1 << 8) | command.p2;
    const content = file.slice(offset, offset + (command.le ?? 0) - (odd ? 4 : 0));
    const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
    return { response: { data: odd ? Uint8Array.of(0x53, ...length, ...content) : content, sw: StatusWord.SUCCESS } };
  };
  /** The rights go with the session, and Chip Authentication rebinds them. */
  const begin = (step: CardStep): void => {
    session = step.session;
    const { terminal, chip } = step.ephemeralKeys ?? {};
    if (ta !== undefined && chip === undefined && terminal !== undefined) return ta.chipAuthenticated(terminal);
    if (parts.ta === undefined || session === undefined) return;
    ta = new TerminalAuthenticationCardSession(parts.ta.store, parts.ta.random, {
      chipIdentifier: chip ?? parts.ta.basicIdentifier,
      ...(terminal === undefined ? {} : { terminalKey: terminal }),
    });
  };
  const process = (command: ParsedCommandApdu): ResponseApdu => {
    if (session === undefined) {
      plain.push(command);
      const step = execute(command);
      begin(step);
      return step.response;
    }
    const unwrapped = session.unwrapCommand(command);
    if (typeof unwrapped === 'number') {
      session.destroy();
      session = undefined;
      ta = undefined;
      parts.pace?.sessionEnded();
      return { data: new Uint8Array(0), sw: unwrapped };
    }
    plain.push(unwrapped);
    const step = execute(unwrapped);
    const response = session.wrapResponse(step.response, unwrapped.ins);
    if (step.session !== undefined) {
      session.destroy();
      begin(step);
    }
    return response;
  };
  const transceiver = {
    transmit(bytes: Uint8Array) {
      const command = parseCommand(parts.tamper?.command?.(bytes) ?? bytes);
      const response = encodeResponse(process(command));
      wire.push(toHex(bytes), toHex(response));
      return Promise.resolve(parts.tamper?.response?.(response, command.ins) ?? response);
    },
  };
  return { channel: openChannel(transceiver), wire, plain };
}

function terminalAuthentication(ta: TerminalAuthenticationCardSession, command: ParsedCommandApdu): CardStep | undefined {
  switch ((command.ins << 16) | (command.p1 << 8) | command.p2) {
    case 0x2281b6:
      return ta.mseSetDst(command);
    case 0x2a00be:
      return ta.verifyCertificate(command);
    case 0x2281a4:
      return ta.mseSetAt(command);
    case 0x840000:
      return ta.getChallenge(command);
    case 0x820000:
      return ta.externalAuthenticate(command);
    default:
      return undefined;
  }
}

/** A channel that answers from a script and remembers what it was asked, on the wire. */
export function scriptedChannel(...answers: readonly string[]): { channel: ApduChannel; asked: string[] } {
  const asked: string[] = [];
  const left = [...answers];
  const transmit = (bytes: Uint8Array): Promise<Uint8Array> => {
    asked.push(toHex(bytes));
    const next = left.shift();
    return next === undefined ? Promise.reject(new Error('the script ran dry')) : Promise.resolve(fromHex(next));
  };
  return { channel: openChannel({ transmit }), asked };
}
