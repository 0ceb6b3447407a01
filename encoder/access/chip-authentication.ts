import { isRefusal } from '#encoder/apdu';
import { concat, fromHex } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import { AccessError } from './access-error.ts';
import { ask } from './ask.ts';
import { agreementOf, type ChipAuthenticationPublicKey } from './chip-authentication-key.ts';
import type { ChipAuthenticationParameters } from './chip-authentication-parameters.ts';
import { type CipherSuite, deriveSessionKeys } from './cipher-suite.ts';
import { type SmChannel, SmSession } from './secure-messaging.ts';
import type { EphemeralKeys, RandomSource } from './session-result.ts';

export interface ChipAuthenticationRequest {
  readonly parameters: ChipAuthenticationParameters;
  /** The chip's static key from EF.DG14: `chipAuthenticationPublicKey` reads it. */
  readonly publicKey: ChipAuthenticationPublicKey;
  /** Key reference, when DG14 gives one. */
  readonly keyId?: bigint;
  /** Gives the ephemeral private key. */
  readonly random: RandomSource;
}

/**
 * Chip Authentication version 1, terminal side (Doc 9303-11 §6.2): MSE:Set AT and GENERAL AUTHENTICATE for AES, MSE:Set KAT for 3DES,
 * under the old session; then the same channel goes on under the new keys. The chip has proven its key only when it answers the next
 * command under them: read something. The result is what Terminal Authentication is bound to.
 *
 * Errors: `AccessError` ACCESS_REFUSED, ACCESS_POINT_INVALID (the key in DG14), ACCESS_UNSUPPORTED (it is of another kind
 * than the protocol), ACCESS_SM_INVALID; the reader's own.
 */
export async function authenticateChip(channel: SmChannel, request: ChipAuthenticationRequest): Promise<EphemeralKeys> {
  const { parameters, publicKey } = request;
  const { agreement, group } = agreementOf(publicKey);
  if (agreement !== parameters.agreement) throw new AccessError('ACCESS_UNSUPPORTED', { where: 'CA', detail: `${agreement} key` });
  const chipKey = 'curve' in publicKey ? publicKey.point : publicKey.value;
  group.check(chipKey, 'CA/public key of the chip');
  const key = group.randomKey(request.random);
  const ephemeral = group.publicKey(key);
  await agree(channel, request, ephemeral);
  channel.rekey(chipAuthenticationSession(parameters.suite, group.sharedSecret(key, chipKey)));
  return { terminal: group.compress(ephemeral) };
}

async function agree(channel: SmChannel, request: ChipAuthenticationRequest, ephemeral: Uint8Array): Promise<void> {
  if (request.parameters.suite.name !== '3DES') return agreeByTemplate(channel, request, ephemeral);
  try {
    const data = concat(tlv(0x91, ephemeral), keyReference(request));
    await ask(channel, { ins: 0x22, p1: 0x41, p2: 0xa6, data }, 'CA/MSE:Set KAT');
  } catch (error) {
    // Chips that have 3DES by MSE:Set AT alone may be asked again within the same session (§8.5, note 1).
    if (!(error instanceof AccessError) || !isRefusal(error.cause)) throw error;
    await agreeByTemplate(channel, request, ephemeral);
  }
}

async function agreeByTemplate(channel: SmChannel, request: ChipAuthenticationRequest, ephemeral: Uint8Array): Promise<void> {
  const template = concat(tlv(0x80, request.parameters.oid), keyReference(request));
  await ask(channel, { ins: 0x22, p1: 0x41, p2: 0xa4, data: template }, 'CA/MSE:Set AT');
  await ask(channel, { ins: 0x86, p1: 0, p2: 0, data: tlv(0x7c, tlv(0x80, ephemeral)), le: 256 }, 'CA/GENERAL AUTHENTICATE');
}

function keyReference({ keyId }: ChipAuthenticationRequest): Uint8Array {
  if (keyId === undefined) return new Uint8Array(0);
  const hex = keyId.toString(16);
  return tlv(0x84, fromHex(hex.length % 2 === 0 ? hex : `0${hex}`));
}

/** Session keys from the shared secret, counter at zero (Doc 9303-11 §6.2.2, §9.8.7.3). Wipes the secret. Both ends compute it. */
export function chipAuthenticationSession(suite: CipherSuite, secret: Uint8Array): SmSession {
  const keys = deriveSessionKeys(suite, secret);
  secret.fill(0);
  return new SmSession(suite, keys);
}
