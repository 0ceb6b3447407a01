import { ByteReader, DecodeError } from '#encoder/bytes';
import { decodeTlvs, enter, type Tlv } from '#encoder/tlv';
import type { ChipStatus, FileStatus } from '../card-driver.ts';
import { DriverError } from '../driver-error.ts';
import { ecSpki, rsaSpki } from './public-keys.ts';

const OPERATION = 'GET DATA personalisation status';

/** The object DF23 of the chip specification, §4.6. Throws `DriverError` CHIP_ANSWER_INVALID. */
export function decodeStatus(bytes: Uint8Array): ChipStatus {
  try {
    const objects = decodeTlvs(enter(new ByteReader(bytes, 'DF23'), 0xdf23).rest(), 'DF23');
    const one = (tag: number): Uint8Array | undefined => objects.find((object) => object.tag === tag)?.value;
    const [rsa, ec] = [one(0xa3), one(0xa4)];
    return {
      lifeCycle: one(0x80)?.[0] === 0x01 ? 'blank' : 'personalising',
      bindingTag: one(0x81) ?? null,
      accessSecretsSet: one(0x82)?.[0] === 0x01,
      keys:
        rsa === undefined || ec === undefined
          ? null
          : { activeAuthentication: rsaSpki(rsa, OPERATION), chipAuthentication: ecSpki(ec, OPERATION) },
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
  return { fid: number(0x80), size: number(0x81), written: number(0x82), sha256: field(0x83, 32) };
}
