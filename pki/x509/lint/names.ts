import { ByteReader } from '#encoder/bytes';
import { decodeOnly, decodeTlvs, readOidContent } from '#encoder/tlv';

export interface NameAttribute {
  readonly type: string;
  readonly tag: number;
  readonly value: Uint8Array;
  readonly text: string;
}

/** All attributes of a Name in DER, whatever relative name they stand in. Throws `DecodeError`. */
export function attributes(name: Uint8Array): readonly NameAttribute[] {
  return decodeTlvs(decodeOnly(name, 0x30, 'name').rest(), 'name').flatMap((relative) =>
    decodeTlvs(relative.value, 'name/rdn').map((pair) => {
      const [oid, value] = decodeTlvs(pair.value, 'name/rdn/attribute');
      const content = value?.value ?? new Uint8Array();
      return {
        type: oid === undefined ? '' : readOidContent(new ByteReader(oid.value, 'name/rdn/attribute')),
        tag: value?.tag ?? 0,
        value: content,
        text: Buffer.from(content).toString('utf8'),
      };
    }),
  );
}

export function attributesOf(name: Uint8Array, type: string): readonly NameAttribute[] {
  return attributes(name).filter((attribute) => attribute.type === type);
}
