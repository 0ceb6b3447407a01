import { aesCmac } from '#encoder/access';
import { ascii, concat, Secret, uintBE } from '#encoder/bytes';
import { ScpError } from './scp-error.ts';
import type { ScpKeys } from './scp-session.ts';

/** One PRF input for each transport key of one chip. Public data: whoever holds the master key turns it into keys. */
export interface DiversificationInputs {
  readonly enc: Uint8Array;
  readonly mac: Uint8Array;
  readonly dek: Uint8Array;
}

const CHIP_ID_MIN = 4;
const CHIP_ID_MAX = 32;

/**
 * NIST SP 800-108r1 §4.1 (SP 800-108 of 2009: §5.1), KDF in counter mode with AES-CMAC as PRF and one 16-byte block of output,
 * so that one CMAC call in a token is one AES-128 key:
 *
 *     [i]₂ = 01 || Label || 00 || Context = chip id || [L]₂ = 0080
 *
 * Label is ASCII `Cardmint transport ENC`, `… MAC` or `… DEK`; `chipId` is the chip's own identity, 4 to 32 bytes.
 */
export function diversificationInputs(chipId: Uint8Array): DiversificationInputs {
  if (chipId.length < CHIP_ID_MIN || chipId.length > CHIP_ID_MAX) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'chip id', detail: `${chipId.length} bytes, ${CHIP_ID_MIN} to ${CHIP_ID_MAX} needed` });
  }
  const input = (use: 'ENC' | 'MAC' | 'DEK'): Uint8Array =>
    concat(uintBE(1, 1), ascii(`Cardmint transport ${use}`), uintBE(0, 1), chipId, uintBE(128, 2));
  return { enc: input('ENC'), mac: input('MAC'), dek: input('DEK') };
}

/** The chip maker's side: the AES-128 transport keys of one chip, from the master key, in software. */
export function diversify(master: Secret, chipId: Uint8Array): Omit<ScpKeys, 'version'> {
  const inputs = diversificationInputs(chipId);
  const key = (input: Uint8Array): Secret => Secret.takeOver(aesCmac(master.reveal(), input));
  return { enc: key(inputs.enc), mac: key(inputs.mac), dek: key(inputs.dek) };
}
