import type { CardStep, SmSession } from '#encoder/access';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import type { FileAddress } from '../memory.ts';
import { status } from '../responses.ts';
import { isFree, mayRead } from './access-files.ts';
import type { Chip } from './chip.ts';
import { enterApplication, readBinary, READ_BYTES_MAX, selectFile } from './file-commands.ts';
import { TravelProtocols } from './travel-protocols.ts';

/** Commands of the personalisation: refused for ever, as "not in this state". */
const PERSONALISATION: ReadonlySet<number> = new Set([0x47, 0x50, 0xca, 0xd6, 0xd7, 0xd8, 0xda, 0xe0, 0xe2, 0xe4, 0xe6, 0xf0, 0xfe]);
/** Secure messaging around an answer: DO'87' with indicator and padding, DO'99', DO'8E' (Doc 9303-11 §9.8.4). */
const SM_OVERHEAD = 46;
const SM_SHORT_READ_MAX = 223;

/** P1-P2 of MANAGE SECURITY ENVIRONMENT (Doc 9303-11 §4.4.4.1, §6.2.4, §7.1.4). */
const SET = { pace: 0xc1a4, chipAuthentication: 0x41a4, chipAuthenticationKat: 0x41a6, certificate: 0x81b6, terminal: 0x81a4 } as const;

/**
 * The chip after its lock: a travel document and nothing else. BAC or PACE opens secure messaging, everything else but
 * EF.CardAccess is only answered inside it (Doc 9303-11 §4).
 */
export class TravelState {
  readonly #chip: Chip;
  readonly #protocols: TravelProtocols;
  #session: SmSession | undefined;
  #byPace = false;

  constructor(chip: Chip) {
    this.#chip = chip;
    this.#protocols = new TravelProtocols(chip);
  }

  process(command: ParsedCommandApdu): Promise<ResponseApdu> {
    return Promise.resolve(this.#process(command));
  }

  #process(command: ParsedCommandApdu): ResponseApdu {
    // GlobalPlatform's class bytes: 80 to 84, and 04 inside a secure channel that was open at the lock.
    if ((command.cla & 0x80) !== 0 || (command.cla & 0x0c) === 0x04) {
      this.#endSession();
      return status(StatusWord.CONDITIONS_NOT_SATISFIED);
    }
    const refused = refusedClass(command.cla);
    if (refused !== undefined) {
      this.#endSession();
      return status(refused);
    }
    if ((command.cla & 0x0c) === 0) return this.#inClear(command);
    const session = this.#session;
    if (session === undefined) return status(StatusWord.SM_NOT_SUPPORTED);
    const inner = session.unwrapCommand(command);
    if (typeof inner === 'number') {
      // A bare status word: there are no keys left to protect it with (Doc 9303-11 §9.8.1).
      this.#endSession();
      return status(inner);
    }
    const step = this.#withinNe(inner, this.#secured(inner));
    const wrapped = session.wrapResponse(step.response, command.ins);
    if (step.session !== undefined) {
      session.destroy();
      this.#begin(step);
    }
    return wrapped;
  }

  /** A command in clear ends secure messaging and what it opened (Doc 9303-11 §9.8.1). */
  #inClear(command: ParsedCommandApdu): ResponseApdu {
    this.#endSession();
    switch (command.ins) {
      case 0x22:
        return p1p2(command) === SET.pace ? this.#protocols.paceSetAt(command).response : status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
      case 0x86:
        return this.#begin(this.#protocols.paceGeneralAuthenticate(command));
      case 0x84:
        return this.#inApplication ? this.#protocols.bac.getChallenge(command).response : status(StatusWord.CONDITIONS_NOT_SATISFIED);
      case 0x82:
        return this.#begin(this.#protocols.bac.externalAuthenticate(command));
      case 0x88:
      case 0x2a:
        return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
      case 0xa4:
        return command.p1 === 0x04 ? enterApplication(this.#chip, command) : selectFile(this.#chip, command, isFree);
      case 0xb0:
      case 0xb1:
        return unauthenticated(readBinary(this.#chip, command, { mayRead: isFree, most: READ_BYTES_MAX }));
      default:
        return notHere(command.ins);
    }
  }

  #secured(command: ParsedCommandApdu): CardStep {
    switch (command.ins) {
      case 0x22:
        return this.#manageSecurityEnvironment(command);
      case 0x86:
        return this.#protocols.securedGeneralAuthenticate(command);
      case 0x88:
        return { response: this.#protocols.internalAuthenticate(command) };
      case 0xa4:
        return { response: command.p1 === 0x04 ? enterApplication(this.#chip, command) : selectFile(this.#chip, command, this.#mayRead) };
      case 0xb0:
      case 0xb1:
        return { response: this.#readBinary(command) };
      default:
        return this.#authenticateTerminal(command) ?? { response: notHere(command.ins) };
    }
  }

  #manageSecurityEnvironment(command: ParsedCommandApdu): CardStep {
    const terminal = this.#protocols.terminalAuthentication;
    switch (p1p2(command)) {
      case SET.pace:
        return this.#protocols.paceSetAt(command);
      case SET.chipAuthentication:
        return this.#protocols.chipAuthenticationSetAt(command);
      case SET.chipAuthenticationKat:
        return this.#protocols.chipAuthenticationSetKat(command);
      case SET.certificate:
        return terminal?.mseSetDst(command) ?? { response: status(StatusWord.FUNCTION_NOT_SUPPORTED) };
      case SET.terminal:
        return terminal?.mseSetAt(command) ?? { response: status(StatusWord.FUNCTION_NOT_SUPPORTED) };
      default:
        return { response: status(StatusWord.INCORRECT_P1_P2) };
    }
  }

  /** PSO:Verify Certificate, GET CHALLENGE, EXTERNAL AUTHENTICATE (Doc 9303-11 §7.1.4); undefined for another command, or without trust points. */
  #authenticateTerminal(command: ParsedCommandApdu): CardStep | undefined {
    const terminal = this.#protocols.terminalAuthentication;
    switch (command.ins) {
      case 0x2a:
        return p1p2(command) === 0x00be ? terminal?.verifyCertificate(command) : { response: status(StatusWord.INCORRECT_P1_P2) };
      case 0x84:
        return terminal?.getChallenge(command);
      case 0x82:
        return terminal?.externalAuthenticate(command);
      default:
        return undefined;
    }
  }

  #readBinary(command: ParsedCommandApdu): ResponseApdu {
    const most = command.extended ? READ_BYTES_MAX - SM_OVERHEAD : SM_SHORT_READ_MAX;
    return readBinary(this.#chip, command, { mayRead: this.#mayRead, most });
  }

  readonly #mayRead = (address: FileAddress): boolean => mayRead(address, { byPace: this.#byPace, rights: this.#protocols.rights });

  get #inApplication(): boolean {
    return this.#chip.volatile.directory === 'eMRTD';
  }

  /** The answer of a step that may have begun secure messaging. */
  #begin({ response, session, ephemeralKeys }: CardStep): ResponseApdu {
    if (session === undefined) return response;
    this.#session = session;
    this.#protocols.sessionBegan(ephemeralKeys);
    // PACE is of the master file: a terminal selects the application after it (Doc 9303-11 §4.2).
    if (ephemeralKeys?.chip !== undefined) {
      this.#byPace = true;
      this.#chip.volatile.directory = 'MF';
      this.#chip.volatile.currentFile = undefined;
    }
    return response;
  }

  /** An answer never has more than Ne bytes (ISO/IEC 7816-4 §5.1): what a short command cannot fetch is asked for with extended length, or by GET RESPONSE. */
  #withinNe(command: ParsedCommandApdu, step: CardStep): CardStep {
    if (command.extended || this.#chip.memory.personality.getResponse || step.response.data.length <= SM_SHORT_READ_MAX) return step;
    return { response: status(StatusWord.WRONG_LENGTH) };
  }

  #endSession(): void {
    if (this.#session === undefined) return;
    this.#session.destroy();
    this.#session = undefined;
    this.#byPace = false;
    this.#protocols.sessionEnded();
    this.#chip.volatile.currentFile = undefined;
  }
}

/** "An eMRTD's contactless IC MUST respond to unauthenticated read attempts" with 6982 (Doc 9303-11 §4.3.2), whatever is selected. */
function unauthenticated(response: ResponseApdu): ResponseApdu {
  return response.sw === StatusWord.NO_CURRENT_EF ? status(StatusWord.SECURITY_STATUS_NOT_SATISFIED) : response;
}

/** Logical channels but the basic one, and class bytes for future use (ISO/IEC 7816-4 §5.4.1). */
function refusedClass(cla: number): number | undefined {
  if ((cla & 0x43) !== 0) return StatusWord.LOGICAL_CHANNEL_NOT_SUPPORTED;
  return (cla & 0x20) === 0 ? undefined : StatusWord.CLA_NOT_SUPPORTED;
}

function notHere(ins: number): ResponseApdu {
  return status(PERSONALISATION.has(ins) ? StatusWord.CONDITIONS_NOT_SATISFIED : StatusWord.INS_NOT_SUPPORTED);
}

function p1p2(command: ParsedCommandApdu): number {
  return (command.p1 << 8) | command.p2;
}
