import { unpad2 } from '#encoder/access';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { concat, DecodeError, equalBytes } from '#encoder/bytes';
import { decodeDataGroupings } from '#encoder/globalplatform';
import type { SecretRole } from '../memory.ts';
import { DONE, status } from '../responses.ts';
import type { Chip } from './chip.ts';
import { initialTrustPoints } from './trust-points.ts';

/** A chip's STORE DATA sequence fits its buffer: a CV certificate with an RSA-4096 key takes 1.2 KB. */
const STORE_DATA_BYTES_MAX = 4096;

/** STORE DATA (GPC v2.3.1 §11.11): blocks numbered in P2; the last one (P1 bit 8) puts the whole sequence into force at once. */
export function storeData(chip: Chip, command: ParsedCommandApdu): ResponseApdu {
  const { volatile } = chip;
  if (!volatile.personalising) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  if ((command.p1 & 0x18) !== 0x08) return status(StatusWord.INCORRECT_P1_P2);
  if (command.p2 === 0) volatile.storeData = [];
  if (command.p2 !== volatile.storeData.length) return status(StatusWord.INCORRECT_P1_P2);
  volatile.storeData.push(command.data);
  const all = concat(...volatile.storeData);
  if (all.length > STORE_DATA_BYTES_MAX) return status(StatusWord.NOT_ENOUGH_MEMORY);
  if ((command.p1 & 0x80) === 0) return DONE;
  volatile.storeData = [];
  try {
    const groupings = decodeDataGroupings(all);
    const byId = new Map(groupings.map(({ dgi, data }) => [dgi, data]));
    if (byId.size !== groupings.length) return status(StatusWord.WRONG_DATA);
    return apply(chip, byId, (command.p1 & 0x60) === 0x60);
  } catch (error) {
    if (error instanceof DecodeError) return status(StatusWord.WRONG_DATA);
    throw error;
  }
}

/** Data groupings of the profile. A sequence has those of one line. */
const DGI = {
  mrz: 0xa001,
  can: 0xa002,
  pin: 0xa006,

  bindingTag: 0xa003,

  trustPoint: 0xa004,
  currentDate: 0xa005,
} as const;

function apply(chip: Chip, groupings: ReadonlyMap<number, Uint8Array>, encrypted: boolean): ResponseApdu {
  const tag = groupings.get(DGI.bindingTag);
  if (tag !== undefined) return groupings.size === 1 ? writeBindingTag(chip, tag) : status(StatusWord.WRONG_DATA);
  const [certificate, date] = [groupings.get(DGI.trustPoint), groupings.get(DGI.currentDate)];
  if (certificate !== undefined && date !== undefined && groupings.size === 2) return writeTrustPoint(chip, certificate, date);
  return encrypted ? writeSecrets(chip, groupings) : status(StatusWord.WRONG_DATA);
}

function writeBindingTag(chip: Chip, tag: Uint8Array): ResponseApdu {
  if (tag.length < 16 || tag.length > 32) return status(StatusWord.WRONG_DATA);
  const held = chip.memory.bindingTag;
  if (held !== null) return equalBytes(held, tag) ? DONE : status(StatusWord.CONDITIONS_NOT_SATISFIED);
  chip.memory.writeBindingTag(tag);
  return DONE;
}

/** The first trust point of Terminal Authentication and the chip's first date (Doc 9303-11 §7.1.4.3); again, it replaces what was there. */
function writeTrustPoint({ memory }: Chip, certificate: Uint8Array, date: Uint8Array): ResponseApdu {
  const trustPoints = initialTrustPoints(certificate, date);
  if (trustPoints === undefined) return status(StatusWord.WRONG_DATA);
  if (memory.bindingTag === null) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  memory.setTrustPoints(trustPoints);
  return DONE;
}

const SECRETS: ReadonlyMap<number, { readonly role: SecretRole; readonly fits: (value: Uint8Array) => boolean }> = new Map([
  [
    DGI.mrz,
    { role: 'mrz', fits: (value) => value.length >= 24 && value.length <= 64 && value.every((byte) => byte >= 0x20 && byte <= 0x7e) },
  ],
  [DGI.can, { role: 'can', fits: (value) => value.length === 6 && value.every(isDigit) }],
  [DGI.pin, { role: 'pin', fits: (value) => value.length >= 4 && value.length <= 12 && value.every(isDigit) }],
]);

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Secrets come under the DEK, padded. */
function writeSecrets(chip: Chip, groupings: ReadonlyMap<number, Uint8Array>): ResponseApdu {
  const secrets: Partial<Record<SecretRole, Uint8Array>> = {};
  for (const [dgi, data] of groupings) {
    const secret = SECRETS.get(dgi);
    const padded = chip.volatile.decryptSensitive?.(data);
    const value = padded === undefined ? undefined : unpad2(padded);
    if (secret === undefined || value === undefined || !secret.fits(value)) return status(StatusWord.WRONG_DATA);
    secrets[secret.role] = value;
  }
  if (groupings.size === 0) return status(StatusWord.WRONG_DATA);
  if (chip.memory.bindingTag === null) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  chip.memory.setSecrets(secrets);
  return DONE;
}
