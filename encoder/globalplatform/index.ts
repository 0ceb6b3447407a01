/**
 * GlobalPlatform as a plant uses it: SCP03 (GPC Amendment D v1.2) and SCP02 (GPC v2.3.1 annex E, i = 15 and i = 55) from both ends, key
 * diversification, PUT KEY, and the commands that personalise an application. It holds no master key and asks no token: whoever
 * opens a channel brings one chip's keys.
 */
export { keySetName, type InitializeUpdateResponse, type SecureChannel } from './secure-channel.ts';
export { SM_CLASS_BIT, type ScpKeys } from './scp-session.ts';
export { openScp03, parseInitializeUpdate, type Scp03InitializeUpdateResponse, type Scp03Options } from './scp03.ts';
export { Scp03CardSession, type Scp03CardOptions } from './scp03-card.ts';
export { SECURITY_LEVELS, type Scp03Keys, type SecurityLevel } from './scp03-session.ts';
export { openScp02, parseScp02InitializeUpdate, type Scp02Options } from './scp02.ts';
export { Scp02CardSession, type Scp02CardOptions } from './scp02-card.ts';
export { SCP02_SECURITY_LEVELS, type Scp02Keys, type Scp02SecurityLevel } from './scp02-session.ts';
export { ScpError, type ScpErrorCode } from './scp-error.ts';
export { diversificationInputs, diversify, KEY_VERSIONS, type DiversificationInputs, type KeyOwner } from './key-diversification.ts';
export {
  DIVERSIFICATION_METHODS,
  diversifyBy,
  type DiversificationMethod,
  type DiversificationMethodName,
  type DiversifiedKeys,
} from './diversification-methods.ts';
export type { OfferedKeys } from './offered-keys.ts';
export { isPublishedKey } from './published-keys.ts';
export { keyCheckValue } from './key-check-value.ts';
export type { KeyKind } from './key-kind.ts';
export { INITIAL_KEY_VERSION, putKey, type PutKeyRequest } from './put-key.ts';
export { KeySets, type KeySet } from './key-sets.ts';
export { getKeyInformation, keyInformationExamples, keyInformationTemplate, type KeyInformation } from './key-information.ts';
export { decodeDataGroupings, encodeDataGrouping, encryptGrouping, type DataGrouping } from './data-grouping.ts';
export { installForPersonalization, storeData, type StoreDataOptions } from './personalisation-commands.ts';
export { StoreDataSequence, type StoreDataOutcome } from './store-data-card.ts';
