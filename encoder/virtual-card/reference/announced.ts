import {
  AccessError,
  chipAuthenticationParameters,
  paceParameters,
  type ChipAuthenticationParameters,
  type PaceParameters,
} from '#encoder/access';
import { ByteReader, DecodeError } from '#encoder/bytes';
import { DER, enter, readInteger, readOid, readSmallInteger, readTlv } from '#encoder/tlv';
import { fileAddress, type ChipMemory } from '../memory.ts';

/** What a chip says that it can do, in EF.CardAccess and EF.DG14 (SecurityInfos, Doc 9303-11 §9.2), as far as it can. */
export interface Announced {
  /** One for each PACEInfo of EF.CardAccess with standardised domain parameters. */
  readonly pace: readonly PaceParameters[];
  readonly chipAuthentication: readonly ChipAuthenticationParameters[];
  /** Of the Chip Authentication key, when DG14 gives it one. */
  readonly keyId?: bigint;
  /** `signatureAlgorithm` of ActiveAuthenticationInfo, dotted. */
  readonly activeAuthentication?: string;
}

/** Object identifiers (Doc 9303-11 §9.2.3 to §9.2.7). */
const BSI = '0.4.0.127.0.7.2.2';
const ID_PK_DH = `${BSI}.1.1`;
const ID_PK = `${BSI}.1.`;
const ID_CA = `${BSI}.3.`;
const ID_PACE = `${BSI}.4.`;
const ID_AA = '2.23.136.1.1.5';
const TDES = '.1';

const EF_CARD_ACCESS = fileAddress('MF', 0x011c);
export const EF_DG14 = fileAddress('eMRTD', 0x010e);
const INFOS_MAX = 64;

/** By the files as they are written. What cannot be read, or is of a protocol that this chip does not have, announces nothing. */
export function announcedBy(memory: ChipMemory): Announced {
  const pace = readable(() => infosOf(memory.file(EF_CARD_ACCESS)?.content, 'EF.CardAccess').flatMap(paceOf)) ?? [];
  return { pace, ...(readable(() => announcedByDg14(memory.file(EF_DG14)?.content)) ?? { chipAuthentication: [] }) };
}

/** Whether DG14 asks for a key of Chip Authentication; what this chip cannot read might. */
export function wantsChipAuthentication(memory: ChipMemory): boolean {
  const content = memory.file(EF_DG14)?.content;
  if (content === undefined) return false;
  const infos = readable(() => infosOf(enter(new ByteReader(content, 'DG14'), 0x6e).rest(), 'DG14'));
  return infos?.some(({ oid }) => oid.startsWith(ID_CA) || oid.startsWith(ID_PK)) ?? true;
}

function announcedByDg14(content: Uint8Array | undefined): Omit<Announced, 'pace'> {
  const infos = content === undefined ? [] : infosOf(enter(new ByteReader(content, 'DG14'), 0x6e).rest(), 'DG14');
  const ciphers = infos.filter(({ oid }) => oid.startsWith(ID_CA)).flatMap(({ oid }) => supported(() => chipAuthenticationParameters(oid)));
  const key = infos.find(({ oid }) => oid.startsWith(ID_PK));
  const keyId = key === undefined ? undefined : keyIdOf(key);
  const active = infos.find(({ oid }) => oid === ID_AA);
  return {
    chipAuthentication: ciphers.length > 0 || key === undefined ? ciphers : [implied(key)],
    ...(keyId === undefined ? {} : { keyId }),
    ...(active === undefined ? {} : { activeAuthentication: signatureAlgorithmOf(active) }),
  };
}

interface SecurityInfo {
  readonly oid: string;
  /** requiredData and optionalData. */
  readonly data: Uint8Array;
}

/** SecurityInfos: SET OF SEQUENCE { OBJECT IDENTIFIER, ANY, ANY OPTIONAL }. Throws `DecodeError`. */
function infosOf(set: Uint8Array | undefined, path: string): readonly SecurityInfo[] {
  if (set === undefined) return [];
  const reader = enter(new ByteReader(set, path), DER.SET);
  const infos: SecurityInfo[] = [];
  while (reader.remaining > 0) {
    if (infos.length >= INFOS_MAX) throw reader.error('BYTES_LIMIT', undefined, `more than ${INFOS_MAX}`);
    const info = enter(reader, DER.SEQUENCE);
    infos.push({ oid: readOid(info), data: info.rest() });
  }
  return infos;
}

/** PACEInfo: version, parameterId; without one the domain parameters are the chip maker's own, which this one has not. */
function paceOf({ oid, data }: SecurityInfo): readonly PaceParameters[] {
  if (!oid.startsWith(ID_PACE)) return [];
  const members = new ByteReader(data, 'PACEInfo');
  readSmallInteger(members);
  if (members.remaining === 0) return [];
  const parameterId = readSmallInteger(members);
  return supported(() => paceParameters(oid, parameterId));
}

/** A key without a ChipAuthenticationInfo, as early passports have it, is one for 3DES. */
function implied({ oid }: SecurityInfo): ChipAuthenticationParameters {
  return chipAuthenticationParameters(`${ID_CA}${oid === ID_PK_DH ? 1 : 2}${TDES}`);
}

/** ChipAuthenticationPublicKeyInfo: SubjectPublicKeyInfo, keyId OPTIONAL. */
function keyIdOf({ data }: SecurityInfo): bigint | undefined {
  const members = new ByteReader(data, 'ChipAuthenticationPublicKeyInfo');
  readTlv(members);
  return members.remaining === 0 ? undefined : readInteger(members);
}

/** ActiveAuthenticationInfo: version, signatureAlgorithm. */
function signatureAlgorithmOf({ data }: SecurityInfo): string {
  const members = new ByteReader(data, 'ActiveAuthenticationInfo');
  readSmallInteger(members);
  return readOid(members);
}

function supported<T>(parameters: () => T): readonly T[] {
  try {
    return [parameters()];
  } catch (error) {
    if (error instanceof AccessError) return [];
    throw error;
  }
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
