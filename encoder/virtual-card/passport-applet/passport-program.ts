import { BacCardSession, basicAccessIdentifier, type CardStep, type PaceCardSession } from '#encoder/access';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { contactlessAtr } from '../atr.ts';
import type { ChipHardware, ChipProgram, RunningProgram } from '../chip-program.ts';
import { fileAddress, type ChipLifeCycle, type ChipMemory, type FileAddress } from '../memory.ts';
import { answer, status } from '../responses.ts';
import { EF_CARD_ACCESS, isLocked, ITEM, mrzInformation, type Applet } from './applet.ts';
import { createFile, readBinary, selectApplication, selectFile, updateBinary } from './file-commands.ts';
import { paceSession } from './pace.ts';
import { putData } from './put-data.ts';
import { SecureSession } from './secure-session.ts';

/** The open-source passport applet: `docs/chip-specification.md` §8.1. */
export const PASSPORT_APPLET = passportProgram({ historicalBytes: 'PASSPORT1', pace: false });
/** Its variant with PACE. */
export const PASSPORT_APPLET_PACE = passportProgram({ historicalBytes: 'PASSPORT2', pace: true });

function passportProgram({ historicalBytes, pace }: { readonly historicalBytes: string; readonly pace: boolean }): ChipProgram {
  return {
    atr: contactlessAtr(historicalBytes),
    lifeCycle,
    start: (hardware) => new PassportApplet(hardware, pace),
  };
}

/** The applet asks for nothing before its first file: whatever it was told first makes it somebody's. */
function lifeCycle(memory: ChipMemory): ChipLifeCycle {
  if (isLocked(memory)) return 'locked';
  const told =
    memory.files().length > 0 ||
    memory.secret('mrz') !== undefined ||
    memory.secret('can') !== undefined ||
    memory.key('activeAuthentication') !== undefined ||
    memory.key('chipAuthentication') !== undefined ||
    memory.trustPoints !== undefined ||
    memory.item(ITEM.personalised) !== undefined;
  return told ? 'personalising' : 'blank';
}

/** Class byte: 00, secure messaging 0C, and 10 for chained blocks. */
const CLA = { chaining: 0x10, secureMessaging: 0x0c } as const;
/** PC/SC part 3 §3.2.2.1.3: a command to the reader, which the virtual card answers in its place. */
const PSEUDO_APDU = 0xff;
const EF_DG3 = fileAddress('eMRTD', 0x0103);
const EF_DG4 = fileAddress('eMRTD', 0x0104);

class PassportApplet implements RunningProgram {
  readonly #applet: Applet;
  #bac: BacCardSession | undefined;
  #pace: PaceCardSession | undefined;
  #session: SecureSession | undefined;

  constructor(hardware: ChipHardware, pace: boolean) {
    this.#applet = { ...hardware, pace, currentFile: undefined };
  }

  process(command: ParsedCommandApdu): Promise<ResponseApdu> {
    return Promise.resolve(this.#process(command));
  }

  #process(command: ParsedCommandApdu): ResponseApdu {
    if (command.cla === PSEUDO_APDU) return this.#getUid(command);
    const secured = command.cla & ~CLA.chaining;
    if (secured === CLA.secureMessaging) return this.#secured(command);
    this.#endSession();
    if (secured !== 0) return status(StatusWord.CLA_NOT_SUPPORTED);
    return this.#inClear(command);
  }

  /** Unprotected: before the lock all but reading, after it nothing but the way in. */
  #inClear(command: ParsedCommandApdu): ResponseApdu {
    const { ins } = command;
    if ((command.cla & CLA.chaining) !== 0 && ins !== 0x86) return status(StatusWord.CLA_NOT_SUPPORTED);
    const written = this.#write(command);
    if (written !== undefined) return written;
    if (command.extended) return status(StatusWord.WRONG_LENGTH);
    switch (ins) {
      case 0xa4:
        return this.#select(command, (address) => !isLocked(this.#applet.memory) || this.#isFree(address));
      case 0xb0:
        // Nothing is readable in clear but EF.CardAccess: without a file selected neither.
        if (this.#applet.currentFile === undefined) return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
        return readBinary(this.#applet, command, this.#isFree);
      case 0x84:
        return this.#getChallenge(command);
      case 0x82:
        return this.#begin(this.#bac?.externalAuthenticate(command) ?? refusal(StatusWord.CONDITIONS_NOT_SATISFIED));
      case 0x22:
      case 0x86:
        return this.#establishPace(command);
      case 0x2a:
      case 0x88:
        return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
      default:
        return status(StatusWord.INS_NOT_SUPPORTED);
    }
  }

  #secured(command: ParsedCommandApdu): ResponseApdu {
    const session = this.#session;
    if (session === undefined) return status(StatusWord.SM_NOT_SUPPORTED);
    const response = session.process(command, (plain) => this.#inSession(plain, session));
    if (typeof response !== 'number') return response;
    this.#endSession();
    return status(response);
  }

  #inSession(command: ParsedCommandApdu, session: SecureSession): ResponseApdu {
    const written = this.#write(command);
    if (written !== undefined) return written;
    if (command.extended) return status(StatusWord.WRONG_LENGTH);
    const mayRead = (address: FileAddress): boolean => this.#mayRead(address, session);
    if (command.ins === 0xa4) return this.#select(command, mayRead);
    return command.ins === 0xb0 ? readBinary(this.#applet, command, mayRead) : status(StatusWord.INS_NOT_SUPPORTED);
  }

  /** The commands of the personalisation, in clear as in secure messaging; undefined for others. */
  #write(command: ParsedCommandApdu): ResponseApdu | undefined {
    if (command.ins === 0xda) return putData(this.#applet, command);
    const execute = command.ins === 0xe0 ? createFile : command.ins === 0xd6 ? updateBinary : undefined;
    if (execute === undefined) return undefined;
    return command.extended ? status(StatusWord.WRONG_LENGTH) : execute(this.#applet, command);
  }

  #select(command: ParsedCommandApdu, mayRead: (address: FileAddress) => boolean): ResponseApdu {
    return command.p1 === 0x04 ? selectApplication(this.#applet, command) : selectFile(this.#applet, command, mayRead);
  }

  /** EF.CardAccess is everybody's (Doc 9303-10 §3.11.3). */
  readonly #isFree = (address: FileAddress): boolean => address === EF_CARD_ACCESS;

  /** Fingerprints and irises open to Terminal Authentication alone, once the chip is a travel document. */
  #mayRead(address: FileAddress, { rights }: SecureSession): boolean {
    if (!isLocked(this.#applet.memory)) return true;
    return (address !== EF_DG3 || rights.dg3) && (address !== EF_DG4 || rights.dg4);
  }

  #getChallenge(command: ParsedCommandApdu): ResponseApdu {
    const mrz = mrzInformation(this.#applet.memory);
    if (mrz === undefined) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
    if (command.data.length > 0) return status(StatusWord.WRONG_LENGTH);
    this.#bac = new BacCardSession(mrz, this.#applet.random);
    return this.#bac.getChallenge(command).response;
  }

  #establishPace(command: ParsedCommandApdu): ResponseApdu {
    if (!this.#applet.pace) return status(StatusWord.INS_NOT_SUPPORTED);
    if (command.ins === 0x86) return this.#begin(this.#pace?.generalAuthenticate(command) ?? refusal(StatusWord.CONDITIONS_NOT_SATISFIED));
    if (command.p1 !== 0xc1 || command.p2 !== 0xa4) return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
    this.#pace = paceSession(this.#applet);
    return this.#pace.mseSetAt(command).response;
  }

  /** The answer of a step that may begin secure messaging. */
  #begin({ response, session, ephemeralKeys }: CardStep): ResponseApdu {
    if (session === undefined) return response;
    const chipIdentifier = ephemeralKeys?.chip ?? basicAccessIdentifier(mrzInformation(this.#applet.memory) ?? '');
    const terminalKey = ephemeralKeys?.terminal;
    this.#session = new SecureSession(this.#applet, session, { chipIdentifier, ...(terminalKey === undefined ? {} : { terminalKey }) });
    return response;
  }

  #endSession(): void {
    this.#session?.destroy();
    this.#session = undefined;
  }

  /** Until the lock the chip id; a travel document is not to be followed by a number. */
  #getUid(command: ParsedCommandApdu): ResponseApdu {
    if (command.ins !== 0xca || command.p1 !== 0 || command.p2 !== 0) return status(StatusWord.CLA_NOT_SUPPORTED);
    const { memory } = this.#applet;
    return isLocked(memory) ? status(StatusWord.FUNCTION_NOT_SUPPORTED) : answer(memory.chipId);
  }
}

function refusal(sw: number): CardStep {
  return { response: status(sw) };
}
