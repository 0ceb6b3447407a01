/**
 * GlobalPlatform as a plant uses it: SCP03 (GPC Amendment D v1.2) from both ends, key diversification, and the commands that
 * personalise an application. It holds no master key and asks no token: whoever opens a channel brings one chip's keys.
 */
export { openScp03, parseInitializeUpdate, type InitializeUpdateResponse, type Scp03Options, type SecureChannel } from './scp03.ts';
export { Scp03CardSession, type Scp03CardOptions } from './scp03-card.ts';
export { SECURITY_LEVELS, SM_CLASS_BIT, type Scp03Keys, type SecurityLevel } from './scp03-session.ts';
export { ScpError, type ScpErrorCode } from './scp-error.ts';
export { diversificationInputs, diversify, keyCheckValue, type DiversificationInputs } from './key-diversification.ts';
export {
  decodeDataGroupings,
  encodeDataGrouping,
  installForPersonalization,
  storeData,
  type DataGrouping,
  type StoreDataOptions,
} from './personalisation-commands.ts';
