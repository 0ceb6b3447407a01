import { expect } from 'vitest';
import {
  type ApduChannel,
  encodeResponse,
  openChannel,
  type ParsedCommandApdu,
  parseCommand,
  type ResponseApdu,
  StatusWord,
} from '#encoder/apdu';
import { ascii, fromHex, toHex } from '#encoder/bytes';
import { type CvCertificate, cvCertificate, cvCertificateParts, cvDomainParameters, cvTrustPoint } from '#encoder/cv-certificate';
import { ecPair, issue, type Pair, signBy } from '#encoder/testing';
import { tlv } from '#encoder/tlv';
import { answerInternalAuthenticate, type ActiveAuthenticationKey } from './active-authentication.ts';
import type { BacCardSession } from './bac.ts';
import type { ChipAuthenticationCardSession } from './chip-authentication-card.ts';
import type { PaceCardSession } from './pace-card.ts';
import type { SmSession } from './secure-messaging.ts';
import { TerminalAuthenticationCardSession } from './terminal-authentication-card.ts';
import { basicAccessIdentifier } from './terminal-authentication.ts';
import { efCvcaOf, type TrustPointStore, trustPointStore } from './trust-points.ts';
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

/** For Terminal Authentication: certificates, keys, and the card end without secure messaging. */
export const MRZ = 'L898902C<369080619406236';
export const TODAY = '2026-11-21';

export const pairs = {
  root: ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1')),
  root2: ecPair('brainpoolP256r1', cvDomainParameters('brainpoolP256r1')),
  dv: ecPair('brainpoolP256r1'),
  terminal: ecPair('brainpoolP256r1'),
};
export const ROOT = issue(pairs.root, pairs.root, { chr: 'VNCVCA00001', car: 'VNCVCA00001', rights: 0xc3, from: '2025-01-01' });
export const LINK = issue(pairs.root, pairs.root2, { chr: 'VNCVCA00002', car: 'VNCVCA00001', rights: 0xc3, from: '2026-06-01' });
export const DV = issue(pairs.root, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00001', rights: 0x83 });
export const DV2 = issue(pairs.root2, pairs.dv, { chr: 'VNDV00001', car: 'VNCVCA00002', rights: 0x83, from: '2026-07-01' });
export const terminalOf = (rights: number) =>
  issue(pairs.dv, pairs.terminal, { chr: 'VNIS00001', car: 'VNDV00001', rights, from: '2026-11-20' });
export const TERMINAL = terminalOf(0x01);
export const bytesOf = (...certificates: readonly CvCertificate[]) => certificates.map((certificate) => cvCertificate.encode(certificate));
export const BINDING = { chipIdentifier: basicAccessIdentifier(MRZ), terminalKey: new Uint8Array(32).fill(9) };

export function session(trustPoints = [cvTrustPoint(ROOT)]): TerminalAuthenticationCardSession {
  const store = trustPointStore({ trustPoints, currentDate: TODAY });
  return new TerminalAuthenticationCardSession(store, seeded(1), BINDING);
}

export function signerOf(pair: Pair): (data: Uint8Array) => Promise<Uint8Array> {
  return (data) => Promise.resolve(signBy(pair, data));
}

export function present(card: TerminalAuthenticationCardSession, certificates: readonly CvCertificate[]): void {
  for (const certificate of certificates) {
    const issuer = reference(certificate.body.certificationAuthorityReference);
    expect(sw(card.mseSetDst(command(0x22, 0x81b6, issuer)))).toBe(0x9000);
    expect(sw(card.verifyCertificate(command(0x2a, 0x00be, cvCertificateParts.encode(certificate))))).toBe(0x9000);
  }
}

/** The card's end without secure messaging. */
export function cardChannel(card: TerminalAuthenticationCardSession): ApduChannel {
  return {
    send(sent) {
      const step = terminalAuthentication(card, { ...sent, data: sent.data ?? new Uint8Array(0), extended: false });
      return Promise.resolve(step?.response ?? { data: new Uint8Array(0), sw: StatusWord.INS_NOT_SUPPORTED });
    },
  };
}

export function command(ins: number, p1p2: number, data: Uint8Array, le?: number): ParsedCommandApdu {
  return { cla: 0, ins, p1: p1p2 >> 8, p2: p1p2 & 0xff, data, extended: data.length > 255, ...(le === undefined ? {} : { le }) };
}

export function reference(name: string): Uint8Array {
  return tlv(0x83, ascii(name));
}

export function sw(step: { readonly response: { readonly sw: number } }): number {
  return step.response.sw;
}

export function flip(bytes: Uint8Array, at: number, by = 1): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ by);
}
