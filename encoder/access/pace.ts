import { type ApduChannel, expectSuccess, isRefusal, isSuccess, StatusWord, statusName, triesLeft } from '#encoder/apdu';
import { ByteReader, concat, DecodeError, equalConstantTime } from '#encoder/bytes';
import { isCvReference } from '#encoder/cv-certificate';
import { enter, readTlv, readTlvs, tlv, type Tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import { wrongPassword } from './bac.ts';
import { deriveSessionKeys, type SessionKeys } from './cipher-suite.ts';
import { type ChipAuthenticationProof, decryptChipAuthenticationData } from './pace-cam.ts';
import { checkOther } from './key-agreement-group.ts';
import { nonceLength, type PaceParameters, paceToken } from './pace-parameters.ts';
import { isBlocking } from './retry-counter.ts';
import { PASSWORD_REFERENCES, type PacePassword, passwordKey } from './password.ts';
import { isSmChannel, secureMessaging, type SmChannel, SmSession } from './secure-messaging.ts';
import type { EphemeralKeys, RandomSource } from './session-result.ts';

/** Bytes of command data in a short APDU (ISO/IEC 7816-4 §5.2). */
const SHORT_DATA_MAX = 255;

export interface PaceRequest {
  readonly parameters: PaceParameters;
  readonly password: PacePassword;
  /** Gives the mapping its secret, then the key agreement its own: private keys of as many bytes as the group order, or a nonce t. */
  readonly random: RandomSource;
  /** Sends the domain parameter number (tag 84), needed when the chip announces several for one protocol. */
  readonly sendParameterId?: boolean;
  /** Tries a PIN or PUK that has one try left; after a wrong one it is blocked. Default false: ACCESS_PASSWORD_BLOCKED. */
  readonly lastTry?: boolean;
}

export interface PaceSession {
  readonly channel: SmChannel;
  readonly ephemeralKeys: EphemeralKeys;
  /** CVCA keys that the chip trusts, the most recent first: objects 87 and 88, from chips with Terminal Authentication in the MF. */
  readonly certificationAuthorityReferences: readonly string[];
  /** After Chip Authentication Mapping only. Nothing is proven until `verifyChipAuthenticationMapping` says so. */
  readonly chipAuthentication?: ChipAuthenticationProof;
}

/**
 * PACE, terminal side (Doc 9303-11 §4.4): MSE:Set AT, four GENERAL AUTHENTICATE, then secure messaging with the cipher of the
 * protocol. On a channel that is secured already, as a CAN resumes a PIN (BSI TR-03110-2 §2.2.3), this very channel goes on
 * under the new keys.
 *
 * Errors: `AccessError` ACCESS_PASSWORD_WRONG, ACCESS_PASSWORD_BLOCKED (PIN or PUK), ACCESS_REFUSED (another refusal),
 * ACCESS_ANSWER_INVALID, ACCESS_POINT_INVALID; the reader's own.
 */
export async function openPace(channel: ApduChannel, request: PaceRequest): Promise<SmChannel> {
  return (await openPaceSession(channel, request)).channel;
}

/** As `openPace`, with what Chip Authentication Mapping has brought to prove the chip. */
export async function openPaceSession(channel: ApduChannel, request: PaceRequest): Promise<PaceSession> {
  const { parameters, random } = request;
  const { group, suite } = parameters;
  await setAuthenticationTemplate(channel, request);

  const { generator, mapPublic } = await mapNonce(channel, request);
  const key = group.randomKey(random);
  const publicKey = group.publicKey(key, generator);
  const agreed = await generalAuthenticate(channel, { send: tlv(0x83, publicKey), expect: 0x84, step: 'key agreement' });
  const chipPublic = agreed.value;
  const keys = agreeKeys(parameters, { ownKey: key, ownPublic: publicKey, otherPublic: chipPublic });
  try {
    const token = paceToken(parameters, keys.mac.reveal(), chipPublic);
    const authenticated = await generalAuthenticate(channel, {
      send: tlv(0x85, token),
      expect: 0x86,
      step: 'mutual authentication',
      last: true,
    });
    if (!equalConstantTime(authenticated.value, paceToken(parameters, keys.mac.reveal(), publicKey))) {
      throw new AccessError('ACCESS_ANSWER_INVALID', { where: 'PACE/mutual authentication', detail: 'the token of the chip' });
    }
    const chipAuthentication = parameters.mapping.authenticatesChip
      ? { group, data: chipAuthenticationData(parameters, keys, authenticated.others), mapPublic }
      : undefined;
    return {
      channel: secured(channel, new SmSession(suite, keys)),
      ephemeralKeys: paceEphemeralKeys(parameters, { terminal: publicKey, chip: chipPublic }),
      certificationAuthorityReferences: certificationAuthorityReferences(authenticated.others),
      ...(chipAuthentication === undefined ? {} : { chipAuthentication }),
    };
  } catch (error) {
    keys.enc.destroy();
    keys.mac.destroy();
    throw error;
  }
}

/** The nonce, and the generator that it becomes with what the chip sends. */
async function mapNonce(channel: ApduChannel, request: PaceRequest): Promise<{ generator: Uint8Array; mapPublic: Uint8Array }> {
  const { parameters, random } = request;
  const nonce = await decryptedNonce(channel, request);
  try {
    const mapping = parameters.mapping.terminal(parameters, nonce, random);
    const { value } = await generalAuthenticate(channel, { send: tlv(0x81, mapping.send), expect: 0x82, step: 'map nonce' });
    return { generator: mapping.finish(value), mapPublic: value };
  } finally {
    nonce.fill(0);
  }
}

function secured(channel: ApduChannel, session: SmSession): SmChannel {
  if (!isSmChannel(channel)) return secureMessaging(channel, session);
  channel.rekey(session);
  return channel;
}

/** KSenc and KSmac from the secret of the agreement (Doc 9303-11 §4.4.3.4). Both ends compute it. */
export function agreeKeys(
  { group, suite }: PaceParameters,
  parts: { ownKey: bigint; ownPublic: Uint8Array; otherPublic: Uint8Array },
): SessionKeys {
  checkOther(group, parts, 'PACE/key agreement');
  const secret = group.sharedSecret(parts.ownKey, parts.otherPublic);
  try {
    return deriveSessionKeys(suite, secret);
  } finally {
    secret.fill(0);
  }
}

/** What Terminal Authentication may rest on: the terminal's key only when the chip is proven with it (Doc 9303-11 §7.1.2). Both ends compute it. */
export function paceEphemeralKeys(
  { group, mapping }: PaceParameters,
  keys: { readonly terminal: Uint8Array; readonly chip: Uint8Array },
): EphemeralKeys {
  const chip = group.compress(keys.chip);
  return mapping.authenticatesChip ? { terminal: group.compress(keys.terminal), chip } : { chip };
}

/** Object 8A among those that follow the token (Doc 9303-11 §4.4.5). */
function chipAuthenticationData(parameters: PaceParameters, keys: SessionKeys, others: readonly Tlv[]): Uint8Array {
  return decryptChipAuthenticationData(parameters, keys.enc, others.find(({ tag }) => tag === 0x8a)?.value);
}

/** What can name no key is left out: nothing that a chip makes up goes on into a report (BSI TR-03110-3 §C.1.2, table 12). */
function certificationAuthorityReferences(others: readonly Tlv[]): readonly string[] {
  return [0x87, 0x88]
    .flatMap((wanted) => others.filter(({ tag }) => tag === wanted).map(({ value }) => Buffer.from(value).toString('latin1')))
    .filter(isCvReference);
}

async function setAuthenticationTemplate(channel: ApduChannel, request: PaceRequest): Promise<void> {
  const { parameters, password, sendParameterId } = request;
  const id = sendParameterId === true ? tlv(0x84, Uint8Array.of(parameters.group.parameterId)) : new Uint8Array(0);
  const data = concat(tlv(0x80, parameters.oid), tlv(0x83, Uint8Array.of(PASSWORD_REFERENCES[password.kind])), id);
  const response = await channel.send({ cla: 0, ins: 0x22, p1: 0xc1, p2: 0xa4, data });
  if (isSuccess(response)) return;
  // 63Cx is a warning: the password is set and x tries are left (Doc 9303-11 §4.4.4.1).
  const left = triesLeft(response.sw);
  const where = 'PACE/MSE:Set AT';
  if (left === undefined) throw new AccessError('ACCESS_REFUSED', { where, detail: statusName(response.sw) });
  if (isBlocking(password.kind) && left < (request.lastTry === true ? 1 : 2)) {
    throw new AccessError('ACCESS_PASSWORD_BLOCKED', { where, detail: statusName(response.sw) });
  }
}

async function decryptedNonce(channel: ApduChannel, { parameters, password }: PaceRequest): Promise<Uint8Array> {
  const { value: encrypted } = await generalAuthenticate(channel, { send: new Uint8Array(0), expect: 0x80, step: 'encrypted nonce' }).catch(
    (error: unknown) => {
      throw blocked(error, password);
    },
  );
  if (encrypted.length !== nonceLength(parameters.suite)) {
    throw new AccessError('ACCESS_ANSWER_INVALID', { where: 'PACE/encrypted nonce', detail: `${encrypted.length} bytes` });
  }
  const key = passwordKey(parameters.suite, password);
  try {
    return parameters.suite.decryptNonce(key.reveal(), encrypted);
  } finally {
    key.destroy();
  }
}

/** Blocked, deactivated, suspended, and what a chip may say instead of each (BSI TR-03110-3 §B.14.2). */
const UNUSABLE: readonly number[] = [
  StatusWord.AUTHENTICATION_BLOCKED,
  0x6984,
  StatusWord.CONDITIONS_NOT_SATISFIED,
  StatusWord.SECURITY_STATUS_NOT_SATISFIED,
];

/** Where the nonce is asked for, a chip refuses a PIN or PUK that it will not take. */
function blocked(error: unknown, password: PacePassword): unknown {
  if (!(error instanceof AccessError) || !isBlocking(password.kind) || !isRefusal(error.cause)) return error;
  const { sw = 0, detail = '' } = error.cause;
  if (!UNUSABLE.includes(sw)) return error;
  return new AccessError('ACCESS_PASSWORD_BLOCKED', { where: 'PACE/encrypted nonce', detail, cause: error.cause });
}

/** One GENERAL AUTHENTICATE with dynamic authentication data 7C (Doc 9303-11 §4.4.4.2); all but the last are chained (CLA 10). */
async function generalAuthenticate(
  channel: ApduChannel,
  exchange: { send: Uint8Array; expect: number; step: string; last?: boolean },
): Promise<DynamicAuthenticationData> {
  const where = `PACE/${exchange.step}`;
  const cla = exchange.last === true ? 0x00 : 0x10;
  const data = tlv(0x7c, exchange.send);
  // A public key too long for a short command is answered by one too long for a short response (2048-bit DH, §9.3.1).
  const le = data.length > SHORT_DATA_MAX ? 65_536 : 256;
  const response = await channel.send({ cla, ins: 0x86, p1: 0, p2: 0, data, le });
  try {
    return dynamicAuthenticationData(expectSuccess(response, where), exchange.expect, where);
  } catch (cause) {
    if (isRefusal(cause)) throw exchange.last === true ? lastStepRefused(where, cause) : refused(where, cause);
    throw cause;
  }
}

/** A chip names a wrong password only in the last step; what it says there varies more than anywhere else. */
function lastStepRefused(where: string, cause: Parameters<typeof wrongPassword>[1]): AccessError {
  if (cause.sw !== StatusWord.WRONG_DATA) return wrongPassword(where, cause);
  return new AccessError('ACCESS_PASSWORD_WRONG', { where, detail: cause.detail ?? '', cause });
}

function refused(where: string, cause: Error & { readonly detail: string | undefined }): AccessError {
  return new AccessError('ACCESS_REFUSED', { where, detail: cause.detail ?? '', cause });
}

interface DynamicAuthenticationData {
  /** Of the object that the step expects, which comes first. */
  readonly value: Uint8Array;
  /** What follows it: certification authority references (87 and 88), chip authentication data (8A) (Doc 9303-11 §4.4.5). */
  readonly others: readonly Tlv[];
}

function dynamicAuthenticationData(data: Uint8Array, tag: number, where: string): DynamicAuthenticationData {
  try {
    const reader = new ByteReader(data, where);
    const inner = enter(reader, 0x7c);
    reader.end();
    const first = readTlv(inner);
    if (first.tag !== tag) throw inner.error('BYTES_UNEXPECTED', undefined, `tag ${tag.toString(16)} expected`);
    return { value: first.value, others: readTlvs(inner) };
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new AccessError('ACCESS_ANSWER_INVALID', { where, cause });
  }
}
