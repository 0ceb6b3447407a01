import { describe, expect, test } from 'vitest';
import { HsmError, REMEDY } from './hsm-error.ts';
import { hsmErrorOfReturnValue } from './pkcs11-error.ts';

/** Numbers from pkcs11t.h; the answers are those of the fault table in the invariants (§3.4). */
describe('return values, by number', () => {
  test.each([
    ['SESSION_HANDLE_INVALID', 0xb3, 'HSM_SESSION_LOST', 'retry'],
    ['SESSION_CLOSED', 0xb0, 'HSM_SESSION_LOST', 'retry'],
    ['USER_NOT_LOGGED_IN', 0x101, 'HSM_SESSION_LOST', 'retry'],
    ['OPERATION_ACTIVE', 0x90, 'HSM_SESSION_BUSY', 'retry'],
    ['OBJECT_HANDLE_INVALID', 0x82, 'HSM_KEY_VANISHED', 'quarantine'],
    ['KEY_HANDLE_INVALID', 0x60, 'HSM_KEY_VANISHED', 'quarantine'],
    ['PIN_INCORRECT', 0xa0, 'HSM_PIN_INCORRECT', 'stop'],
    ['PIN_LOCKED', 0xa4, 'HSM_PIN_LOCKED', 'stop'],
    ['DEVICE_REMOVED', 0x32, 'HSM_DEVICE_FAILED', 'recycle'],
    ['DEVICE_ERROR', 0x30, 'HSM_DEVICE_FAILED', 'recycle'],
    ['DEVICE_MEMORY', 0x31, 'HSM_TOKEN_FULL', 'recycle'],
    ['GENERAL_ERROR', 0x05, 'HSM_DEVICE_FAILED', 'recycle'],
    ['FUNCTION_FAILED', 0x06, 'HSM_DEVICE_FAILED', 'recycle'],
    ['TOKEN_NOT_PRESENT', 0xe0, 'HSM_TOKEN_NOT_FOUND', 'recycle'],
    ['CRYPTOKI_NOT_INITIALIZED', 0x190, 'HSM_LIBRARY_FAILED', 'recycle'],
    ["a vendor's own", 0x8000_0001, 'HSM_DEVICE_FAILED', 'recycle'],
  ] as const)('CKR_%s', (_name, returnValue, code, remedy) => {
    expect(hsmErrorOfReturnValue(returnValue, 'C_Sign')).toMatchObject({ code, remedy, where: 'C_Sign' });
  });

  test('nothing that has to do with a PIN is ever tried again', () => {
    for (const [code, remedy] of Object.entries(REMEDY)) if (code.includes('PIN')) expect(remedy).toBe('stop');
    expect(new HsmError('HSM_PIN_INCORRECT').todo.en).toContain('do not try again');
  });
});
