import { type Codec, type Example, fromHex } from '#encoder/bytes';
import { DER, decodeOnly, enter, readRaw, tlv } from '#encoder/tlv';

/**
 * EF.SOD (Doc 9303-10 §4.6.2): `77 { ContentInfo }`. The CMS structure inside is made and read by `pki/sod`; here it is one
 * SEQUENCE whose length must be right.
 */
export interface EfSod {
  /** ContentInfo with SignedData, DER. */
  readonly contentInfo: Uint8Array;
}

export const efSod: Codec<EfSod> = {
  encode: ({ contentInfo }) => tlv(0x77, contentInfo),
  decode(bytes) {
    const outer = decodeOnly(bytes, 0x77, 'EF.SOD');
    if (outer.peek() !== DER.SEQUENCE) throw outer.error('BYTES_UNEXPECTED', undefined, 'not a ContentInfo');
    const contentInfo = readRaw(outer);
    outer.end();
    enter(decodeOnly(contentInfo, DER.SEQUENCE, 'EF.SOD/ContentInfo'), DER.OBJECT_IDENTIFIER);
    return { contentInfo };
  },
};

export const efSodExamples: readonly Example<EfSod>[] = [
  {
    name: 'an empty content of type signedData',
    source: 'synthetic',
    value: { contentInfo: fromHex('300D 06092A864886F70D010702 A000') },
    hex: '770F 300D 06092A864886F70D010702 A000',
  },
];
