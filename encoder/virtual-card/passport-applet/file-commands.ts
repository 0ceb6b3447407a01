import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { equalBytes } from '#encoder/bytes';
import { tlv } from '#encoder/tlv';
import type { FileAddress } from '../memory.ts';
import { answer, DONE, status } from '../responses.ts';
import { writeFile } from '../write-file.ts';
import { addressOf, isLocked, type Applet } from './applet.ts';

export const PASSPORT_AID = Uint8Array.of(0xa0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01);

/** The applet has a fixed table of files: DG1 to DG15, 011C, EF.SOD and EF.COM. */
const FILE_IDENTIFIERS: ReadonlySet<number> = new Set([...Array.from({ length: 15 }, (_, at) => 0x0101 + at), 0x011c, 0x011d, 0x011e]);
const FILE_BYTES_MAX = 32_767;
/** What a protected answer to a short command carries: 256 − 33 bytes (Doc 9303-11 §9.8). */
const READ_BYTES_MAX = 223;
/** `63 04` size(2) FID(2). */
const CREATE_TAG = 0x63;
const CREATE_BYTES = 6;
/** Bit 8 of P1 would be a short file identifier, which the applet does not know. */
const SHORT_IDENTIFIER = 0x80;

export function selectApplication(applet: Applet, command: ParsedCommandApdu): ResponseApdu {
  if (!equalBytes(command.data, PASSPORT_AID)) return status(StatusWord.FILE_NOT_FOUND);
  applet.currentFile = undefined;
  return command.p2 === 0x0c ? DONE : answer(tlv(0x6f, tlv(0x84, PASSPORT_AID)));
}

/** SELECT other than by name: `02 0C` with a file identifier alone. `mayRead` is asked before whether there is such a file. */
export function selectFile(applet: Applet, command: ParsedCommandApdu, mayRead: (address: FileAddress) => boolean): ResponseApdu {
  if (command.p1 === 0x00 && equalBytes(command.data, Uint8Array.of(0x3f, 0x00))) return selectMasterFile(applet);
  if (command.p1 !== 0x02 || command.p2 !== 0x0c) return status(StatusWord.INCORRECT_P1_P2);
  if (command.data.length !== 2) return status(StatusWord.WRONG_LENGTH);
  const address = addressOf(applet, u16(command.data));
  if (!mayRead(address)) return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
  if (applet.memory.file(address) === undefined) return status(StatusWord.FILE_NOT_FOUND);
  applet.currentFile = address;
  return DONE;
}

function selectMasterFile(applet: Applet): ResponseApdu {
  if (applet.memory.personality.selectMasterFile === '6D00') return status(StatusWord.INS_NOT_SUPPORTED);
  applet.currentFile = undefined;
  return DONE;
}

/** 00 B0: offset in P1 and P2, at most 223 bytes. */
export function readBinary(applet: Applet, command: ParsedCommandApdu, mayRead: (address: FileAddress) => boolean): ResponseApdu {
  const { currentFile, memory } = applet;
  const file = currentFile === undefined ? undefined : memory.file(currentFile);
  if (file !== undefined && !mayRead(file.address)) return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
  if ((command.p1 & SHORT_IDENTIFIER) !== 0) return status(StatusWord.INCORRECT_P1_P2);
  if (file === undefined) return status(StatusWord.NO_CURRENT_EF);
  const wanted = command.le ?? 0;
  if (wanted === 0 || wanted > READ_BYTES_MAX || command.data.length > 0) return status(StatusWord.WRONG_LENGTH);
  const offset = (command.p1 << 8) | command.p2;
  if (offset >= file.content.length) return status(StatusWord.WRONG_OFFSET);
  const data = file.content.slice(offset, offset + wanted);
  return { data, sw: data.length < wanted ? StatusWord.END_OF_FILE : StatusWord.SUCCESS };
}

/** 00 E0: makes a file of the table, or sets the size of one that is there, never beyond its first one. */
export function createFile({ memory, pace }: Applet, command: ParsedCommandApdu): ResponseApdu {
  if (isLocked(memory)) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  if (command.p1 !== 0 || command.p2 !== 0) return status(StatusWord.INCORRECT_P1_P2);
  if (command.data.length !== CREATE_BYTES) return status(StatusWord.WRONG_LENGTH);
  const size = u16(command.data.subarray(2));
  const fid = u16(command.data.subarray(4));
  const head = command.data[0] === CREATE_TAG && command.data[1] === CREATE_BYTES - 2;
  if (!head || size === 0 || !FILE_IDENTIFIERS.has(fid)) return status(StatusWord.WRONG_DATA);
  const address = addressOf({ pace }, fid);
  const first = memory.file(address)?.capacity;
  if (size > Math.min(first ?? memory.freeBytes, FILE_BYTES_MAX)) return status(StatusWord.NOT_ENOUGH_MEMORY);
  if (first === undefined) memory.createFile(address, size);
  else memory.resizeFile(address, size);
  return DONE;
}

/** 00 D6: offset in P1 and P2. */
export function updateBinary({ memory, currentFile }: Applet, command: ParsedCommandApdu): ResponseApdu {
  if (isLocked(memory)) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  if ((command.p1 & SHORT_IDENTIFIER) !== 0) return status(StatusWord.INCORRECT_P1_P2);
  const file = currentFile === undefined ? undefined : memory.file(currentFile);
  if (file === undefined) return status(StatusWord.NO_CURRENT_EF);
  if (command.data.length === 0) return status(StatusWord.WRONG_LENGTH);
  const offset = (command.p1 << 8) | command.p2;
  if (offset + command.data.length > file.content.length) return status(StatusWord.NOT_ENOUGH_MEMORY);
  writeFile(memory, file.address, offset, command.data);
  return DONE;
}

function u16(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}
