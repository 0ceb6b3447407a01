import { tdesEcb } from '#encoder/access';
import { concat, Secret, uintBE } from '#encoder/bytes';
import { deriveCounterMode } from './kdf.ts';
import type { KeyKind } from './key-kind.ts';
import { diversify } from './key-diversification.ts';
import { ScpError } from './scp-error.ts';
import type { ScpKeys } from './scp-session.ts';

/** The transport keys of one chip; their version number is the chip's. */
export type DiversifiedKeys = Omit<ScpKeys, 'version'>;

/** How a chip maker turns one master key and what a chip says of itself into that chip's keys. */
export interface DiversificationMethod {
  /** The kind of master key, and of the keys that come out. */
  readonly kind: KeyKind;
  readonly masterBytes: readonly number[];
  /** Key diversification data of INITIALIZE UPDATE, or the chip's own identity where the method says so. */
  readonly dataBytes: { readonly min: number; readonly max: number };
  readonly derive: (master: Secret, data: Uint8Array) => DiversifiedKeys;
}

/** Last byte of the derivation data (EMV CPS 1.1 §4.1). */
const KEY_USE = { enc: 0x01, mac: 0x02, dek: 0x03 } as const;

const KEY_DATA = { min: 10, max: 10 } as const;

/** Chips of several makers lie in one vault: their key data sheet names one of these. */
export const DIVERSIFICATION_METHODS = {
  /** Cardmint's own, NIST SP 800-108 with AES-CMAC: see `diversificationInputs`. AES-128 keys from any AES master; data = chip identity. */
  'sp800-108': {
    kind: 'AES',
    masterBytes: [16, 24, 32],
    dataBytes: { min: 4, max: 32 },
    derive: (master, data) => diversify(master, data),
  },
  /**
   * NIST SP 800-108 as deployed on SCP03 stock and known as KDF3: CMAC over counter || 00 00 00 use || 00 || data. Keys
   * are as long as the master.
   */
  kdf3: {
    kind: 'AES',
    masterBytes: [16, 24, 32],
    dataBytes: KEY_DATA,
    derive: eachUse((master, data, use) => {
      const after = concat(uintBE(use, 4), uintBE(0, 1), data);
      return deriveCounterMode(master.reveal(), { before: new Uint8Array(0), after }, master.length);
    }),
  },
  /** EMV CPS 1.1 §4.1: the six least significant bytes of KEYDATA. */
  emv: tripleDes((data) => data.subarray(4, 10)),
  /** The same from the first two bytes and the IC serial number (bytes 5 to 8) of KEYDATA: Visa GlobalPlatform cards, "VISA2". */
  visa2: tripleDes((data) => concat(data.subarray(0, 2), data.subarray(4, 8))),
} as const satisfies Readonly<Record<string, DiversificationMethod>>;

export type DiversificationMethodName = keyof typeof DIVERSIFICATION_METHODS;

/**
 * The keys of one chip by a method of the table. Throws `ScpError` SCP_NOT_ASKED when the master key or the data does not
 * have the length of that method. The caller destroys what it gets.
 */
export function diversifyBy(name: DiversificationMethodName, master: Secret, data: Uint8Array): DiversifiedKeys {
  const method: DiversificationMethod = DIVERSIFICATION_METHODS[name];
  if (!method.masterBytes.includes(master.length)) {
    throw new ScpError('SCP_NOT_ASKED', { where: `master key of ${name}`, detail: `${master.length} bytes` });
  }
  const { min, max } = method.dataBytes;
  if (data.length < min || data.length > max) {
    throw new ScpError('SCP_NOT_ASKED', {
      where: `diversification data of ${name}`,
      detail: `${data.length} bytes, ${min} to ${max} needed`,
    });
  }
  return method.derive(master, data);
}

/** Two-key triple DES in ECB mode of: six bytes || F0 || use || six bytes || 0F || use. Parity bits stay as they come. */
function tripleDes(sixBytes: (data: Uint8Array) => Uint8Array): DiversificationMethod {
  const derive = eachUse((master, data, use) => {
    const chip = sixBytes(data);
    return tdesEcb('encrypt', master.reveal(), concat(chip, Uint8Array.of(0xf0, use), chip, Uint8Array.of(0x0f, use)));
  });
  return { kind: '3DES', masterBytes: [16], dataBytes: KEY_DATA, derive };
}

function eachUse(derive: (master: Secret, data: Uint8Array, use: number) => Uint8Array): DiversificationMethod['derive'] {
  return (master, data) => ({
    enc: Secret.takeOver(derive(master, data, KEY_USE.enc)),
    mac: Secret.takeOver(derive(master, data, KEY_USE.mac)),
    dek: Secret.takeOver(derive(master, data, KEY_USE.dek)),
  });
}
