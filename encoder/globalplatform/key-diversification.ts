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

/** Whose keys a set holds: those that the maker left in the chip, or those that the plant has put in their place. */
export type KeyOwner = 'maker' | 'plant';

/** Key version number of each owner's set on a chip (chip specification §2): INITIALIZE UPDATE tells by it which of them it has. */
export const KEY_VERSIONS = { maker: 0x01, plant: 0x02 } as const satisfies Record<KeyOwner, number>;

/** Two labels: the two sets of a chip differ even where one master key made both. */
const LABELS = { maker: 'Cardmint transport', plant: 'Cardmint plant' } as const satisfies Record<KeyOwner, string>;

/**
 * NIST SP 800-108r1 §4.1 (SP 800-108 of 2009: §5.1), KDF in counter mode with AES-CMAC as PRF and one 16-byte block of output,
 * so that one CMAC call in a token is one AES-128 key:
 *
 *     [i]₂ = 01 || Label || 00 || Context = chip id || [L]₂ = 0080
 *
 * Label is ASCII `Cardmint transport ENC`, `… MAC` or `… DEK`, for the plant's own keys `Cardmint plant ENC` …; `chipId` is the chip's
 * own identity, 4 to 32 bytes. The maker's master key makes the maker's keys, the plant's the plant's.
 */
export function diversificationInputs(chipId: Uint8Array, owner: KeyOwner = 'maker'): DiversificationInputs {
  if (chipId.length < CHIP_ID_MIN || chipId.length > CHIP_ID_MAX) {
    throw new ScpError('SCP_NOT_ASKED', { where: 'chip id', detail: `${chipId.length} bytes, ${CHIP_ID_MIN} to ${CHIP_ID_MAX} needed` });
  }
  const input = (use: 'ENC' | 'MAC' | 'DEK'): Uint8Array =>
    concat(uintBE(1, 1), ascii(`${LABELS[owner]} ${use}`), uintBE(0, 1), chipId, uintBE(128, 2));
  return { enc: input('ENC'), mac: input('MAC'), dek: input('DEK') };
}

/** The AES-128 keys of one chip, from the master key of their owner, in software: as chip makers, the lab and tests do. */
export function diversify(master: Secret, chipId: Uint8Array, owner: KeyOwner = 'maker'): Omit<ScpKeys, 'version'> {
  const inputs = diversificationInputs(chipId, owner);
  const key = (input: Uint8Array): Secret => Secret.takeOver(aesCmac(master.reveal(), input));
  return { enc: key(inputs.enc), mac: key(inputs.mac), dek: key(inputs.dek) };
}
