import { type ByteReader, type Codec, type Example } from '#encoder/bytes';
import {
  DER,
  decodeOnly,
  derInteger,
  derOid,
  derPrintableString,
  derSequence,
  derSet,
  derUtf8String,
  enter,
  readOid,
  readPrintableString,
  readSmallInteger,
  readUtf8String,
  tlv,
} from '#encoder/tlv';

/**
 * EF.DG13 as Vietnamese cards hold it: numbered fields, each with no value, one string, or a list of strings.
 *
 * ```
 * 6D { SEQUENCE { INTEGER 1, OBJECT IDENTIFIER 1.0.10646.1.0.8, SET { SEQUENCE { INTEGER nn, value… } … } } }
 * ```
 *
 * The members of the SET stand in the order of their numbers, not in DER order; each member of a list is a SEQUENCE of one
 * UTF8String. Which field means what is the grammar of a card profile (`dg13-grammar.ts`).
 */
export interface Dg13 {
  readonly version: number;
  readonly fields: readonly Dg13Field[];
}

export interface Dg13Field {
  /** 1 to 32: sixteen are in use, sixteen more are reserved by readers of newer cards. */
  readonly index: number;
  readonly content: Dg13Content;
}

export type Dg13Content =
  /** The number alone. */
  | { readonly kind: 'none' }
  | { readonly kind: 'printable'; readonly text: string }
  | { readonly kind: 'utf8'; readonly text: string }
  /** One SEQUENCE each; null is a SEQUENCE with nothing in it. */
  | { readonly kind: 'list'; readonly texts: readonly (string | null)[] };

/** ISO/IEC 10646, UTF-8. */
const CHARACTER_SET = '1.0.10646.1.0.8';
const FIELDS_MAX = 32;
const LIST_MAX = 16;
/** Longer than any address that fits the card; it bounds what a hostile file can make us hold. */
const TEXT_BYTES_MAX = 2048;

export const dg13: Codec<Dg13> = {
  encode({ version, fields }) {
    if (fields.length > FIELDS_MAX) throw new RangeError(`more than ${FIELDS_MAX} fields`);
    assertAscending(fields.map(({ index }) => index));
    const members = fields.map(({ index, content }) => derSequence(derInteger(index), ...contentMembers(content)));
    return tlv(0x6d, derSequence(derInteger(version), derOid(CHARACTER_SET), derSet(...members)));
  },

  decode(bytes) {
    const outer = decodeOnly(bytes, 0x6d, 'DG13');
    const body = enter(outer, DER.SEQUENCE);
    outer.end();
    const version = readSmallInteger(body, 255);
    if (readOid(body) !== CHARACTER_SET) throw body.error('BYTES_UNEXPECTED', 'characterSet', 'not ISO/IEC 10646 UTF-8');
    const set = enter(body, DER.SET);
    body.end();
    const fields: Dg13Field[] = [];
    while (set.remaining > 0) {
      if (fields.length >= FIELDS_MAX) throw set.error('BYTES_LIMIT', undefined, `more than ${FIELDS_MAX} fields`);
      const member = enter(set, DER.SEQUENCE);
      const index = readSmallInteger(member, FIELDS_MAX);
      if (index <= (fields.at(-1)?.index ?? 0)) throw member.error('BYTES_UNEXPECTED', 'index', 'the fields are not in ascending order');
      fields.push({ index, content: readContent(member) });
    }
    return { version, fields };
  },
};

function contentMembers(content: Dg13Content): readonly Uint8Array[] {
  switch (content.kind) {
    case 'none':
      return [];
    case 'printable':
      return [derPrintableString(bounded(content.text))];
    case 'utf8':
      return [derUtf8String(bounded(content.text))];
    case 'list':
      if (content.texts.length === 0 || content.texts.length > LIST_MAX) throw new RangeError(`a list holds 1 to ${LIST_MAX} texts`);
      return content.texts.map((text) => derSequence(...(text === null ? [] : [derUtf8String(bounded(text))])));
  }
}

function readContent(member: ByteReader): Dg13Content {
  const tag = member.peek();
  if (tag === undefined) return { kind: 'none' };
  if (tag === DER.PRINTABLE_STRING) return only(member, { kind: 'printable', text: checked(member, readPrintableString(member)) });
  if (tag === DER.UTF8_STRING) return only(member, { kind: 'utf8', text: checked(member, readUtf8String(member)) });
  const texts: (string | null)[] = [];
  while (member.remaining > 0) {
    if (texts.length >= LIST_MAX) throw member.error('BYTES_LIMIT', undefined, `more than ${LIST_MAX} texts`);
    const item = enter(member, DER.SEQUENCE);
    texts.push(item.remaining === 0 ? null : checked(item, readUtf8String(item)));
    item.end();
  }
  return { kind: 'list', texts };
}

function only(member: ByteReader, content: Dg13Content): Dg13Content {
  member.end();
  return content;
}

function checked(reader: ByteReader, text: string): string {
  const size = Buffer.byteLength(text, 'utf8');
  if (size > TEXT_BYTES_MAX) throw reader.error('BYTES_LIMIT', undefined, `a text of ${size} bytes`);
  return text;
}

function bounded(text: string): string {
  if (Buffer.byteLength(text, 'utf8') > TEXT_BYTES_MAX) throw new RangeError(`a text of more than ${TEXT_BYTES_MAX} bytes`);
  return text;
}

function assertAscending(indexes: readonly number[]): void {
  for (const [at, index] of indexes.entries()) {
    if (!Number.isInteger(index) || index <= (indexes[at - 1] ?? 0) || index > FIELDS_MAX) {
      throw new RangeError('field numbers ascend from 1');
    }
  }
}

const printable = (index: number, text: string): Dg13Field => ({ index, content: { kind: 'printable', text } });
const utf8 = (index: number, text: string): Dg13Field => ({ index, content: { kind: 'utf8', text } });

export const dg13Examples: readonly Example<Dg13>[] = [
  {
    name: 'a citizen with parents and an old number, not married, 405 bytes',
    source: 'synthetic, facts on the Vietnamese card §2.1',
    value: {
      version: 1,
      fields: [
        printable(1, '001190000123'),
        utf8(2, 'Nguyễn Thị Đào'),
        printable(3, '15/02/1990'),
        utf8(4, 'Nữ'),
        utf8(5, 'Việt Nam'),
        utf8(6, 'Kinh'),
        utf8(7, 'Không'),
        utf8(8, 'Phúc Xá, Ba Đình, Hà Nội'),
        utf8(9, 'Số 1 Phố Mẫu, Phúc Xá, Ba Đình, Hà Nội'),
        utf8(10, 'Nốt ruồi c:1cm dưới mắt trái'),
        printable(11, '10/05/2021'),
        utf8(12, '15/02/2030'),
        { index: 13, content: { kind: 'list', texts: ['Nguyễn Văn Anh', 'Trần Thị Bình'] } },
        { index: 14, content: { kind: 'none' } },
        printable(15, '012345678'),
        printable(16, '0123456789ABCDEF'),
      ],
    },
    hex: `6D820191 3082018D 020101 060628D316010008 3182017E
          30110201 01 130C 303031313930303030313233
          30190201 02 0C14 4E677579E1BB856E205468E1BB8B20C490C3A06F
          300F0201 03 130A 31352F30322F31393930
          30090201 04 0C04 4EE1BBAF
          300F0201 05 0C0A 5669E1BB8774204E616D
          30090201 06 0C04 4B696E68
          300B0201 07 0C06 4B68C3B46E67
          30240201 08 0C1F 5068C3BA632058C3A12C20426120C490C3AC6E682C2048C3A0204EE1BB9969
          30380201 09 0C33 53E1BB912031205068E1BB91204DE1BAAB752C205068C3BA632058C3A12C20426120C490C3AC6E682C2048C3A0204EE1BB9969
          302B0201 0A 0C26 4EE1BB9174207275E1BB936920633A31636D2064C6B0E1BB9B69206DE1BAAF74207472C3A169
          300F0201 0B 130A 31302F30352F32303231
          300F0201 0C 0C0A 31352F30322F32303330
          302E0201 0D 3013 0C11 4E677579E1BB856E2056C4836E20416E68 3014 0C12 5472E1BAA76E205468E1BB8B2042C3AC6E68
          30030201 0E
          300E0201 0F 1309 303132333435363738
          30150201 10 1310 30313233343536373839414243444546`,
  },
  {
    name: 'an empty list member and an empty string',
    source: 'synthetic',
    value: {
      version: 1,
      fields: [
        { index: 13, content: { kind: 'list', texts: [null, 'Bình'] } },
        { index: 15, content: { kind: 'printable', text: '' } },
      ],
    },
    hex: '6D26 3024 020101 060628D316010008 3117 300E 02010D 3000 3007 0C05 42C3AC6E68 3005 02010F 1300',
  },
];
