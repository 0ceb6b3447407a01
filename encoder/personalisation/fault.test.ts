import { describe, expect, it } from 'vitest';
import { AccessError } from '#encoder/access';
import { CardError } from '#encoder/apdu';
import { DriverError } from '#encoder/drivers';
import { ScpError } from '#encoder/globalplatform';
import { ReaderError } from '#encoder/readers';
import { faultKind, PersonalisationError } from './index.ts';

describe('what an error says of the chip: silence is never guilt, and a refusal is never retried', () => {
  it.each([
    [new ReaderError('CARD_REMOVED'), 'doubt'],
    [new ReaderError('DEADLINE'), 'doubt'],
    [new ReaderError('SERVICE_GONE'), 'reader'],
    [new ReaderError('COMMAND_REFUSED'), 'ours'],
    [new CardError('CARD_REFUSED', { operation: 'CREATE FILE', sw: 0x6985 }), 'chip'],
    [new CardError('CARD_NOT_ASKED', { operation: 'CREATE FILE' }), 'ours'],
    [new ScpError('SCP_CARD_CRYPTOGRAM'), 'chip'],
    [new ScpError('SCP_CLOSED'), 'doubt'],
    [new AccessError('ACCESS_PASSWORD_WRONG', { where: 'PACE' }), 'chip'],
    [new AccessError('ACCESS_SM_INVALID', { where: 'answer' }), 'chip'],
    [new AccessError('ACCESS_CLOSED', { where: 'session' }), 'doubt'],
    [new AccessError('ACCESS_UNSUPPORTED', { where: 'PACE' }), 'ours'],
    [new DriverError('LOCK_NOT_PROVEN', 'UPDATE BINARY'), 'chip'],
    [new DriverError('DRIVER_CANNOT', 'UPDATE BINARY'), 'ours'],
    [new PersonalisationError('CHIP_BOUND_TO_ANOTHER'), 'chip'],
    [new PersonalisationError('PLAN_INVALID'), 'ours'],
    [new Error('the database is gone'), 'ours'],
  ])('%s is %s', (error, kind) => {
    expect(faultKind(error)).toBe(kind);
  });
});
