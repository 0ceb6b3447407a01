import {
  answerInternalAuthenticate,
  ChipAuthenticationCardSession,
  chipAuthenticationParameters,
  type CardStep,
  type InspectionRights,
  type SmSession,
  TerminalAuthenticationCardSession,
  type TerminalBinding,
} from '#encoder/access';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { concat } from '#encoder/bytes';
import { status } from '../responses.ts';
import { storeIn } from '../reference/trust-points.ts';
import { chipAuthenticationKey, type Applet } from './applet.ts';
import { rawRsa1024 } from './raw-rsa.ts';

/** id-CA-ECDH-3DES-CBC-CBC; with PACE also id-CA-ECDH-AES-CBC-CMAC-128 (Doc 9303-11 §9.2.7). */
const TRIPLE_DES = chipAuthenticationParameters('0.4.0.127.0.7.2.2.3.2.1');
const AES_128 = chipAuthenticationParameters('0.4.0.127.0.7.2.2.3.2.2');

const CHAINING = 0x10;
/** Blocks of a chained certificate; one with RSA-4096 key and signature takes 1.2 KB. */
const CHAINED_BYTES_MAX = 4096;

/** P1 and P2 of MSE (Doc 9303-11 §6.2.4, §7.1.4.3). */
const MSE = { setKat: 0x41a6, setAtChip: 0x41a4, setDst: 0x81b6, setAtTerminal: 0x81a4 } as const;

/**
 * What BAC or PACE has opened: secure messaging, and the authentications that run inside it. It goes when secure messaging ends, and
 * with it everything that a terminal has proven.
 */
export class SecureSession {
  readonly #applet: Applet;
  readonly #chip: ChipAuthenticationCardSession | undefined;
  readonly #terminal: TerminalAuthenticationCardSession;
  #messaging: SmSession;
  #chained: Uint8Array[] = [];

  constructor(applet: Applet, messaging: SmSession, binding: TerminalBinding) {
    const key = chipAuthenticationKey(applet.memory);
    this.#applet = applet;
    this.#messaging = messaging;
    this.#chip = key === undefined ? undefined : new ChipAuthenticationCardSession(applet.pace ? [TRIPLE_DES, AES_128] : TRIPLE_DES, key);
    this.#terminal = new TerminalAuthenticationCardSession(storeIn(applet.memory), applet.random, binding);
  }

  get rights(): InspectionRights {
    return this.#terminal.rights;
  }

  /** One protected command; `execute` answers those that are not this session's own. A number is the bare status word of an SM error: the session is over. */
  process(command: ParsedCommandApdu, execute: (plain: ParsedCommandApdu) => ResponseApdu): ResponseApdu | number {
    const plain = this.#messaging.unwrapCommand(command);
    if (typeof plain === 'number') return plain;
    const step = this.#step(plain) ?? { response: execute(plain) };
    const wrapped = this.#messaging.wrapResponse(step.response, command.ins);
    if (step.session !== undefined) {
      this.#messaging.destroy();
      this.#messaging = step.session;
      if (step.ephemeralKeys?.terminal !== undefined) this.#terminal.chipAuthenticated(step.ephemeralKeys.terminal);
    }
    return wrapped;
  }

  destroy(): void {
    this.#messaging.destroy();
  }

  /** Undefined: not a command of the protocols. */
  #step(command: ParsedCommandApdu): CardStep | undefined {
    if (command.ins === 0x2a) return this.#verifyCertificate(command);
    this.#chained = [];
    if ((command.cla & CHAINING) !== 0) return only(StatusWord.CLA_NOT_SUPPORTED);
    if (command.extended && AUTHENTICATION.has(command.ins)) return only(StatusWord.WRONG_LENGTH);
    switch (command.ins) {
      case 0x22:
        return this.#manageSecurityEnvironment(command);
      case 0x84:
        return this.#ofTerminal(() => this.#terminal.getChallenge(command));
      case 0x82:
        return this.#ofTerminal(() => this.#terminal.externalAuthenticate(command));
      case 0x86:
        return this.#generalAuthenticate(command);
      case 0x88:
        return this.#internalAuthenticate(command);
      default:
        return undefined;
    }
  }

  #manageSecurityEnvironment(command: ParsedCommandApdu): CardStep {
    switch ((command.p1 << 8) | command.p2) {
      case MSE.setKat:
        return this.#chip?.mseSetKat(command) ?? only(StatusWord.CONDITIONS_NOT_SATISFIED);
      case MSE.setAtChip:
        if (!this.#applet.pace) return only(StatusWord.INCORRECT_P1_P2);
        return this.#chip?.mseSetAt(command) ?? only(StatusWord.CONDITIONS_NOT_SATISFIED);
      case MSE.setDst:
        return this.#ofTerminal(() => this.#terminal.mseSetDst(command));
      case MSE.setAtTerminal:
        return this.#ofTerminal(() => this.#terminal.mseSetAt(command));
      default:
        return only(StatusWord.INCORRECT_P1_P2);
    }
  }

  #generalAuthenticate(command: ParsedCommandApdu): CardStep {
    if (!this.#applet.pace) return only(StatusWord.INS_NOT_SUPPORTED);
    return this.#chip?.generalAuthenticate(command) ?? only(StatusWord.CONDITIONS_NOT_SATISFIED);
  }

  /** PSO:Verify Certificate, whole in extended length or in chained blocks (ISO/IEC 7816-4 §5.3.3). */
  #verifyCertificate(command: ParsedCommandApdu): CardStep {
    this.#chained.push(command.data);
    const data = concat(...this.#chained);
    const unfit = command.p1 !== 0x00 || command.p2 !== 0xbe ? StatusWord.INCORRECT_P1_P2 : StatusWord.WRONG_LENGTH;
    const fits = unfit === StatusWord.WRONG_LENGTH && data.length <= CHAINED_BYTES_MAX;
    if (fits && (command.cla & CHAINING) !== 0) return only(StatusWord.SUCCESS);
    this.#chained = [];
    if (!fits) return only(unfit);
    return this.#ofTerminal(() => this.#terminal.verifyCertificate({ ...command, data }));
  }

  /** Without a CVCA certificate on the chip nobody is authenticated. */
  #ofTerminal(step: () => CardStep): CardStep {
    return this.#applet.memory.trustPoints === undefined ? only(StatusWord.CONDITIONS_NOT_SATISFIED) : step();
  }

  /** ISO/IEC 9796-2 scheme 1 with SHA-1, trailer BC (Doc 9303-11 §6.1). */
  #internalAuthenticate(command: ParsedCommandApdu): CardStep {
    const key = this.#applet.memory.key('activeAuthentication');
    if (key === undefined || key.publicKey.length === 0 || key.privateKey.length === 0) return only(StatusWord.CONDITIONS_NOT_SATISFIED);
    const rawRsa = rawRsa1024({ modulus: key.publicKey, exponent: key.privateKey });
    return answerInternalAuthenticate({ modulusBits: 1024, hash: 'sha1', rawRsa }, command, this.#applet.random);
  }
}

/** Short commands all of them. */
const AUTHENTICATION: ReadonlySet<number> = new Set([0x22, 0x82, 0x84, 0x86, 0x88]);

function only(sw: number): CardStep {
  return { response: status(sw) };
}
