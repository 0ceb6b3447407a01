import type { Secret } from '#encoder/bytes';
import { diversify, KEY_VERSIONS, type KeyOwner } from '#encoder/globalplatform';

/** Static keys of one key set in one chip, as `diversifyBy` of `#encoder/globalplatform` makes them. */
export interface TransportKeys {
  readonly enc: Secret;
  readonly mac: Secret;
  readonly dek: Secret;
  /** Key version number by which the chip names this set in its answer to INITIALIZE UPDATE. */
  readonly version: number;
}

/**
 * Both sets that one chip may have: those of its maker, and the plant's own, which take their place before anything is written. The chip says
 * which it is. Whoever gets them destroys them.
 */
export interface TransportKeySets {
  readonly maker: TransportKeys;
  readonly plant: TransportKeys;
}

/** Both sets of one chip from the master keys, in software: for the lab, benches and tests. A plant's masters stay in its token. */
export function keySetsFrom(
  masters: Readonly<Record<KeyOwner, Secret>>,
  chipId: Uint8Array,
  makerVersion: number = KEY_VERSIONS.maker,
): TransportKeySets {
  return {
    maker: { ...diversify(masters.maker, chipId, 'maker'), version: makerVersion },
    plant: { ...diversify(masters.plant, chipId, 'plant'), version: KEY_VERSIONS.plant },
  };
}

export function destroyKeySets({ maker, plant }: TransportKeySets): void {
  for (const { enc, mac, dek } of [maker, plant]) for (const key of [enc, mac, dek]) key.destroy();
}
