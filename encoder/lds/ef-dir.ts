import { ByteReader, type Codec, concat, type Example, fromHex, utf8 } from '#encoder/bytes';
import { enter, readTlv, tlv } from '#encoder/tlv';
import type { DataObject } from './elementary-file.ts';

/**
 * EF.DIR (Doc 9303-10 §3.11.2): what applications the chip has, in any order. A series of application templates with nothing
 * around it.
 *
 * ```
 * 61 { 4F application identifier, further data objects … } …
 * ```
 */
export interface EfDir {
  readonly applications: readonly ApplicationTemplate[];
}

export interface ApplicationTemplate {
  /** 5 to 16 bytes (ISO/IEC 7816-4 §12.2.3): the registered provider, then its own extension. */
  readonly applicationId: Uint8Array;
  /** Whatever else stands in the template after the identifier, e.g. `50`, a label. Doc 9303 has none. */
  readonly further: readonly DataObject[];
}

const TEMPLATE = 0x61;
const APPLICATION_ID = 0x4f;
/** A multi-application card has a handful; the file is read before any authentication. */
const APPLICATIONS_MAX = 32;
/** An application template has a handful of data objects at most. */
const FURTHER_MAX = 16;
const ID_BYTES = { least: 5, most: 16 };

export const efDir: Codec<EfDir> = {
  encode({ applications }) {
    if (applications.length === 0 || applications.length > APPLICATIONS_MAX) throw new RangeError(`1 to ${APPLICATIONS_MAX} applications`);
    return concat(
      ...applications.map(({ applicationId, further }) => {
        if (applicationId.length < ID_BYTES.least || applicationId.length > ID_BYTES.most || further.length > FURTHER_MAX) {
          throw new RangeError(`an identifier of 5 to 16 bytes, and at most ${FURTHER_MAX} data objects`);
        }
        return tlv(TEMPLATE, tlv(APPLICATION_ID, applicationId), ...further.map(({ tag, value }) => tlv(tag, value)));
      }),
    );
  },

  decode(bytes) {
    const reader = new ByteReader(bytes, 'EF.DIR');
    const applications: ApplicationTemplate[] = [];
    while (reader.remaining > 0 || applications.length === 0) {
      if (applications.length >= APPLICATIONS_MAX)
        throw reader.error('BYTES_LIMIT', undefined, `more than ${APPLICATIONS_MAX} applications`);
      applications.push(readTemplate(enter(reader, TEMPLATE)));
    }
    return { applications };
  },
};

function readTemplate(template: ByteReader): ApplicationTemplate {
  const id = enter(template, APPLICATION_ID);
  if (id.remaining < ID_BYTES.least || id.remaining > ID_BYTES.most) {
    throw id.error('BYTES_UNEXPECTED', undefined, `an identifier of ${id.remaining} bytes`);
  }
  const further: DataObject[] = [];
  while (template.remaining > 0) {
    if (further.length >= FURTHER_MAX) throw template.error('BYTES_LIMIT', undefined, `more than ${FURTHER_MAX} data objects`);
    const { tag, value } = readTlv(template);
    further.push({ tag, value });
  }
  return { applicationId: id.rest(), further };
}

const icao = (extension: string): ApplicationTemplate => ({ applicationId: fromHex(`A000000247${extension}`), further: [] });

export const efDirExamples: readonly Example<EfDir>[] = [
  {
    name: 'the eMRTD application alone',
    source: 'ICAO Doc 9303-10 table 31, first row',
    value: { applications: [icao('1001')] },
    hex: '6109 4F07 A0000002471001',
  },
  {
    name: 'all four applications of LDS2',
    source: 'ICAO Doc 9303-10 table 31',
    value: { applications: ['1001', '2001', '2002', '2003'].map(icao) },
    hex: '6109 4F07 A0000002471001 6109 4F07 A0000002472001 6109 4F07 A0000002472002 6109 4F07 A0000002472003',
  },
  {
    name: 'a label after the identifier',
    source: 'synthetic, ISO/IEC 7816-4 §12.2.3',
    value: { applications: [{ ...icao('1001'), further: [{ tag: 0x50, value: utf8('ID') }] }] },
    hex: '610D 4F07 A0000002471001 5002 4944',
  },
];
