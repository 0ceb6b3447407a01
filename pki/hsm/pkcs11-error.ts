import { HsmError, type HsmErrorCode } from './hsm-error.ts';

/**
 * Return values by number (PKCS#11 v2.40 §2.1, pkcs11t.h): pkcs11js gives the name too, but collapses every vendor's own
 * values into one name. What is not listed, a vendor's values included, is `HSM_DEVICE_FAILED`.
 */
const CODE_OF: ReadonlyMap<number, HsmErrorCode> = new Map<number, HsmErrorCode>([
  [0x02, 'HSM_TOKEN_FULL'], // HOST_MEMORY
  [0x03, 'HSM_TOKEN_NOT_FOUND'], // SLOT_ID_INVALID
  [0x07, 'HSM_INPUT_INVALID'], // ARGUMENTS_BAD
  [0x11, 'HSM_KEY_PROTECTED'], // ATTRIBUTE_SENSITIVE
  [0x20, 'HSM_INPUT_INVALID'], // DATA_INVALID
  [0x21, 'HSM_INPUT_INVALID'], // DATA_LEN_RANGE
  [0x31, 'HSM_TOKEN_FULL'], // DEVICE_MEMORY
  [0x54, 'HSM_MECHANISM_UNSUPPORTED'], // FUNCTION_NOT_SUPPORTED
  [0x60, 'HSM_KEY_VANISHED'], // KEY_HANDLE_INVALID
  [0x62, 'HSM_KEY_PROTECTED'], // KEY_SIZE_RANGE
  [0x63, 'HSM_KEY_PROTECTED'], // KEY_TYPE_INCONSISTENT
  [0x68, 'HSM_KEY_PROTECTED'], // KEY_FUNCTION_NOT_PERMITTED
  [0x6a, 'HSM_KEY_PROTECTED'], // KEY_UNEXTRACTABLE
  [0x70, 'HSM_MECHANISM_UNSUPPORTED'], // MECHANISM_INVALID
  [0x71, 'HSM_INPUT_INVALID'], // MECHANISM_PARAM_INVALID
  [0x82, 'HSM_KEY_VANISHED'], // OBJECT_HANDLE_INVALID
  [0x90, 'HSM_SESSION_BUSY'], // OPERATION_ACTIVE
  [0x91, 'HSM_SESSION_LOST'], // OPERATION_NOT_INITIALIZED
  [0xa0, 'HSM_PIN_INCORRECT'],
  [0xa1, 'HSM_PIN_INCORRECT'], // PIN_INVALID
  [0xa2, 'HSM_PIN_INCORRECT'], // PIN_LEN_RANGE
  [0xa3, 'HSM_PIN_LOCKED'], // PIN_EXPIRED
  [0xa4, 'HSM_PIN_LOCKED'],
  [0xb0, 'HSM_SESSION_LOST'], // SESSION_CLOSED
  [0xb1, 'HSM_TOKEN_FULL'], // SESSION_COUNT
  [0xb3, 'HSM_SESSION_LOST'], // SESSION_HANDLE_INVALID
  [0xe0, 'HSM_TOKEN_NOT_FOUND'], // TOKEN_NOT_PRESENT
  [0xe1, 'HSM_TOKEN_NOT_FOUND'], // TOKEN_NOT_RECOGNIZED
  [0x101, 'HSM_SESSION_LOST'], // USER_NOT_LOGGED_IN
  [0x102, 'HSM_TOKEN_NOT_FOUND'], // USER_PIN_NOT_INITIALIZED
  [0x140, 'HSM_MECHANISM_UNSUPPORTED'], // DOMAIN_PARAMS_INVALID
  [0x190, 'HSM_LIBRARY_FAILED'], // CRYPTOKI_NOT_INITIALIZED: someone called C_Finalize
  [0x191, 'HSM_LIBRARY_FAILED'], // CRYPTOKI_ALREADY_INITIALIZED: two owners in one process
]);

export function hsmErrorOfReturnValue(returnValue: number, operation: string, cause?: unknown): HsmError {
  const code = CODE_OF.get(returnValue) ?? 'HSM_DEVICE_FAILED';
  return new HsmError(code, { where: operation, detail: `CKR 0x${returnValue.toString(16)}`, cause });
}
