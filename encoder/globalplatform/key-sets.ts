import { type ParsedCommandApdu, type ResponseApdu, StatusWord } from '#encoder/apdu';
import { ByteReader, concat, DecodeError, equalConstantTime, Secret, uintBE } from '#encoder/bytes';
import { keyCheckValue } from './key-check-value.ts';
import { type KeyInformation, keyInformationTemplate } from './key-information.ts';
import { BLOCK_BYTES, KEY_BYTES, KEY_KIND_OF, KEY_TYPE, type KeyKind } from './key-kind.ts';
import { INITIAL_KEY_VERSION, KEY_VERSION_MAX, THREE_KEYS_FROM_1 } from './put-key.ts';
import { answerStatus, type ScpCardSession } from './scp-card.ts';
import type { ScpKeys } from './scp-session.ts';

/** What a chip opens channels with, and keeps over power cycles. */
export interface KeySet {
  readonly kind: KeyKind;
  readonly keys: ScpKeys;
}

/** Errors of PUT KEY alone (GPC v2.3.1 table 11-75). */
const ALGORITHM_NOT_SUPPORTED = 0x9484;
const INVALID_KEY_CHECK_VALUE = 0x9485;

/** A chip has memory for a few; real ones hold about this many. */
const KEY_SETS_MAX = 8;

/** The card's end of PUT KEY (GPC v2.3.1 §11.8): the key sets of one security domain. A set is replaced whole or not at all. */
export class KeySets {
  #sets: readonly KeySet[];

  /** Takes the secrets over: replacing a set destroys them, `destroy` all. */
  constructor(sets: readonly KeySet[]) {
    this.#sets = sets;
  }

  /** The set with this version number; 0: the first one (GPC v2.3.1 §E.5.1.3). */
  find(version: number): KeySet | undefined {
    return version === 0 ? this.#sets[0] : this.#sets.find((set) => set.keys.version === version);
  }

  /** All of them, the first one first. */
  get all(): readonly KeySet[] {
    return this.#sets;
  }

  /** Key Information Template E0, for GET DATA. */
  information(): Uint8Array {
    return keyInformationTemplate.encode(this.#sets.flatMap(informationOf));
  }

  /** Executes a PUT KEY that the open session has unwrapped. Answers with status words, never throws on what a terminal sends. */
  putKey(command: ParsedCommandApdu, session: Pick<ScpCardSession<number>, 'protocol' | 'decryptSensitive'>): ResponseApdu {
    const { p1: replaces, p2, data } = command;
    if (replaces > KEY_VERSION_MAX || p2 !== THREE_KEYS_FROM_1) return answerStatus(StatusWord.INCORRECT_P1_P2);
    const version = data[0] ?? 0;
    if (version === 0 || version > KEY_VERSION_MAX) return answerStatus(StatusWord.WRONG_DATA);
    if (replaces === 0 && this.#sets.length >= KEY_SETS_MAX) return answerStatus(StatusWord.NOT_ENOUGH_MEMORY);
    if (replaces !== 0 && this.find(replaces) === undefined) return answerStatus(StatusWord.REFERENCED_DATA_NOT_FOUND);
    if (version !== replaces && this.find(version) !== undefined) return answerStatus(StatusWord.WRONG_DATA);

    const kind = KEY_KIND_OF[session.protocol];
    const received = receiveKeys(data.subarray(1), kind, (wrapped) => session.decryptSensitive(wrapped));
    if (typeof received === 'number') return answerStatus(received);
    const [enc, mac, dek] = received;
    this.#store({ kind, keys: { enc, mac, dek, version } }, replaces);
    return { data: concat(uintBE(version, 1), ...received.map((key) => keyCheckValue(key, kind))), sw: StatusWord.SUCCESS };
  }

  destroy(): void {
    for (const set of this.#sets) destroySet(set);
    this.#sets = [];
  }

  /** A set that is added takes the place of the chip maker's initial one. */
  #store(set: KeySet, replaces: number): void {
    const old = this.#sets.find((held) => held.keys.version === (replaces === 0 ? INITIAL_KEY_VERSION : replaces));
    this.#sets = old === undefined ? [...this.#sets, set] : this.#sets.map((held) => (held === old ? set : held));
    if (old !== undefined) destroySet(old);
  }
}

/** ENC, MAC and DEK in clear, or the status word that refuses them; a refusal leaves no key behind. */
function receiveKeys(bytes: Uint8Array, kind: KeyKind, unwrap: Unwrap): readonly [Secret, Secret, Secret] | number {
  const fields = readKeyDataFields(bytes);
  if (fields === undefined) return StatusWord.WRONG_DATA;
  const results = fields.map((field) => receiveKey(field, kind, unwrap));
  const keys = results.filter((result) => typeof result !== 'number');
  const [enc, mac, dek] = keys;
  if (enc !== undefined && mac?.length === enc.length && dek?.length === enc.length) return [enc, mac, dek];
  for (const key of keys) key.destroy();
  return results.find((result) => typeof result === 'number') ?? StatusWord.WRONG_DATA;
}

type Unwrap = (wrapped: Uint8Array) => Uint8Array | undefined;

interface KeyDataField {
  readonly type: number;
  readonly value: Uint8Array;
  readonly check: Uint8Array;
}

/** Three key data fields and nothing after them (GPC v2.3.1 table 11-68); undefined when the bytes are anything else. */
function readKeyDataFields(bytes: Uint8Array): readonly KeyDataField[] | undefined {
  const reader = new ByteReader(bytes, 'PUT KEY');
  try {
    const fields = ['ENC', 'MAC', 'DEK'].map((use) => ({
      type: reader.uint(1, `${use} type`),
      value: reader.take(reader.uint(1, `${use} length`), use),
      check: reader.take(reader.uint(1, `${use} check value length`), `${use} check value`),
    }));
    reader.end();
    return fields;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function receiveKey({ type, value, check }: KeyDataField, kind: KeyKind, unwrap: Unwrap): Secret | number {
  if (type !== KEY_TYPE[kind]) return ALGORITHM_NOT_SUPPORTED;
  const length = kind === 'AES' ? (value[0] ?? 0) : value.length;
  const wrapped = kind === 'AES' ? value.subarray(1) : value;
  const allowed: readonly number[] = KEY_BYTES[kind];
  const block = BLOCK_BYTES[kind];
  if (!allowed.includes(length) || wrapped.length !== Math.ceil(length / block) * block) return StatusWord.WRONG_DATA;
  const padded = unwrap(wrapped);
  if (padded === undefined) return StatusWord.CONDITIONS_NOT_SATISFIED;
  const key = new Secret(padded.subarray(0, length));
  padded.fill(0);
  if (equalConstantTime(keyCheckValue(key, kind), check)) return key;
  key.destroy();
  return INVALID_KEY_CHECK_VALUE;
}

function informationOf({ kind, keys }: KeySet): readonly KeyInformation[] {
  return [keys.enc, keys.mac, keys.dek].map((key, i) => ({
    id: i + 1,
    version: keys.version,
    components: [{ type: KEY_TYPE[kind], length: key.length }],
  }));
}

function destroySet({ keys }: KeySet): void {
  for (const key of [keys.enc, keys.mac, keys.dek]) key.destroy();
}
