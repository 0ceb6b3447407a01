import { AccessError, type AccessErrorCode } from '#encoder/access';
import { CardError, type CardErrorCode } from '#encoder/apdu';
import { DriverError, type DriverErrorCode } from '#encoder/drivers';
import { ScpError, type ScpErrorCode } from '#encoder/globalplatform';
import { ReaderError, type ReaderErrorCode } from '#encoder/readers';
import { PersonalisationError, type PersonalisationErrorCode } from './personalisation-error.ts';

/**
 * What an error of a run says. `doubt`: the chip fell silent, what it did is unknown: reseat it and ask it. `chip`: the chip refused, lied, or
 * is not the one it should be: this card is over. `reader`: seat or service failed, the chip is innocent: open the reader again
 * and ask. `ours`: nothing was sent, or the error is none of the chip's: it would come again.
 */
export type FaultKind = 'doubt' | 'chip' | 'reader' | 'ours';

const READER = {
  NO_CARD: 'doubt',
  CARD_STAYS: 'ours',
  CARD_MUTE: 'doubt',
  CARD_REMOVED: 'doubt',
  CARD_RESET: 'doubt',
  CARD_IN_USE: 'reader',
  READER_GONE: 'reader',
  SERVICE_GONE: 'reader',
  DEADLINE: 'doubt',
  COMMAND_REFUSED: 'ours',
} as const satisfies Record<ReaderErrorCode, FaultKind>;

const CARD = {
  CARD_REFUSED: 'chip',
  CARD_NOT_ASKED: 'ours',
  CARD_READER_GONE: 'doubt',
  CARD_ANSWER_INVALID: 'chip',
} as const satisfies Record<CardErrorCode, FaultKind>;

const CHANNEL = {
  SCP_CARD_CRYPTOGRAM: 'chip',
  SCP_HOST_REFUSED: 'chip',
  SCP_KEY_VERSION: 'chip',
  SCP_ANSWER_INVALID: 'chip',
  SCP_RESPONSE_MAC: 'chip',
  SCP_CLOSED: 'doubt',
  SCP_NOT_ASKED: 'ours',
} as const satisfies Record<ScpErrorCode, FaultKind>;

/** Of chips that are read under BAC or PACE: while they are made, or to confirm what they hold. */
const ACCESS = {
  ACCESS_PASSWORD_WRONG: 'chip',
  ACCESS_PASSWORD_BLOCKED: 'chip',
  ACCESS_REFUSED: 'chip',
  ACCESS_ANSWER_INVALID: 'chip',
  ACCESS_POINT_INVALID: 'chip',
  ACCESS_SM_INVALID: 'chip',
  ACCESS_SM_ABORTED: 'doubt',
  ACCESS_CLOSED: 'doubt',
  ACCESS_UNSUPPORTED: 'ours',
  ACCESS_FILE_INVALID: 'chip',
} as const satisfies Record<AccessErrorCode, FaultKind>;

const DRIVER = {
  CHIP_ANSWER_INVALID: 'chip',
  CHIP_SEALED: 'chip',
  CHIP_UNKNOWN: 'chip',
  DRIVER_CANNOT: 'ours',
  KEYS_NOT_REPLACED: 'chip',
  KEYS_UNFIT: 'ours',
  LAYOUT_INVALID: 'ours',
  LOCK_NOT_PROVEN: 'chip',
} as const satisfies Record<DriverErrorCode, FaultKind>;

const RUN = {
  CHIP_BOUND_TO_ANOTHER: 'chip',
  FOREIGN_CHIP: 'chip',
  ALREADY_LOCKED: 'chip',
  CHIP_KEYS_DIFFER: 'chip',
  CHIP_CONTENT_DIFFERS: 'chip',
  PLAN_INVALID: 'ours',
} as const satisfies Record<PersonalisationErrorCode, FaultKind>;

export function faultKind(error: unknown): FaultKind {
  if (error instanceof ReaderError) return READER[error.code];
  if (error instanceof CardError) return CARD[error.code];
  if (error instanceof ScpError) return CHANNEL[error.code];
  if (error instanceof AccessError) return ACCESS[error.code];
  if (error instanceof DriverError) return DRIVER[error.code];
  if (error instanceof PersonalisationError) return RUN[error.code];
  return 'ours';
}
