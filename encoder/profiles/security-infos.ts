import { concat, fromHex } from '#encoder/bytes';
import { dg14Of, encodeSecurityInfo, inDerOrder, PROTOCOL, type SecurityInfo } from '#encoder/lds';
import { derOctetString, derSequence, derSet } from '#encoder/tlv';
import { chipAuthenticationKeyInfo } from './chip-keys.ts';
import type { CardProfile } from './profile-schema.ts';
import { CHIP_AUTHENTICATION_PROTOCOLS, PACE_PROTOCOLS, PLAIN_ECDSA } from './protocol-names.ts';

type Announcement = CardProfile['access']['announces'][number];

/** What EF.CardAccess announces, in DER order. */
export function announcedInfos(profile: CardProfile): readonly SecurityInfo[] {
  return inDerOrder(profile.access.announces.map(infoOf));
}

/**
 * All SecurityInfos of DG14: those of EF.CardAccess, the key of Chip Authentication, and the algorithm of Active Authentication
 * where it is not RSA (Doc 9303-11 §9.2.4, §9.2.11).
 */
export function dg14Infos(profile: CardProfile, chipAuthenticationKey: Uint8Array | null): readonly SecurityInfo[] {
  return dg14Of(announcedInfos(profile), [...chipKeyInfos(profile, chipAuthenticationKey), ...activeAuthenticationInfos(profile)])
    .securityInfos;
}

/**
 * The content of EF.CardSecurity, which is to be signed as CMS SignedData: SecurityInfos as Doc 9303-11 §9.2.11 lists them,
 * DER, with the key that Chip Authentication Mapping proves.
 */
export function cardSecurityContent(profile: CardProfile, chipAuthenticationKey: Uint8Array | null): Uint8Array {
  return derSet(...inDerOrder([...announcedInfos(profile), ...chipKeyInfos(profile, chipAuthenticationKey)]).map(encodeSecurityInfo));
}

function infoOf(announcement: Announcement): SecurityInfo {
  const { kind, protocol, version } = announcement;
  switch (kind) {
    case 'PACEInfo':
      return { kind, protocol: oidIn(PACE_PROTOCOLS, protocol), version, parameterId: announcement.parameterId };
    case 'ChipAuthenticationInfo': {
      const { keyId } = announcement;
      return { kind, protocol: oidIn(CHIP_AUTHENTICATION_PROTOCOLS, protocol), version, ...(keyId === undefined ? {} : { keyId }) };
    }
    case 'TerminalAuthenticationInfo': {
      const { efCvca } = announcement;
      return { kind, protocol: PROTOCOL['id-TA'], version, ...(efCvca === undefined ? {} : { efCvca: fileReference(efCvca) }) };
    }
  }
}

/** `FileID ::= SEQUENCE { fid OCTET STRING (SIZE(2)), sfid OCTET STRING (SIZE(1)) OPTIONAL }` (BSI TR-03110-3 A.1.1.3). */
function fileReference({ fileId, shortFileId }: { readonly fileId: string; readonly shortFileId?: string }): Uint8Array {
  const short = shortFileId === undefined ? new Uint8Array() : derOctetString(fromHex(shortFileId));
  return derSequence(concat(derOctetString(fromHex(fileId)), short));
}

function chipKeyInfos(profile: CardProfile, key: Uint8Array | null): readonly SecurityInfo[] {
  const { chipAuthentication } = profile.algorithms;
  if (chipAuthentication === null) return [];
  const keyId = profile.access.announces.find((info) => info.kind === 'ChipAuthenticationInfo')?.keyId;
  return [
    {
      kind: 'ChipAuthenticationPublicKeyInfo',
      protocol: PROTOCOL[chipAuthentication.kind === 'dh' ? 'id-PK-DH' : 'id-PK-ECDH'],
      subjectPublicKeyInfo: chipAuthenticationKeyInfo(profile, key),
      ...(keyId === undefined ? {} : { keyId }),
    },
  ];
}

function activeAuthenticationInfos({ algorithms: { activeAuthentication } }: CardProfile): readonly SecurityInfo[] {
  if (activeAuthentication?.kind !== 'ecdsa') return [];
  return [
    {
      kind: 'ActiveAuthenticationInfo',
      protocol: PROTOCOL['id-icao-mrtd-security-aaProtocolObject'],
      version: 1,
      signatureAlgorithm: PLAIN_ECDSA[activeAuthentication.digest],
    },
  ];
}

/** The schema has only names of these tables. */
function oidIn(table: ReadonlyMap<string, string>, name: string): string {
  const oid = table.get(name);
  if (oid === undefined) throw new RangeError(`no protocol ${name}`);
  return oid;
}
