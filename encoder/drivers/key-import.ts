import type { DriverCapabilities } from './card-driver.ts';
import type { ChipKeyAlgorithms, ChipPublicKeys } from './chip-keys.ts';
import { DriverError } from './driver-error.ts';
import { belongTogether, makeKeyPair, type ChipKeyPair, type ChipKeyPairs } from './key-pair.ts';

export interface KeyImport {
  /** Pairs to put into the chip, so that every run on it puts in the same; without one the driver makes it and wipes it. */
  readonly pairs: ChipKeyPairs | undefined;
  readonly capabilities: Pick<DriverCapabilities, keyof ChipKeyAlgorithms>;
  /** Sends one private half. */
  readonly put: (role: keyof ChipKeyAlgorithms, pair: ChipKeyPair) => Promise<void>;
}

export interface ImportedKeys {
  generateKeys(algorithms: ChipKeyAlgorithms): Promise<ChipPublicKeys>;
  /** What this driver has put in; null when nothing. A chip that takes keys does not say which it has. */
  readonly held: () => ChipPublicKeys | null;
}

/** `generateKeys` for chips that make no keys: the pair comes from the caller or from here, and its private half goes into the chip. */
export function importedKeys({ pairs, capabilities, put }: KeyImport): ImportedKeys {
  const done = new Map<keyof ChipKeyAlgorithms, Pick<ChipKeyPair, 'algorithm' | 'publicKey'>>();

  const check = (role: keyof ChipKeyAlgorithms, algorithms: ChipKeyAlgorithms): void => {
    const wanted = algorithms[role];
    if (wanted === null) return;
    const refuse = (detail: string): DriverError => new DriverError('DRIVER_CANNOT', `keys for ${role}`, { detail });
    if (!capabilities[role].includes(wanted)) throw refuse(wanted);
    const given = pairs?.[role] ?? null;
    if (given === null) return;
    if (given.algorithm !== wanted) throw refuse(`${wanted}, the pair is ${given.algorithm}`);
    if (!belongTogether(given)) throw refuse('the halves of the pair do not belong together');
  };

  const one = async (role: keyof ChipKeyAlgorithms, algorithms: ChipKeyAlgorithms): Promise<Uint8Array | null> => {
    const wanted = algorithms[role];
    if (wanted === null) return null;
    const there = done.get(role);
    if (there?.algorithm === wanted) return there.publicKey;
    const given = pairs?.[role] ?? null;
    const pair = given ?? makeKeyPair(wanted);
    try {
      await put(role, pair);
    } finally {
      if (given === null) pair.privateKey.destroy();
    }
    done.set(role, { algorithm: pair.algorithm, publicKey: pair.publicKey });
    return pair.publicKey;
  };

  return {
    async generateKeys(algorithms) {
      // Both are checked before either is sent.
      check('activeAuthentication', algorithms);
      check('chipAuthentication', algorithms);
      return {
        activeAuthentication: await one('activeAuthentication', algorithms),
        chipAuthentication: await one('chipAuthentication', algorithms),
      };
    },
    held: () =>
      done.size === 0
        ? null
        : {
            activeAuthentication: done.get('activeAuthentication')?.publicKey ?? null,
            chipAuthentication: done.get('chipAuthentication')?.publicKey ?? null,
          },
  };
}
