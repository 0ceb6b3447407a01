import { AccessError } from '#encoder/access';
import { CardError } from '#encoder/apdu';
import { type CodedError, DecodeError, isCodedError } from '#encoder/bytes';
import { Dg13Error } from '#encoder/lds';
import { MrzError } from '#encoder/mrz';
import { ProfileError } from '#encoder/profiles';
import type { InspectionReason } from './report.ts';

/**
 * Whether an error is a finding about this card. Everything else, a reader that is gone or a card that was pulled out above
 * all, says nothing about it: it is thrown on, and the inspection is made again.
 */
export function isChipFault(error: unknown): error is CodedError {
  if (error instanceof CardError) return error.code === 'CARD_REFUSED' || error.code === 'CARD_ANSWER_INVALID';
  const kinds = [AccessError, DecodeError, Dg13Error, MrzError, ProfileError];
  if (kinds.some((kind) => error instanceof kind)) return true;
  return isCodedError(error) && error.code === 'CARD_MUTE';
}

export interface Fault {
  readonly reason: InspectionReason;
  readonly code: string;
  readonly detail: string | undefined;
}

/** The finding that an error is; an error that is none is thrown on. `where` and `detail` of our errors hold no values. */
export function faultOf(error: unknown, reason: InspectionReason): Fault {
  if (!isChipFault(error)) throw error;
  const detail = [error.where, error.detail].filter((part) => part !== undefined && part !== '').join(': ');
  return { reason, code: error.code, detail: detail === '' ? undefined : detail };
}
