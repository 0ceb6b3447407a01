import { createPrivateKey } from 'node:crypto';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import {
  answerInternalAuthenticate,
  BacCardSession,
  canPassword,
  ChipAuthenticationCardSession,
  chipAuthenticationParameters,
  mrzPassword,
  PaceCardSession,
  paceParameters,
  rawRsa,
  type CardStep,
  type SmSession,
} from '#encoder/access';
import { ByteReader, Secret } from '#encoder/bytes';
import { enter, readTlv } from '#encoder/tlv';
import { fileAddress, type FileAddress } from '../memory.ts';
import { status } from '../responses.ts';
import type { Chip } from './chip.ts';
import { readBinary, READ_BYTES_MAX, selectApplication, selectFile } from './file-commands.ts';

const EF_CARD_ACCESS = fileAddress('MF', 0x011c);
/** Open to everybody (Doc 9303-10 §3.11). */
const FREE: ReadonlySet<FileAddress> = new Set([EF_CARD_ACCESS, fileAddress('MF', 0x2f00), fileAddress('MF', 0x2f01)]);
/** Fingerprints and irises open to Terminal Authentication only (Doc 9303-11 §7.1). */
const EXTENDED_ACCESS: ReadonlySet<FileAddress> = new Set([fileAddress('eMRTD', 0x0103), fileAddress('eMRTD', 0x0104)]);
/** What this chip announces in EF.CardAccess and DG14: id-PACE-ECDH-GM-AES-CBC-CMAC-128 over brainpoolP256r1, id-CA-ECDH-AES-CBC-CMAC-128. */
const PACE = paceParameters('0.4.0.127.0.7.2.2.4.2.2', 13);
const CHIP_AUTHENTICATION = chipAuthenticationParameters('0.4.0.127.0.7.2.2.3.2.2');
/** Commands of the personalisation: refused for ever, as "not in this state". */
const PERSONALISATION: ReadonlySet<number> = new Set([0x47, 0x50, 0xca, 0xd6, 0xd7, 0xda, 0xe0, 0xe2, 0xe4, 0xe6, 0xf0, 0xfe]);
/** Secure messaging around an answer: DO'87' with indicator and padding, DO'99', DO'8E' (Doc 9303-11 §9.8.4). */
const SM_OVERHEAD = 46;
const SM_SHORT_READ_MAX = 223;

type Secured = { readonly response: ResponseApdu; readonly session?: SmSession };

/**
 * The chip after its lock: a travel document and nothing else. BAC or PACE opens secure messaging, everything else but
 * EF.CardAccess is only answered inside it (Doc 9303-11 §4).
 */
export class TravelState {
  readonly #chip: Chip;
  readonly #bac: BacCardSession;
  readonly #pace: PaceCardSession;
  readonly #chipAuthentication: ChipAuthenticationCardSession;
  #session: SmSession | undefined;

  constructor(chip: Chip) {
    const { memory, random } = chip;
    const mrz = text(memory.secret('mrz'));
    const can = text(memory.secret('can'));
    this.#chip = chip;
    this.#bac = new BacCardSession(mrz, random);
    this.#pace = new PaceCardSession(PACE, [mrzPassword(mrz), canPassword(can)], random);
    const key = memory.key('chipAuthentication');
    this.#chipAuthentication = new ChipAuthenticationCardSession(
      CHIP_AUTHENTICATION,
      key === undefined ? [] : [{ curve: 'brainpoolP256r1', privateKey: Secret.takeOver(privateScalar(key.privateKey)) }],
    );
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
    if ((command.cla & 0x0c) === 0) return this.#inClear(command);
    const session = this.#session;
    if (session === undefined) return status(StatusWord.SM_NOT_SUPPORTED);
    const inner = session.unwrapCommand(command);
    if (typeof inner === 'number') {
      // A bare status word: there are no keys left to protect it with (Doc 9303-11 §9.8.1).
      this.#endSession();
      return status(inner);
    }
    const { response, session: next } = withinNe(inner, this.#secured(inner));
    const wrapped = session.wrapResponse(response, command.ins);
    if (next !== undefined) {
      session.destroy();
      this.#session = next;
    }
    return wrapped;
  }

  /** A command in clear ends secure messaging and what it opened (Doc 9303-11 §9.8.1). */
  #inClear(command: ParsedCommandApdu): ResponseApdu {
    this.#endSession();
    switch (command.ins) {
      case 0x22:
        return isPaceTemplate(command) ? this.#begin(this.#pace.mseSetAt(command)) : status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
      case 0x86:
        return this.#beginInMasterFile(this.#pace.generalAuthenticate(command));
      case 0x84:
        return this.#inApplication ? this.#begin(this.#bac.getChallenge(command)) : status(StatusWord.CONDITIONS_NOT_SATISFIED);
      case 0x82:
        return this.#begin(this.#bac.externalAuthenticate(command));
      case 0x88:
        return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
      case 0xa4:
        return command.p1 === 0x04 ? this.#selectApplication(command) : selectFile(this.#chip, command, (address) => FREE.has(address));
      case 0xb0:
      case 0xb1:
        return readBinary(this.#chip, command, { mayRead: (address) => FREE.has(address), most: READ_BYTES_MAX });
      default:
        return notHere(command.ins);
    }
  }

  #secured(command: ParsedCommandApdu): Secured {
    const only = (response: ResponseApdu): Secured => ({ response });
    switch (command.ins) {
      case 0x22:
        return command.p1 === 0x41 && command.p2 === 0xa4
          ? this.#chipAuthentication.mseSetAt(command)
          : only(status(StatusWord.INCORRECT_P1_P2));
      case 0x86:
        return this.#chipAuthentication.generalAuthenticate(command);
      case 0x88:
        return this.#internalAuthenticate(command);
      case 0xa4:
        return only(command.p1 === 0x04 ? this.#selectApplication(command) : selectFile(this.#chip, command, this.#mayRead));
      case 0xb0:
      case 0xb1:
        return only(
          readBinary(this.#chip, command, {
            mayRead: this.#mayRead,
            most: command.extended ? READ_BYTES_MAX - SM_OVERHEAD : SM_SHORT_READ_MAX,
          }),
        );
      default:
        return only(notHere(command.ins));
    }
  }

  #selectApplication(command: ParsedCommandApdu): ResponseApdu {
    const response = selectApplication(command);
    if (response.sw === StatusWord.SUCCESS) {
      this.#chip.volatile.directory = 'eMRTD';
      this.#chip.volatile.currentFile = undefined;
    }
    return response;
  }

  /** All files of the application and of the master file but fingerprints and irises (Doc 9303-10 §3.11, §4). */
  readonly #mayRead = (address: FileAddress): boolean => !EXTENDED_ACCESS.has(address);

  get #inApplication(): boolean {
    return this.#chip.volatile.directory === 'eMRTD';
  }

  #internalAuthenticate(command: ParsedCommandApdu): Secured {
    const key = this.#chip.memory.key('activeAuthentication');
    if (key === undefined) return { response: status(StatusWord.CONDITIONS_NOT_SATISFIED) };
    const privateKey = createPrivateKey({ key: Buffer.from(key.privateKey), format: 'der', type: 'pkcs8' });
    return answerInternalAuthenticate({ modulusBits: 2048, hash: 'sha256', rawRsa: rawRsa(privateKey) }, command, this.#chip.random);
  }

  /** The answer of a step that may begin secure messaging; files are the application's from then on. */
  #begin(step: CardStep): ResponseApdu {
    this.#session = step.session;
    return step.response;
  }

  /** PACE is of the master file: a terminal selects the application after it (Doc 9303-11 §4.2). */
  #beginInMasterFile(step: CardStep): ResponseApdu {
    if (step.session !== undefined) {
      this.#chip.volatile.directory = 'MF';
      this.#chip.volatile.currentFile = undefined;
    }
    return this.#begin(step);
  }

  #endSession(): void {
    this.#session?.destroy();
    if (this.#session !== undefined) this.#chip.volatile.currentFile = undefined;
    this.#session = undefined;
  }
}

/** An answer never has more than Ne bytes (ISO/IEC 7816-4 §5.1): what a short command cannot fetch is asked for with extended length. */
function withinNe(command: ParsedCommandApdu, secured: Secured): Secured {
  if (command.extended || secured.response.data.length <= SM_SHORT_READ_MAX) return secured;
  return { response: status(StatusWord.WRONG_LENGTH) };
}

function notHere(ins: number): ResponseApdu {
  return status(PERSONALISATION.has(ins) ? StatusWord.CONDITIONS_NOT_SATISFIED : StatusWord.INS_NOT_SUPPORTED);
}

function isPaceTemplate(command: ParsedCommandApdu): boolean {
  return command.p1 === 0xc1 && command.p2 === 0xa4;
}

function text(secret: Uint8Array | undefined): string {
  return Buffer.from(secret ?? new Uint8Array(0)).toString('latin1');
}

/** ECPrivateKey (RFC 5915 §3) inside PKCS #8 (RFC 5208 §5): version, algorithm, OCTET STRING { version, OCTET STRING scalar, … }. */
function privateScalar(pkcs8: Uint8Array): Uint8Array {
  const info = enter(new ByteReader(pkcs8, 'PKCS8'), 0x30);
  readTlv(info);
  readTlv(info);
  const key = enter(enter(info, 0x04), 0x30);
  readTlv(key);
  return enter(key, 0x04).rest().slice();
}
