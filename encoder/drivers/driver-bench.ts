import type { CardConnection } from '#encoder/readers';
import type { AccessSecrets, CardDriver, DriverCapabilities } from './card-driver.ts';
import type { TransportKeySets } from './transport-keys.ts';

/** Defects of chips that a driver must catch. */
export type Lie = 'lockLies' | 'keysStay' | 'checkValueLies';

/** One chip, fresh from its maker, and how to reach it. */
export interface ChipBench {
  /** Power on (again): a new connection to the same chip. */
  readonly connect: () => Promise<CardConnection>;
  /** What `identify` tells; null in families without it. */
  readonly chipId: string | null;
  /** Null where the family has no transport keys. */
  readonly keys: () => TransportKeySets | null;
  /** Of another chip. */
  readonly wrongKeys: () => TransportKeySets | null;
}

export interface DriverBench {
  readonly chip: (lie?: Lie, keyVersion?: number) => Promise<ChipBench> | ChipBench;
  /** For the card with these secrets. */
  readonly driver: (connection: CardConnection, secrets: AccessSecrets) => CardDriver;
  /** What the suite expects of the family: nothing is left out unless this says so. */
  readonly capabilities: Pick<DriverCapabilities, 'transport' | 'onChipKeyGeneration' | 'resumes' | 'readsBack' | 'terminalAuthentication'>;
  /** False: `identify` tells an unlocked chip, and only the open channel whether it is blank. */
  readonly tellsBlank: boolean;
}
