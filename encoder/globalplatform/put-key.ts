import { expectSuccess } from '#encoder/apdu';
import { concat, equalConstantTime, type Secret, uintBE } from '#encoder/bytes';
import { keyCheckValue } from './key-check-value.ts';
import { KEY_BYTES, KEY_KIND_OF, KEY_TYPE, type KeyKind } from './key-kind.ts';
import { ScpError } from './scp-error.ts';
import type { ScpKeys } from './scp-session.ts';
import type { SecureChannel } from './secure-channel.ts';

/** P2: several keys in one command (bit 8), the first with identifier 01 (GPC v2.3.1 §11.8.2.2). ENC, MAC and DEK are 01, 02 and 03. */
export const THREE_KEYS_FROM_1 = 0x81;

/** Key version numbers are 01 to 7F (GPC v2.3.1 §11.8.2.3). */
export const KEY_VERSION_MAX = 0x7f;

/** Of the keys that a chip may leave its maker with; the first PUT KEY takes their place without naming them (GPC v2.3.1 §11.8.2.3). */
export const INITIAL_KEY_VERSION = 0xff;

export interface PutKeyRequest {
  /** The new set and its version number, 01 to 7F. */
  readonly keys: ScpKeys;
  /** Version number of the set that it takes the place of, which may be the same; absent: the set is added. */
  readonly replaces?: number;
}

/**
 * PUT KEY (GPC v2.3.1 §11.8; AES keys: Amendment D v1.2 §7.2): the three keys of a set in one command, wrapped under the DEK of the
 * channel, each with its check value; what the chip says it has stored is checked against the keys. The channel stays open under
 * the old session keys. A channel carries a set of its own kind, so that no AES key is wrapped under triple DES.
 *
 * Errors: `ScpError` SCP_NOT_ASKED (nothing sent), SCP_ANSWER_INVALID (the chip holds other keys than these: nobody knows which),
 * SCP_CLOSED; `CardError` CARD_REFUSED; the channel's own.
 */
export async function putKey(channel: SecureChannel, request: PutKeyRequest): Promise<void> {
  const kind = KEY_KIND_OF[channel.protocol];
  checkRequest(kind, request);
  const { keys, replaces = 0 } = request;
  const set = [keys.enc, keys.mac, keys.dek];
  const version = uintBE(keys.version, 1);
  const answer = await channel.send({
    cla: 0x80,
    ins: 0xd8,
    p1: replaces,
    p2: THREE_KEYS_FROM_1,
    data: concat(version, ...set.map((key) => keyDataField(channel, kind, key))),
    le: 256,
  });
  const stored = expectSuccess(answer, 'PUT KEY');
  if (!equalConstantTime(stored, concat(version, ...set.map((key) => keyCheckValue(key, kind))))) {
    throw new ScpError('SCP_ANSWER_INVALID', { where: 'PUT KEY', detail: 'version number or key check values differ from what was sent' });
  }
}

/**
 * Type, length, key, length and value of the key check value. An AES key says its own length in front, for AES-192 fills no whole blocks
 * (Amendment D v1.2 §7.2).
 */
function keyDataField(channel: SecureChannel, kind: KeyKind, key: Secret): Uint8Array {
  const wrapped = channel.encryptSensitive(key.reveal());
  const value = kind === 'AES' ? concat(uintBE(key.length, 1), wrapped) : wrapped;
  const check = keyCheckValue(key, kind);
  return concat(uintBE(KEY_TYPE[kind], 1), uintBE(value.length, 1), value, uintBE(check.length, 1), check);
}

function checkRequest(kind: KeyKind, { keys, replaces }: PutKeyRequest): void {
  const allowed: readonly number[] = KEY_BYTES[kind];
  const lengths = new Set([keys.enc.length, keys.mac.length, keys.dek.length]);
  if (lengths.size !== 1 || !allowed.includes(keys.enc.length)) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'PUT KEY', detail: `three ${kind} keys of one length are needed` });
  }
  for (const version of replaces === undefined ? [keys.version] : [keys.version, replaces]) {
    if (!Number.isInteger(version) || version < 1 || version > KEY_VERSION_MAX) {
      throw new ScpError('SCP_NOT_ASKED', { where: 'PUT KEY', detail: `key version ${version}, 1 to ${KEY_VERSION_MAX} needed` });
    }
  }
}
