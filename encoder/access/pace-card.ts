import { type ParsedCommandApdu, StatusWord } from '#encoder/apdu';
import { ByteReader, concat, DecodeError, equalBytes, equalConstantTime, type Secret } from '#encoder/bytes';
import { decodeTlvs, enter, readTlv, tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import type { ChipAuthenticationKey } from './chip-authentication-key.ts';
import type { SessionKeys } from './cipher-suite.ts';
import { agreeKeys, paceEphemeralKeys } from './pace.ts';
import { encryptChipAuthenticationData } from './pace-cam.ts';
import type { ChipMapping } from './pace-mapping.ts';
import { nonceLength, type PaceParameters, paceToken } from './pace-parameters.ts';
import { PasswordTries, type RetryCounters } from './retry-counter.ts';
import { PASSWORD_REFERENCES, type PacePassword, passwordKey } from './password.ts';
import { SmSession } from './secure-messaging.ts';
import { answer, asList, type CardStep, type OneOrMore, type RandomSource } from './session-result.ts';

/** One run of the protocol: what MSE:Set AT has selected. */
interface Run {
  readonly parameters: PaceParameters;
  readonly password: PacePassword;
}

/** Where the chip is in the protocol, and what it must remember for the next step. */
type State =
  | { readonly step: 'idle' }
  | (Run & { readonly step: 'selected' })
  | (Run & { readonly step: 'mapping'; readonly nonce: Uint8Array })
  | (Run & { readonly step: 'agreement'; readonly mapping: ChipMapping })
  | (Run & {
      readonly step: 'authentication';
      readonly keys: SessionKeys;
      readonly publicKey: Uint8Array;
      readonly terminalPublic: Uint8Array;
      readonly mapKey: bigint | undefined;
    });
type Authentication = Extract<State, { step: 'authentication' }>;

const IDLE: State = { step: 'idle' };
const CHAINING = 0x10;

export interface PaceCardOptions {
  /** Static keys for Chip Authentication Mapping, one on the curve of each group that it is offered with; they stay the caller's. */
  readonly chipKeys?: OneOrMore<ChipAuthenticationKey>;
  readonly retryCounters?: RetryCounters;
  /** Names of the CVCA keys that the chip trusts, the most recent first, for Terminal Authentication in the MF (objects 87 and 88). */
  readonly certificationAuthorityReferences?: () => readonly string[];
}

/**
 * The chip's end of PACE, for all that EF.CardAccess announces. Every step out of order, and every error, takes it back to the start;
 * it never throws on what a terminal sends. `random` gives the nonce, then the private keys. One object serves one card session, as a
 * suspended PIN is resumed by the CAN in the same one.
 */
export class PaceCardSession {
  readonly #offered: readonly PaceParameters[];
  readonly #passwords: readonly PacePassword[];
  readonly #random: RandomSource;
  readonly #chipKeys: readonly ChipAuthenticationKey[];
  readonly #references: () => readonly string[];
  readonly #tries: PasswordTries;
  #state: State = IDLE;

  constructor(
    offered: OneOrMore<PaceParameters>,
    passwords: readonly PacePassword[],
    random: RandomSource,
    { chipKeys = [], retryCounters = {}, certificationAuthorityReferences = () => [] }: PaceCardOptions = {},
  ) {
    this.#offered = asList(offered);
    this.#passwords = passwords;
    this.#random = random;
    this.#chipKeys = asList(chipKeys);
    this.#references = certificationAuthorityReferences;
    this.#tries = new PasswordTries(retryCounters);
    const proves = ({ mapping, group }: PaceParameters) => !mapping.authenticatesChip || this.#chipKey(group.name) !== undefined;
    if (!this.#offered.every(proves)) throw new RangeError('Chip Authentication Mapping needs a chip key on its curve');
  }

  /** Answers 00 22 C1 A4. */
  mseSetAt(command: ParsedCommandApdu): CardStep {
    this.#reset();
    return this.#guard(() => {
      const objects = new Map(decodeTlvs(command.data, 'MSE:Set AT').map(({ tag, value }) => [tag, value]));
      const ofProtocol = this.#offered.filter(({ oid }) => equalBytes(objects.get(0x80) ?? new Uint8Array(0), oid));
      if (ofProtocol.length === 0) return answer(StatusWord.WRONG_DATA);
      const parameters = withDomain(ofProtocol, objects.get(0x84));
      const reference = objects.get(0x83) ?? new Uint8Array(0);
      const password = this.#passwords.find(({ kind }) => equalBytes(reference, Uint8Array.of(PASSWORD_REFERENCES[kind])));
      if (parameters === undefined || password === undefined) return answer(StatusWord.REFERENCED_DATA_NOT_FOUND);
      this.#state = { step: 'selected', parameters, password };
      return answer(this.#tries.selected(password.kind));
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
    const step = this.#guard(() => this.#next(state, dynamicData(command.data)));
    // The run is over without secure messaging: what it has agreed on is of no more use.
    if (this.#state.step === 'idle' && step.session === undefined) wipe(state);
    return step;
  }

  /** Secure messaging has ended without another in its place: what the CAN has resumed is suspended again (TR-03110-2 §2.2.3). */
  sessionEnded(): void {
    this.#reset();
    this.#tries.sessionEnded();
  }

  #next(state: Exclude<State, { step: 'idle' }>, data: { tag: number; value: Uint8Array } | undefined): CardStep {
    switch (state.step) {
      case 'selected':
        return data === undefined ? this.#encryptedNonce(state) : answer(StatusWord.WRONG_DATA);
      case 'mapping':
        return data?.tag === 0x81 ? this.#mapNonce(state, data.value) : answer(StatusWord.WRONG_DATA);
      case 'agreement':
        return data?.tag === 0x83 ? this.#agree(state, data.value) : answer(StatusWord.WRONG_DATA);
      case 'authentication':
        return data?.tag === 0x85 ? this.#authenticate(state, data.value) : answer(StatusWord.WRONG_DATA);
    }
  }

  #encryptedNonce({ parameters, password }: Run): CardStep {
    const refusal = this.#tries.refusal(password.kind);
    if (refusal !== undefined) return answer(refusal);
    const { suite } = parameters;
    const nonce = this.#random(nonceLength(suite));
    const key = passwordKey(suite, password);
    const encrypted = suite.encryptNonce(key.reveal(), nonce);
    key.destroy();
    this.#state = { step: 'mapping', parameters, password, nonce };
    return answer(StatusWord.SUCCESS, tlv(0x7c, tlv(0x80, encrypted)));
  }

  #mapNonce({ parameters, password, nonce }: Extract<State, { step: 'mapping' }>, received: Uint8Array): CardStep {
    try {
      const mapping = parameters.mapping.chip(parameters, { nonce, received }, this.#random);
      this.#state = { step: 'agreement', parameters, password, mapping };
      return answer(StatusWord.SUCCESS, tlv(0x7c, tlv(0x82, mapping.send)));
    } finally {
      nonce.fill(0);
    }
  }

  #agree({ parameters, password, mapping }: Extract<State, { step: 'agreement' }>, otherPublic: Uint8Array): CardStep {
    const { group } = parameters;
    const ownKey = group.randomKey(this.#random);
    const ownPublic = group.publicKey(ownKey, mapping.generator);
    const keys = agreeKeys(parameters, { ownKey, ownPublic, otherPublic });
    const publicKeys = { publicKey: ownPublic, terminalPublic: otherPublic };
    this.#state = { step: 'authentication', parameters, password, keys, ...publicKeys, mapKey: mapping.mapKey };
    return answer(StatusWord.SUCCESS, tlv(0x7c, tlv(0x84, ownPublic)));
  }

  #authenticate(state: Authentication, received: Uint8Array): CardStep {
    const { parameters, password, keys } = state;
    const key = keys.mac.reveal();
    this.#tries.spend(password.kind);
    if (!equalConstantTime(received, paceToken(parameters, key, state.publicKey))) return answer(this.#tries.failed(password.kind));
    this.#tries.succeeded(password.kind);
    const token = tlv(0x86, paceToken(parameters, key, state.terminalPublic));
    const data = tlv(0x7c, concat(token, this.#trusted(), this.#chipAuthentication(state)));
    return {
      response: { data, sw: StatusWord.SUCCESS },
      session: new SmSession(parameters.suite, keys),
      ephemeralKeys: paceEphemeralKeys(parameters, { terminal: state.terminalPublic, chip: state.publicKey }),
    };
  }

  /** Objects 87 and 88: the newest CVCA key, and the one before. */
  #trusted(): Uint8Array {
    const names = this.#references().slice(0, 2);
    return concat(...names.map((name, index) => tlv(0x87 + index, Uint8Array.from(Buffer.from(name, 'latin1')))));
  }

  /** Object 8A of Chip Authentication Mapping; nothing with another mapping (Doc 9303-11 §4.4.5). */
  #chipAuthentication({ parameters, keys, mapKey }: Authentication): Uint8Array {
    const chipKey = this.#chipKey(parameters.group.name);
    if (mapKey === undefined || chipKey === undefined) return new Uint8Array(0);
    return tlv(0x8a, encryptChipAuthenticationData(parameters, keys.enc, { chipKey, mapKey }));
  }

  #chipKey(curve: string): Secret | undefined {
    return this.#chipKeys.find((key) => 'curve' in key && key.curve === curve)?.privateKey;
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

/** The domain parameters that are referred to, or the only ones: 84 is needed when they are ambiguous (Doc 9303-11 §4.4.4.1). */
function withDomain(candidates: readonly PaceParameters[], reference: Uint8Array | undefined): PaceParameters | undefined {
  if (reference === undefined) return candidates.length === 1 ? candidates[0] : undefined;
  return candidates.find(({ group }) => equalBytes(reference, Uint8Array.of(group.parameterId)));
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
