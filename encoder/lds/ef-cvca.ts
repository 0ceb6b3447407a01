import { ByteReader, type Codec, concat, DecodeError, type Example } from '#encoder/bytes';
import { enter, tlv } from '#encoder/tlv';

/**
 * EF.CVCA of the eMRTD application (Doc 9303-11 K.2, from BSI TR-03110): the keys that the chip trusts for Terminal
 * Authentication, by name. Always 36 bytes.
 *
 * ```
 * 42 reference, 42 reference, 00 …
 * ```
 */
export interface EfCvca {
  /** Certification Authority References, none to two, the most recent first. */
  readonly references: readonly string[];
}

const REFERENCE = 0x42;
/** Table K-2: fixed, and with it room for two references of 16 characters. */
const FILE_BYTES = 36;
const REFERENCES_MAX = 2;
/** Country, mnemonic of the holder in ISO/IEC 8859-1, sequence number (BSI TR-03110-3 A.6.1). */
const CERTIFICATION_AUTHORITY_REFERENCE = /^[A-Z]{2}[\x20-\x7e\xa0-\xff]{1,9}[0-9A-Za-z]{5}$/;

export const efCvca: Codec<EfCvca> = {
  encode({ references }) {
    if (references.length > REFERENCES_MAX) throw new RangeError(`at most ${REFERENCES_MAX} references`);
    if (!references.every((reference) => CERTIFICATION_AUTHORITY_REFERENCE.test(reference))) {
      throw new RangeError('not a Certification Authority Reference');
    }
    const objects = concat(...references.map((reference) => tlv(REFERENCE, Uint8Array.from(Buffer.from(reference, 'latin1')))));
    return concat(objects, new Uint8Array(FILE_BYTES - objects.length));
  },

  decode(bytes) {
    const reader = new ByteReader(bytes, 'EF.CVCA');
    const file = reader.sub(FILE_BYTES, 'references');
    reader.end();
    const references: string[] = [];
    while (file.peek() === REFERENCE) {
      if (references.length >= REFERENCES_MAX) throw file.error('BYTES_LIMIT', undefined, `more than ${REFERENCES_MAX} references`);
      const object = enter(file, REFERENCE);
      const { path, offset } = object;
      const reference = Buffer.from(object.rest()).toString('latin1');
      if (!CERTIFICATION_AUTHORITY_REFERENCE.test(reference)) {
        throw new DecodeError('BYTES_UNEXPECTED', { path, offset }, { detail: 'not a Certification Authority Reference' });
      }
      references.push(reference);
    }
    while (file.remaining > 0) {
      if (file.peek() !== 0) throw file.error('BYTES_UNEXPECTED', 'padding', 'neither a reference nor 00');
      file.take(1);
    }
    return { references };
  },
};

export const efCvcaExamples: readonly Example<EfCvca>[] = [
  {
    name: 'two references that fill the file',
    source: 'synthetic, ICAO Doc 9303-11 table K-2',
    value: { references: ['VNCVCA-ID0100002', 'VNCVCA-ID0100001'] },
    hex: '4210 564E435643412D494430313030303032 4210 564E435643412D494430313030303031',
  },
  {
    name: 'one reference and padding',
    source: 'synthetic, ICAO Doc 9303-11 table K-2',
    value: { references: ['DECVCAEPASS00102'] },
    hex: `4210 44454356434145504153533030313032 ${'00'.repeat(18)}`,
  },
];
