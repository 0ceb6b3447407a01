import { type ParsedCommandApdu, StatusWord } from '#encoder/apdu';
import { ByteReader, concat, DecodeError, equalBytes, equalConstantTime, type Secret } from '#encoder/bytes';
import { decodeTlvs, enter, readTlv, tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import type { SessionKeys } from './cipher-suite.ts';
import { agreeKeys, paceEphemeralKeys } from './pace.ts';
import { encryptChipAuthenticationData } from './pace-cam.ts';
import type { ChipMapping } from './pace-mapping.ts';
import { nonceLength, type PaceParameters, paceToken } from './pace-parameters.ts';
import { PASSWORD_REFERENCES, type PacePassword, passwordKey } from './password.ts';
import { SmSession } from './secure-messaging.ts';
import { answer, type CardStep, type RandomSource } from './session-result.ts';

/** Where the chip is in the protocol, and what it must remember for the next step. */
type State =
  | { readonly step: 'idle' }
  | { readonly step: 'selected'; readonly password: PacePassword }
  | { readonly step: 'mapping'; readonly nonce: Uint8Array }
  | { readonly step: 'agreement'; readonly mapping: ChipMapping }
  | {
      readonly step: 'authentication';
      readonly keys: SessionKeys;
      readonly publicKey: Uint8Array;
      readonly terminalPublic: Uint8Array;
      readonly mapKey: bigint | undefined;
    };

const IDLE: State = { step: 'idle' };
const CHAINING = 0x10;

/**
 * The chip's end of PACE. Every step out of order, and every error, takes it back to the start; it never throws on
 * what a terminal sends. `random` gives the nonce, then the private keys. `chipKey` is the static private key for
 * Chip Authentication Mapping, on the curve of PACE; it stays the caller's.
 */
export class PaceCardSession {
  readonly #parameters: PaceParameters;
  readonly #passwords: readonly PacePassword[];
  readonly #random: RandomSource;
  readonly #chipKey: Secret | undefined;
  #state: State = IDLE;

  constructor(parameters: PaceParameters, passwords: readonly PacePassword[], random: RandomSource, chipKey?: Secret) {
    if (parameters.mapping.authenticatesChip && chipKey === undefined) throw new RangeError('Chip Authentication Mapping needs a chip key');
    this.#parameters = parameters;
    this.#passwords = passwords;
    this.#random = random;
    this.#chipKey = chipKey;
  }

  /** Answers 00 22 C1 A4. */
  mseSetAt(command: ParsedCommandApdu): CardStep {
    this.#reset();
    return this.#guard(() => {
      const objects = new Map(decodeTlvs(command.data, 'MSE:Set AT').map(({ tag, value }) => [tag, value]));
      const { oid, group } = this.#parameters;
      const parameterId = objects.get(0x84);
      const known = equalBytes(objects.get(0x80) ?? new Uint8Array(0), oid);
      if (!known || (parameterId !== undefined && !equalBytes(parameterId, Uint8Array.of(group.parameterId)))) {
        return answer(StatusWord.WRONG_DATA);
      }
      const reference = objects.get(0x83);
      const password = this.#passwords.find(({ kind }) =>
        equalBytes(reference ?? new Uint8Array(0), Uint8Array.of(PASSWORD_REFERENCES[kind])),
      );
      if (password === undefined) return answer(StatusWord.REFERENCED_DATA_NOT_FOUND);
      this.#state = { step: 'selected', password };
      return answer(StatusWord.SUCCESS);
    });
  }

  /** Answers 10/00 86 00 00 after `mseSetAt`: with `session`, secure messaging begins with the next command. */
  generalAuthenticate(command: ParsedCommandApdu): CardStep {
    const state = this.#state;
    this.#state = IDLE;
    const last = state.step === 'authentication';
    if (state.step === 'idle' || last === ((command.cla & CHAINING) !== 0)) {
      wipe(state);
      return answer(StatusWord.CONDITIONS_NOT_SATISFIED);
    }
    return this.#guard(() => this.#next(state, dynamicData(command.data)));
  }

  #next(state: Exclude<State, { step: 'idle' }>, data: { tag: number; value: Uint8Array } | undefined): CardStep {
    switch (state.step) {
      case 'selected':
        return data === undefined ? this.#encryptedNonce(state.password) : answer(StatusWord.WRONG_DATA);
      case 'mapping':
        return data?.tag === 0x81 ? this.#mapNonce(state.nonce, data.value) : answer(StatusWord.WRONG_DATA);
      case 'agreement':
        return data?.tag === 0x83 ? this.#agree(state.mapping, data.value) : answer(StatusWord.WRONG_DATA);
      case 'authentication':
        if (data?.tag === 0x85) return this.#authenticate(state, data.value);
        wipe(state);
        return answer(StatusWord.WRONG_DATA);
    }
  }

  #encryptedNonce(password: PacePassword): CardStep {
    const { suite } = this.#parameters;
    const nonce = this.#random(nonceLength(suite));
    const key = passwordKey(suite, password);
    const encrypted = suite.encryptNonce(key.reveal(), nonce);
    key.destroy();
    this.#state = { step: 'mapping', nonce };
    return answer(StatusWord.SUCCESS, tlv(0x7c, tlv(0x80, encrypted)));
  }

  #mapNonce(nonce: Uint8Array, received: Uint8Array): CardStep {
    const mapping = this.#parameters.mapping.chip(this.#parameters, { nonce, received }, this.#random);
    this.#state = { step: 'agreement', mapping };
    return answer(StatusWord.SUCCESS, tlv(0x7c, tlv(0x82, mapping.send)));
  }

  #agree({ generator, mapKey }: ChipMapping, otherPublic: Uint8Array): CardStep {
    const { group } = this.#parameters;
    const ownKey = group.randomKey(this.#random);
    const ownPublic = group.publicKey(ownKey, generator);
    const keys = agreeKeys(this.#parameters, { ownKey, ownPublic, otherPublic });
    this.#state = { step: 'authentication', keys, publicKey: ownPublic, terminalPublic: otherPublic, mapKey };
    return answer(StatusWord.SUCCESS, tlv(0x7c, tlv(0x84, ownPublic)));
  }

  #authenticate(state: Extract<State, { step: 'authentication' }>, received: Uint8Array): CardStep {
    const key = state.keys.mac.reveal();
    if (!equalConstantTime(received, paceToken(this.#parameters, key, state.publicKey))) {
      wipe(state);
      return answer(StatusWord.AUTHENTICATION_FAILED);
    }
    const token = tlv(0x86, paceToken(this.#parameters, key, state.terminalPublic));
    const data = tlv(0x7c, concat(token, this.#chipAuthentication(state)));
    return {
      response: { data, sw: StatusWord.SUCCESS },
      session: new SmSession(this.#parameters.suite, state.keys),
      ephemeralKeys: paceEphemeralKeys(this.#parameters, { terminal: state.terminalPublic, chip: state.publicKey }),
    };
  }

  /** Object 8A of Chip Authentication Mapping; nothing with another mapping (Doc 9303-11 §4.4.5). */
  #chipAuthentication({ keys, mapKey }: Extract<State, { step: 'authentication' }>): Uint8Array {
    if (mapKey === undefined || this.#chipKey === undefined) return new Uint8Array(0);
    return tlv(0x8a, encryptChipAuthenticationData(this.#parameters, keys.enc, { chipKey: this.#chipKey, mapKey }));
  }

  /** A terminal's bad bytes and bad points are 6A80. */
  #guard(step: () => CardStep): CardStep {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof DecodeError) && !(error instanceof AccessError)) throw error;
      this.#reset();
      return answer(StatusWord.WRONG_DATA);
    }
  }

  #reset(): void {
    wipe(this.#state);
    this.#state = IDLE;
  }
}

function wipe(state: State): void {
  if (state.step === 'mapping') state.nonce.fill(0);
  if (state.step !== 'authentication') return;
  state.keys.enc.destroy();
  state.keys.mac.destroy();
}

function dynamicData(data: Uint8Array): { tag: number; value: Uint8Array } | undefined {
  const reader = new ByteReader(data, 'GENERAL AUTHENTICATE');
  const inner = enter(reader, 0x7c);
  reader.end();
  if (inner.remaining === 0) return undefined;
  const object = readTlv(inner);
  inner.end();
  return object;
}
