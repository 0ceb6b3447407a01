import type { ByteReader } from '#encoder/bytes';
import { decodeOnly, enter, readOctetString, readOid, readPrintableString, readSmallInteger, readTlv } from '#encoder/tlv';

/** An LDSSecurityObject (Doc 9303-10 §4.6.2.3) as it stands: what it should not say, it may say here. */
export interface LdsForm {
  readonly version: number;
  readonly digestOid: string;
  readonly digestParameters: 'absent' | 'null' | 'other';
  readonly hashes: readonly { readonly dataGroup: number; readonly hash: Uint8Array }[];
  readonly versionInfo: { readonly ldsVersion: string; readonly unicodeVersion: string } | undefined;
}

/** More than the sixteen that there can be, so that a seventeenth is named. */
const HASHES_MAX = 64;

export function readLdsForm(content: Uint8Array): LdsForm {
  const object = decodeOnly(content, 0x30, 'LDSSecurityObject');
  const version = readSmallInteger(object);
  const algorithm = enter(object, 0x30);
  const digestOid = readOid(algorithm);
  const digestParameters = readParameters(algorithm);
  const hashes = readHashes(enter(object, 0x30));
  const versionInfo = object.remaining > 0 ? readVersionInfo(enter(object, 0x30)) : undefined;
  object.end();
  return { version, digestOid, digestParameters, hashes, versionInfo };
}

function readParameters(algorithm: ByteReader): LdsForm['digestParameters'] {
  if (algorithm.remaining === 0) return 'absent';
  const { tag, value } = readTlv(algorithm);
  algorithm.end();
  return tag === 0x05 && value.length === 0 ? 'null' : 'other';
}

function readHashes(list: ByteReader): LdsForm['hashes'] {
  const hashes: { dataGroup: number; hash: Uint8Array }[] = [];
  while (list.remaining > 0) {
    if (hashes.length >= HASHES_MAX) throw list.error('BYTES_LIMIT', undefined, `more than ${HASHES_MAX} hashes`);
    const item = enter(list, 0x30);
    hashes.push({ dataGroup: readSmallInteger(item), hash: readOctetString(item) });
    item.end();
  }
  return hashes;
}

function readVersionInfo(info: ByteReader): LdsForm['versionInfo'] {
  const versions = { ldsVersion: readPrintableString(info), unicodeVersion: readPrintableString(info) };
  info.end();
  return versions;
}
