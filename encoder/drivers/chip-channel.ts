import { INITIAL_KEY_VERSION, isPublishedKey, putKey, ScpError, type KeyOwner, type SecureChannel } from '#encoder/globalplatform';
import { equalConstantTime } from '#encoder/bytes';
import { DriverError } from './driver-error.ts';
import type { TransportKeys, TransportKeySets } from './transport-keys.ts';

/**
 * The secure channel of a chip of GlobalPlatform. Under its maker's keys it does one thing: it takes the plant's. All else goes through a
 * channel under those, so that nobody who has the maker's master key reads along.
 */
export interface ChipChannel {
  /** Of the two sets the chip names the one, which is tried once. */
  open(keys: TransportKeySets): Promise<KeyOwner>;
  /** PUT KEY, and a new channel that the chip must open with these keys and no others. */
  replaceKeys(own: TransportKeys): Promise<void>;
  /** Under the plant's keys. Throws DRIVER_CANNOT. */
  get(operation: string): SecureChannel;
  /** Whatever was opened last. */
  readonly held: SecureChannel | undefined;
  /** Forgets the session keys. */
  close(): void;
}

export interface ChannelProtocol {
  /** In clear, before the first channel: selects what opens channels. Absent: it is selected by itself. */
  readonly select?: () => Promise<void>;
  /** INITIALIZE UPDATE and EXTERNAL AUTHENTICATE, with the set that the chip names. */
  readonly connect: (offered: readonly TransportKeys[]) => Promise<SecureChannel>;
  /** What begins the personalisation in a channel under the plant's keys. */
  readonly begin: (channel: SecureChannel) => Promise<void>;
}

export function chipChannel({ select, connect, begin }: ChannelProtocol): ChipChannel {
  let held: SecureChannel | undefined;
  let owner: KeyOwner | undefined;
  const close = (): void => {
    held?.close();
    held = undefined;
    owner = undefined;
  };
  const openWith = async (offered: readonly TransportKeys[]): Promise<SecureChannel> => {
    close();
    held = await connect(offered);
    return held;
  };
  return {
    async open(keys: TransportKeySets): Promise<KeyOwner> {
      checkKeySets(keys);
      await select?.();
      const channel = await openWith([keys.maker, keys.plant]);
      if (channel.card.keyVersion === keys.maker.version) return (owner = 'maker');
      await begin(channel);
      return (owner = 'plant');
    },

    async replaceKeys(own: TransportKeys): Promise<void> {
      if (held === undefined || owner !== 'maker') throw cannot('PUT KEY', "a chip that was opened with its maker's keys is needed");
      const { keyVersion } = held.card;
      await putKey(held, { keys: own, ...(keyVersion === INITIAL_KEY_VERSION ? {} : { replaces: keyVersion }) });
      // The check values prove that the chip has understood the keys; only its next channel proves that it has them in force.
      const channel = await openWith([own]).catch((cause: unknown) => {
        throw isOfOtherKeys(cause)
          ? new DriverError('KEYS_NOT_REPLACED', 'INITIALIZE UPDATE', { cause, detail: cause.detail ?? '' })
          : cause;
      });
      await begin(channel);
      owner = 'plant';
    },

    get(operation: string): SecureChannel {
      if (held === undefined || owner === undefined) throw cannot(operation, 'open the chip first');
      if (owner === 'maker') throw cannot(operation, "the maker's keys are to be replaced first");
      return held;
    },

    get held() {
      return held;
    },

    close,
  };
}

/** The chip names another set than the new one, or does not prove it. */
function isOfOtherKeys(cause: unknown): cause is ScpError {
  return cause instanceof ScpError && (cause.code === 'SCP_KEY_VERSION' || cause.code === 'SCP_CARD_CRYPTOGRAM');
}

/**
 * Before anything is sent: no key that everybody knows, and none that its maker would still know after it was replaced (invariant E6).
 * Throws KEYS_UNFIT.
 */
function checkKeySets({ maker, plant }: TransportKeySets): void {
  const [theirs, ours] = [maker, plant].map(({ enc, mac, dek }) => [enc, mac, dek]) as [TransportKeys['enc'][], TransportKeys['enc'][]];
  const unfit = (detail: string): DriverError => new DriverError('KEYS_UNFIT', 'open', { detail });
  if ([...theirs, ...ours].some(isPublishedKey)) throw unfit('a published test key');
  if (ours.some((key) => theirs.some((one) => equalConstantTime(one.reveal(), key.reveal()))))
    throw unfit("the plant's keys are the maker's");
  if (maker.version === plant.version) throw unfit(`both sets have key version ${plant.version}`);
}

function cannot(operation: string, detail: string): DriverError {
  return new DriverError('DRIVER_CANNOT', operation, { detail });
}
