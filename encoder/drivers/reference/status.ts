import { ByteReader, DecodeError } from '#encoder/bytes';
import { decodeTlvs, enter, type Tlv } from '#encoder/tlv';
import type { ChipStatus, FileStatus } from '../card-driver.ts';
import { DriverError } from '../driver-error.ts';
import { readPublicKey } from './chip-keys.ts';

const OPERATION = 'GET DATA personalisation status';

/** The object DF23 of the chip specification, §4.2. Throws `DriverError` CHIP_ANSWER_INVALID. */
export function decodeStatus(bytes: Uint8Array): ChipStatus {
  try {
    const objects = decodeTlvs(enter(new ByteReader(bytes, 'DF23'), 0xdf23).rest(), 'DF23');
    const one = (tag: number): Uint8Array | undefined => objects.find((object) => object.tag === tag)?.value;
    const key = (tag: number): Uint8Array | null => {
      const template = one(tag);
      return template === undefined ? null : readPublicKey(template, OPERATION).spki;
    };
    const keys = { activeAuthentication: key(0xa3), chipAuthentication: key(0xa4) };
    return {
      lifeCycle: one(0x80)?.[0] === 0x01 ? 'blank' : 'personalising',
      bindingTag: one(0x81) ?? null,
      accessSecretsSet: one(0x82)?.[0] === 0x01,
      trustPointSet: one(0x86)?.[0] === 0x01,
      keys: keys.activeAuthentication === null && keys.chipAuthentication === null ? null : keys,
      files: objects.filter((object) => object.tag === 0xa5).map(decodeFile),
    };
  } catch (cause) {
    if (cause instanceof DecodeError) throw new DriverError('CHIP_ANSWER_INVALID', OPERATION, { cause, detail: cause.where ?? '' });
    throw cause;
  }
}

function decodeFile(object: Tlv): FileStatus {
  const path = 'DF23/A5';
  const members = new Map(decodeTlvs(object.value, path, object.offset ?? 0).map((member) => [member.tag, member.value]));
  const field = (tag: number, length: number): Uint8Array => {
    const value = members.get(tag);
    if (value?.length === length) return value;
    throw new DecodeError('BYTES_UNEXPECTED', { path, offset: object.offset ?? 0 }, { detail: `data object ${tag.toString(16)}` });
  };
  const number = (tag: number): number => field(tag, 2).reduce((value, byte) => value * 256 + byte, 0);
  const directory = members.get(0x84)?.[0] === 0x00 ? 'MF' : 'eMRTD';
  return { directory, fid: number(0x80), size: number(0x81), written: number(0x82), sha256: field(0x83, 32) };
}
