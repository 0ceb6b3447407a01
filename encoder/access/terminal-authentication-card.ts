import { type ParsedCommandApdu, StatusWord } from '#encoder/apdu';
import { DecodeError } from '#encoder/bytes';
import { decodeOnly } from '#encoder/tlv';
import {
  CvCertificateError,
  cvCertificateParts,
  type CvHolder,
  type CvState,
  importCvCertificate,
  inspectionRights,
  verifyByCvKey,
} from '#encoder/cv-certificate';
import { answer, type CardStep, type RandomSource } from './session-result.ts';
import { TA_CHALLENGE, terminalAuthenticationData } from './terminal-authentication.ts';
import type { TrustPointStore } from './trust-points.ts';

/** What the secure messaging that Terminal Authentication runs in stands on (Doc 9303-11 §7.1.2). */
export interface TerminalBinding {
  /** ID_IC: `basicAccessIdentifier` after BAC, `EphemeralKeys.chip` after PACE. */
  readonly chipIdentifier: Uint8Array;
  /** Comp(PK_DH,IFD): `EphemeralKeys.terminal`, absent before Chip Authentication. */
  readonly terminalKey?: Uint8Array;
}

/** Data groups that an authenticated inspection system may read beside those that are open to all (TR-03110-3 §C.4.1). */
export type InspectionRights = ReturnType<typeof inspectionRights>;

const NO_RIGHTS: InspectionRights = { dg3: false, dg4: false };
const KEY_REFERENCE = 0x83;
const REFERENCE_BYTES_MAX = 16;

/**
 * The chip's end of Terminal Authentication version 1 (Doc 9303-11 §7.1, BSI TR-03110-3 §B.3). One object serves one session: it is
 * made when BAC or PACE opens secure messaging, is told of each Chip Authentication, and goes when secure messaging ends, and with it
 * the rights and the imported keys. All commands are plain, out of secure messaging. It never throws on what a terminal
 * sends; certificates that are good update the store, whatever follows.
 */
export class TerminalAuthenticationCardSession {
  readonly #store: TrustPointStore;
  readonly #random: RandomSource;
  readonly #chipIdentifier: Uint8Array;
  #terminalKey: Uint8Array | undefined;
  /** The DV or terminal whose key was imported last. */
  #imported: CvHolder | undefined;
  #issuer: string | undefined;
  #terminal: CvHolder | undefined;
  #challenge: Uint8Array | undefined;
  #authenticated = false;
  #rights = NO_RIGHTS;

  constructor(store: TrustPointStore, random: RandomSource, binding: TerminalBinding) {
    this.#store = store;
    this.#random = random;
    this.#chipIdentifier = binding.chipIdentifier;
    this.#terminalKey = binding.terminalKey;
  }

  /** What the terminal may read now: nothing but by Terminal Authentication under the present keys. */
  get rights(): InspectionRights {
    return this.#rights;
  }

  /** Secure messaging goes on under new keys. Rights are bound to the key that they were granted to (Doc 9303-11 §7.1.3). */
  chipAuthenticated(terminalKey: Uint8Array): void {
    this.#terminalKey = terminalKey;
    this.#challenge = undefined;
    this.#rights = NO_RIGHTS;
  }

  /** Answers 00 22 81 B6: the key for the next certificate. */
  mseSetDst(command: ParsedCommandApdu): CardStep {
    this.#issuer = undefined;
    return guard(() => {
      const reference = keyReference(command, 'MSE:Set DST');
      const known = [...this.#store.load().trustPoints, ...(this.#imported === undefined ? [] : [this.#imported])];
      if (!known.some((holder) => holder.reference === reference)) return answer(StatusWord.REFERENCED_DATA_NOT_FOUND);
      this.#issuer = reference;
      return answer(StatusWord.SUCCESS);
    });
  }

  /** Answers 00 2A 00 BE: verifies and imports a certificate by the key that `mseSetDst` set. */
  verifyCertificate(command: ParsedCommandApdu): CardStep {
    const issuer = this.#issuer;
    this.#issuer = undefined;
    if (issuer === undefined) return answer(StatusWord.CONDITIONS_NOT_SATISFIED);
    return guard(() => {
      const certificate = cvCertificateParts.decode(command.data);
      if (certificate.body.certificationAuthorityReference !== issuer) return answer(StatusWord.WRONG_DATA);
      const { trustPoints, currentDate } = this.#store.load();
      const before: CvState = { trustPoints, currentDate, ...(this.#imported === undefined ? {} : { imported: this.#imported }) };
      const after = importCvCertificate(before, certificate);
      if (after.trustPoints !== trustPoints || after.currentDate !== currentDate) {
        this.#store.save({ trustPoints: after.trustPoints, currentDate: after.currentDate });
      }
      this.#imported = after.imported;
      this.#terminal = undefined;
      return answer(StatusWord.SUCCESS);
    });
  }

  /** Answers 00 22 81 A4: the terminal whose key signs. Only the key that was imported last can be named (§7.1.4.3.7). */
  mseSetAt(command: ParsedCommandApdu): CardStep {
    this.#terminal = undefined;
    this.#challenge = undefined;
    return guard(() => {
      const reference = keyReference(command, 'MSE:Set AT');
      if (this.#imported?.reference !== reference) return answer(StatusWord.REFERENCED_DATA_NOT_FOUND);
      if (this.#imported.role !== 'terminal') return answer(StatusWord.WRONG_DATA);
      this.#terminal = this.#imported;
      return answer(StatusWord.SUCCESS);
    });
  }

  /** Answers 00 84 00 00 08 under secure messaging. */
  getChallenge(command: ParsedCommandApdu): CardStep {
    this.#challenge = undefined;
    if (command.p1 !== 0 || command.p2 !== 0) return answer(StatusWord.INCORRECT_P1_P2);
    if (command.le !== TA_CHALLENGE || command.data.length > 0) return answer(StatusWord.WRONG_LENGTH);
    if (this.#terminal === undefined) return answer(StatusWord.CONDITIONS_NOT_SATISFIED);
    this.#challenge = this.#random(TA_CHALLENGE);
    return answer(StatusWord.SUCCESS, this.#challenge);
  }

  /**
   * Answers 00 82 00 00 with the signature: a challenge is good for one try. 6982 without Chip Authentication, and after success,
   * since a session takes Terminal Authentication once (§7.1.3).
   */
  externalAuthenticate(command: ParsedCommandApdu): CardStep {
    const challenge = this.#challenge;
    this.#challenge = undefined;
    if (command.p1 !== 0 || command.p2 !== 0) return answer(StatusWord.INCORRECT_P1_P2);
    const terminalKey = this.#terminalKey;
    if (this.#authenticated || terminalKey === undefined) return answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
    const terminal = this.#terminal;
    if (terminal === undefined || challenge === undefined) return answer(StatusWord.CONDITIONS_NOT_SATISFIED);
    return guard(() => {
      const data = terminalAuthenticationData({ chipIdentifier: this.#chipIdentifier, terminalKey }, challenge);
      if (!verifyByCvKey(terminal.publicKey, data, command.data)) return answer(StatusWord.AUTHENTICATION_FAILED);
      this.#authenticated = true;
      this.#rights = inspectionRights(terminal);
      this.#imported = undefined;
      this.#terminal = undefined;
      return answer(StatusWord.SUCCESS);
    });
  }
}

function keyReference(command: ParsedCommandApdu, path: string): string {
  const inner = decodeOnly(command.data, KEY_REFERENCE, path);
  if (inner.remaining > REFERENCE_BYTES_MAX) throw inner.error('BYTES_LIMIT', undefined, `${inner.remaining} characters`);
  return Buffer.from(inner.rest()).toString('latin1');
}

/** What a terminal sends wrong: 6300 for a signature, 6A80 for all else. */
function guard(step: () => CardStep): CardStep {
  try {
    return step();
  } catch (error) {
    if (error instanceof DecodeError) return answer(StatusWord.WRONG_DATA);
    if (!(error instanceof CvCertificateError)) throw error;
    return answer(error.code === 'CV_SIGNATURE_INVALID' ? StatusWord.AUTHENTICATION_FAILED : StatusWord.WRONG_DATA);
  }
}
