import { EXTENDED_LE_MAX, SHORT_LE_MAX, StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { ByteReader, DecodeError, equalBytes, uintBE } from '#encoder/bytes';
import { decodeTlvs, readTlv, tlv, type Tlv } from '#encoder/tlv';
import { fileAddress, type ElementaryFile, type FileAddress } from '../memory.ts';
import { answer, DONE, status } from '../responses.ts';
import { writeFile } from '../write-file.ts';
import { EMRTD_AID, type Chip } from './chip.ts';

/** The whole response APDU must fit one frame of vpcd, 65,535 bytes. */
export const READ_BYTES_MAX = 65_533;
export const MASTER_FILE = 0x3f00;
/** Short identifiers in the master file (Doc 9303-10 §3.11); in the application they are the low five bits of 0101 to 011E. */
const MASTER_FILE_SFI: Readonly<Record<number, number>> = { 0x01: 0x2f01, 0x1c: 0x011c, 0x1d: 0x011d, 0x1e: 0x2f00 };
const SFI_BASE = 0x0100;
/** P1 of SELECT: by identifier, EF under the current directory, path from the master file (ISO/IEC 7816-4 table 63). */
const SELECT_BY = { identifier: 0x00, elementaryFile: 0x02, path: 0x08 } as const;

/** May this file be selected and read now? */
export type FileAccess = (address: FileAddress) => boolean;

/** SELECT (ISO/IEC 7816-4 §11.2.2) by file identifier; P2 the first or only occurrence. */
export function selectFile(chip: Chip, command: ParsedCommandApdu, mayRead: FileAccess): ResponseApdu {
  if (!Object.values<number>(SELECT_BY).includes(command.p1) || (command.p2 & 0xf3) !== 0) return status(StatusWord.INCORRECT_P1_P2);
  if (command.data.length !== 2) return status(StatusWord.WRONG_LENGTH);
  const fid = u16(command.data);
  if (fid === MASTER_FILE && command.p1 === SELECT_BY.identifier) return selectMasterFile(chip);
  const address = addressedBy(chip, command);
  // Whether a closed file exists is nobody's business: the condition is asked first.
  if (!mayRead(address)) return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
  const file = chip.memory.file(address);
  if (file === undefined) return status(StatusWord.FILE_NOT_FOUND);
  chip.volatile.directory = file.directory;
  chip.volatile.currentFile = address;
  return command.p2 === 0x0c ? DONE : answer(controlParameters(file));
}

/** The file that P1 and the two bytes of SELECT or DELETE FILE mean. */
export function addressedBy(chip: Chip, command: ParsedCommandApdu): FileAddress {
  return fileAddress(command.p1 === SELECT_BY.path ? 'MF' : chip.volatile.directory, u16(command.data));
}

function selectMasterFile(chip: Chip): ResponseApdu {
  if (chip.memory.personality.selectMasterFile === '6D00') return status(StatusWord.INS_NOT_SUPPORTED);
  chip.volatile.directory = 'MF';
  chip.volatile.currentFile = undefined;
  return DONE;
}

/** FCP template 62 (ISO/IEC 7816-4 §7.4.3): number of bytes, transparent EF, file identifier. */
function controlParameters(file: ElementaryFile): Uint8Array {
  return tlv(0x62, tlv(0x80, uintBE(file.content.length, 2)), tlv(0x82, Uint8Array.of(0x01)), tlv(0x83, uintBE(file.fid, 2)));
}

/** SELECT of the eMRTD application: FCI template 6F with its name, or nothing with P2 = 0C. */
export function selectApplication(command: ParsedCommandApdu, aid = EMRTD_AID): ResponseApdu {
  if (!equalBytes(command.data, aid)) return status(StatusWord.FILE_NOT_FOUND);
  return command.p2 === 0x0c ? DONE : answer(tlv(0x6f, tlv(0x84, aid)));
}

/** SELECT of the eMRTD application that makes it the current directory, with no current file. Another name changes nothing. */
export function enterApplication({ volatile }: Chip, command: ParsedCommandApdu): ResponseApdu {
  const response = selectApplication(command);
  if (response.sw === StatusWord.SUCCESS) {
    volatile.directory = 'eMRTD';
    volatile.currentFile = undefined;
  }
  return response;
}

/** READ BINARY, INS B0 with short identifier or offset, or B1 with an offset data object 54 (ISO/IEC 7816-4 §11.2.3). */
export function readBinary(
  chip: Chip,
  command: ParsedCommandApdu,
  limits: { readonly mayRead: FileAccess; /** Most data bytes in one answer. */ readonly most: number },
): ResponseApdu {
  const target = locate(chip, command, limits.mayRead);
  if ('sw' in target) return target;
  const { file, offset } = target;
  if (offset >= file.content.length) return status(StatusWord.WRONG_OFFSET);
  const wanted = command.le;
  if (wanted === undefined) return status(StatusWord.WRONG_LENGTH);
  const odd = (command.ins & 1) === 1;
  // Le counts the data object 53 around the content too: at most four bytes of tag and length.
  const length = Math.max(Math.min(wanted, limits.most) - (odd ? 4 : 0), 1);
  const content = file.content.slice(offset, offset + length);
  const data = odd ? tlv(0x53, content) : content;
  const everything = wanted === (command.extended ? EXTENDED_LE_MAX : SHORT_LE_MAX);
  // 6282 is for the end of the file, not for an answer that is shorter than Le because the chip carries no more at once.
  const endReached = !everything && !odd && offset + length > file.content.length;
  return { data, sw: endReached ? StatusWord.END_OF_FILE : StatusWord.SUCCESS };
}

/** UPDATE BINARY, INS D6, or D7 with data objects 54 and 53 (ISO/IEC 7816-4 §11.2.5). Beyond the size: 6A84. */
export function updateBinary(chip: Chip, command: ParsedCommandApdu): ResponseApdu {
  const target = locate(chip, command, () => true);
  if ('sw' in target) return target;
  const { file, offset, data } = target;
  if (data.length === 0) return status(StatusWord.WRONG_LENGTH);
  if (offset + data.length > file.content.length) return status(StatusWord.NOT_ENOUGH_MEMORY);
  writeFile(chip.memory, file.address, offset, data);
  return DONE;
}

interface Target {
  readonly file: ElementaryFile;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** The EF, offset and data that a READ or UPDATE BINARY means, or the status word that refuses it. */
function locate(chip: Chip, command: ParsedCommandApdu, mayRead: FileAccess): Target | ResponseApdu {
  const odd = (command.ins & 1) === 1;
  const short = !odd && (command.p1 & 0x80) !== 0;
  if (short && (command.p1 & 0x60) !== 0) return status(StatusWord.INCORRECT_P1_P2);
  const p1p2 = (command.p1 << 8) | command.p2;
  const sfi = short ? command.p1 & 0x1f : odd && p1p2 <= 0x1e ? p1p2 : 0;
  const named =
    sfi > 0 ? withShortIdentifier(chip, sfi) : odd && p1p2 > 0 ? fileAddress(chip.volatile.directory, p1p2) : chip.volatile.currentFile;
  if (named === undefined) return status(StatusWord.NO_CURRENT_EF);
  if (!mayRead(named)) return status(StatusWord.SECURITY_STATUS_NOT_SATISFIED);
  const file = chip.memory.file(named);
  if (file === undefined) return status(StatusWord.FILE_NOT_FOUND);
  if (!odd) {
    chip.volatile.currentFile = named;
    return { file, offset: short ? command.p2 : p1p2, data: command.data };
  }
  const objects = offsetAndData(command.data);
  if (objects === undefined) return status(StatusWord.WRONG_DATA);
  chip.volatile.currentFile = named;
  return { file, ...objects };
}

function withShortIdentifier({ volatile: { directory } }: Chip, sfi: number): FileAddress {
  return fileAddress(directory, directory === 'MF' ? (MASTER_FILE_SFI[sfi] ?? SFI_BASE + sfi) : SFI_BASE + sfi);
}

/** Data objects 54 (offset) and, in an update, 53 or 73 (discretionary data). */
function offsetAndData(bytes: Uint8Array): { offset: number; data: Uint8Array } | undefined {
  try {
    const reader = new ByteReader(bytes, 'offset');
    const offset = readTlv(reader);
    if (offset.tag !== 0x54 || offset.value.length > 3) return undefined;
    const data = reader.remaining > 0 ? readTlv(reader) : undefined;
    if (reader.remaining > 0 || (data !== undefined && data.tag !== 0x53)) return undefined;
    return { offset: offset.value.reduce((value, byte) => value * 256 + byte, 0), data: data?.value ?? new Uint8Array(0) };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/** Members of a constructed data object, by tag; undefined when the bytes are no TLVs. */
export function members(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  try {
    return new Map(decodeTlvs(bytes, 'template').map((member: Tlv) => [member.tag, member.value]));
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

export function u16(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 0 : ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}
