/** Status words this code asks about or answers with (ISO/IEC 7816-4 §5.6; GlobalPlatform Card Specification 2.3.1 §11.1.3). */
export const StatusWord = {
  SUCCESS: 0x9000,
  END_OF_FILE: 0x6282,
  AUTHENTICATION_FAILED: 0x6300,
  MEMORY_FAILURE: 0x6581,
  WRONG_LENGTH: 0x6700,
  LOGICAL_CHANNEL_NOT_SUPPORTED: 0x6881,
  SM_NOT_SUPPORTED: 0x6882,
  COMMAND_NOT_ALLOWED: 0x6900,
  SECURITY_STATUS_NOT_SATISFIED: 0x6982,
  AUTHENTICATION_BLOCKED: 0x6983,
  CONDITIONS_NOT_SATISFIED: 0x6985,
  NO_CURRENT_EF: 0x6986,
  SM_OBJECTS_MISSING: 0x6987,
  SM_OBJECTS_INCORRECT: 0x6988,
  WRONG_DATA: 0x6a80,
  FUNCTION_NOT_SUPPORTED: 0x6a81,
  FILE_NOT_FOUND: 0x6a82,
  RECORD_NOT_FOUND: 0x6a83,
  NOT_ENOUGH_MEMORY: 0x6a84,
  INCORRECT_P1_P2: 0x6a86,
  REFERENCED_DATA_NOT_FOUND: 0x6a88,
  FILE_EXISTS: 0x6a89,
  WRONG_OFFSET: 0x6b00,
  INS_NOT_SUPPORTED: 0x6d00,
  CLA_NOT_SUPPORTED: 0x6e00,
  UNKNOWN: 0x6f00,
} as const;

export type StatusWordName = keyof typeof StatusWord;

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(StatusWord).map(([name, sw]) => [sw, name]));

/** `6982 SECURITY_STATUS_NOT_SATISFIED`; families with a count in them are named by their meaning. */
export function statusName(sw: number): string {
  const hex = sw.toString(16).toUpperCase().padStart(4, '0');
  const name = NAMES.get(sw) ?? familyName(sw);
  return name === undefined ? hex : `${hex} ${name}`;
}

/** 61xx: xx more bytes wait for GET RESPONSE (00 means 256 or more). */
export function bytesWaiting(sw: number): number | undefined {
  return sw >> 8 === 0x61 ? sw & 0xff || 256 : undefined;
}

/** 6Cxx: the command is right and its Le should be xx. */
export function rightLe(sw: number): number | undefined {
  return sw >> 8 === 0x6c ? sw & 0xff || 256 : undefined;
}

/** 63Cx: a comparison failed, x tries are left. */
export function triesLeft(sw: number): number | undefined {
  return (sw & 0xfff0) === 0x63c0 ? sw & 0x0f : undefined;
}

function familyName(sw: number): string | undefined {
  if (bytesWaiting(sw) !== undefined) return 'BYTES_WAITING';
  if (rightLe(sw) !== undefined) return 'WRONG_LE';
  if (triesLeft(sw) !== undefined) return 'TRIES_LEFT';
  return undefined;
}
