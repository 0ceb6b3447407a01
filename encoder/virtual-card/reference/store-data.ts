import { unpad2 } from '#encoder/access';
import { StatusWord, type ParsedCommandApdu, type ResponseApdu } from '#encoder/apdu';
import { equalBytes } from '#encoder/bytes';
import type { DataGrouping } from '#encoder/globalplatform';
import type { SecretRole } from '../memory.ts';
import { DONE, status } from '../responses.ts';
import type { Chip } from './chip.ts';
import { initialTrustPoints } from './trust-points.ts';

/** STORE DATA (GPC v2.3.1 §11.11): the last block puts the whole sequence into force at once. */
export function storeData(chip: Chip, command: ParsedCommandApdu): ResponseApdu {
  if (!chip.volatile.personalising) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  const { sw, groupings } = chip.volatile.storeData.take(command);
  return groupings === undefined ? status(sw) : apply(chip, groupings);
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

function apply(chip: Chip, groupings: readonly DataGrouping[]): ResponseApdu {
  const byId = new Map(groupings.map((grouping) => [grouping.dgi, grouping]));
  if (byId.size !== groupings.length || groupings.length === 0) return status(StatusWord.WRONG_DATA);
  if (groupings.every(({ encrypted }) => encrypted === true)) return writeSecrets(chip, groupings);
  const [tag, certificate, date] = [DGI.bindingTag, DGI.trustPoint, DGI.currentDate].map((dgi) => byId.get(dgi)?.data);
  if (tag !== undefined && byId.size === 1) return writeBindingTag(chip, tag);
  if (certificate !== undefined && date !== undefined && byId.size === 2) return writeTrustPoint(chip, certificate, date);
  return status(StatusWord.WRONG_DATA);
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
function writeSecrets(chip: Chip, groupings: readonly DataGrouping[]): ResponseApdu {
  const secrets: Partial<Record<SecretRole, Uint8Array>> = {};
  for (const { dgi, data } of groupings) {
    const secret = SECRETS.get(dgi);
    const padded = chip.volatile.decryptSensitive?.(data);
    const value = padded === undefined ? undefined : unpad2(padded);
    if (secret === undefined || value === undefined || !secret.fits(value)) return status(StatusWord.WRONG_DATA);
    secrets[secret.role] = value;
  }
  if (chip.memory.bindingTag === null) return status(StatusWord.CONDITIONS_NOT_SATISFIED);
  chip.memory.setSecrets(secrets);
  return DONE;
}
