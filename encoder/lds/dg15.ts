import { type Codec, type Example, fromHex } from '#encoder/bytes';
import { decodeOnly, tlv } from '#encoder/tlv';
import { checkSubjectPublicKeyInfo } from './public-key.ts';

/** EF.DG15 (Doc 9303-10 §4.7.15): `6F { SubjectPublicKeyInfo }`, the public key of Active Authentication. */
export interface Dg15 {
  /** DER; `decodeSubjectPublicKeyInfo` reads it. */
  readonly subjectPublicKeyInfo: Uint8Array;
}

export const dg15: Codec<Dg15> = {
  encode({ subjectPublicKeyInfo }) {
    checkSubjectPublicKeyInfo(subjectPublicKeyInfo, 'SubjectPublicKeyInfo');
    return tlv(0x6f, subjectPublicKeyInfo);
  },
  decode(bytes) {
    const outer = decodeOnly(bytes, 0x6f, 'DG15');
    const { path, offset } = outer;
    const subjectPublicKeyInfo = outer.rest();
    checkSubjectPublicKeyInfo(subjectPublicKeyInfo, path, offset);
    return { subjectPublicKeyInfo };
  },
};

export const dg15Examples: readonly Example<Dg15>[] = [
  {
    name: 'the smallest thing of the right form: no algorithm of ours, eight bits of key',
    source: 'synthetic, ICAO Doc 9303-11 §9.1',
    value: { subjectPublicKeyInfo: fromHex('300A 3004 06022A03 0302 00FF') },
    hex: '6F0C 300A 3004 06022A03 0302 00FF',
  },
];
