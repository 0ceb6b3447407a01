import { type ApduChannel, expectSuccess } from '#encoder/apdu';
import { ByteReader, type Codec, concat, DecodeError, type Example, uintBE } from '#encoder/bytes';
import { decodeOnly, readTlvs, tagName, tlv } from '#encoder/tlv';
import { ScpError } from './scp-error.ts';

/** One key of a security domain, as GET DATA E0 lists it. */
export interface KeyInformation {
  /** 1 ENC, 2 MAC, 3 DEK. */
  readonly id: number;
  readonly version: number;
  /** Key types as in PUT KEY (80 triple DES, 88 AES) and lengths in bytes; a symmetric key has one. */
  readonly components: readonly { readonly type: number; readonly length: number }[];
}

const TEMPLATE = 0xe0;
const KEY_INFORMATION_DATA = 0xc0;
/** A first key type of FF announces the extended format, which has usage and access after it: RSA and EC keys, none of a secure channel. */
const EXTENDED_FORMAT = 0xff;

/**
 * Key Information Template (GPC v2.3.1 §11.3.3.1, basic format): E0 { C0 L id version (type length)+ }*.
 * `decode` throws `DecodeError`.
 */
export const keyInformationTemplate: Codec<readonly KeyInformation[]> = {
  encode: (keys) =>
    tlv(
      TEMPLATE,
      ...keys.map(({ id, version, components }) =>
        tlv(
          KEY_INFORMATION_DATA,
          Uint8Array.of(id, version),
          concat(...components.map(({ type, length }) => concat(uintBE(type, 1), uintBE(length, 1)))),
        ),
      ),
    ),
  decode(bytes) {
    const template = decodeOnly(bytes, TEMPLATE, 'key information');
    return readTlvs(template).map(({ tag, value, offset }) => {
      const reader = new ByteReader(value, 'key information/E0/C0', offset);
      if (tag !== KEY_INFORMATION_DATA) throw reader.error('BYTES_UNEXPECTED', undefined, `tag ${tagName(tag)}`);
      return readKeyInformation(reader);
    });
  },
};

export const keyInformationExamples: readonly Example<readonly KeyInformation[]>[] = [
  { name: 'a domain without keys', source: 'synthetic', value: [], hex: 'E000' },
  {
    name: 'one SCP02 set and one AES-256 key, table of GPC v2.3.1 §11.3.3.1',
    source: 'synthetic',
    value: [
      { id: 1, version: 0xff, components: [{ type: 0x80, length: 16 }] },
      { id: 2, version: 0xff, components: [{ type: 0x80, length: 16 }] },
      { id: 3, version: 0xff, components: [{ type: 0x80, length: 16 }] },
      { id: 1, version: 0x30, components: [{ type: 0x88, length: 32 }] },
    ],
    hex: 'E018 C00401FF8010 C00402FF8010 C00403FF8010 C00401308820',
  },
];

/** GET DATA [key information template] (GPC v2.3.1 §11.3). Throws `ScpError` SCP_ANSWER_INVALID, `CardError` CARD_REFUSED. */
export async function getKeyInformation(channel: ApduChannel): Promise<readonly KeyInformation[]> {
  const answer = await channel.send({ cla: 0x80, ins: 0xca, p1: 0x00, p2: TEMPLATE, le: 256 });
  try {
    return keyInformationTemplate.decode(expectSuccess(answer, 'GET DATA key information'));
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new ScpError('SCP_ANSWER_INVALID', { where: cause.where ?? 'key information', cause });
  }
}

function readKeyInformation(reader: ByteReader): KeyInformation {
  const id = reader.uint(1, 'id');
  const version = reader.uint(1, 'version');
  const components: { type: number; length: number }[] = [];
  do {
    const type = reader.uint(1, 'type');
    if (type === EXTENDED_FORMAT) throw reader.error('BYTES_UNEXPECTED', 'type', 'extended format');
    components.push({ type, length: reader.uint(1, 'length') });
  } while (reader.remaining > 0);
  return { id, version, components };
}
