import type { CitizenRecord } from '#encoder/profiles';
import { CardFaceError } from './card-face-error.ts';

/** The seven fields of the QR code on the 2021 card, dates as `YYYY-MM-DD`. */
export interface QrFields {
  readonly personalNumber: string;
  readonly oldIdentityNumber: string | null;
  readonly fullName: string;
  readonly dateOfBirth: string;
  readonly sex: 'male' | 'female';
  readonly placeOfResidence: string;
  readonly dateOfIssue: string;
}

/** What the seven fields need of a canonical record. */
export type QrRecord = Pick<
  CitizenRecord,
  'personalNumber' | 'oldIdentityNumber' | 'fullName' | 'dateOfBirth' | 'sex' | 'placeOfResidence' | 'dateOfIssue'
>;

const SEX = { male: 'Nam', female: 'Nữ' } as const;

/**
 * The text of the QR code: `number|old number|name|ddMMyyyy|Nam/Nữ|residence|ddMMyyyy`, as registered, no header, no signature and no
 * separator at the end; without an old number its field is empty. The layout is that of the cards in circulation (parsers agree on it).
 * @throws CardFaceError FACE_QR_FIELDS when a text holds the separator or a control character, or a number or date has another form
 */
export function qrText(record: QrRecord): string {
  const text = [
    record.personalNumber,
    record.oldIdentityNumber ?? '',
    record.fullName,
    compact(record.dateOfBirth, 'dateOfBirth'),
    SEX[record.sex],
    record.placeOfResidence,
    compact(record.dateOfIssue, 'dateOfIssue'),
  ].join('|');
  parseQrText(text);
  return text;
}

/**
 * Reads the text back, strictly: exactly seven fields, each in its form, real calendar dates, texts in NFC without outer spaces.
 * @throws CardFaceError FACE_QR_FIELDS naming the field
 */
export function parseQrText(text: string): QrFields {
  const fields = text.split('|');
  if (fields.length !== 7) throw new CardFaceError('FACE_QR_FIELDS', { where: 'qr', detail: `${fields.length} fields` });
  const [personalNumber = '', old = '', fullName = '', birth = '', sex = '', residence = '', issue = ''] = fields;
  return {
    personalNumber: matched(personalNumber, /^\d{12}$/, 'personalNumber'),
    oldIdentityNumber: old === '' ? null : matched(old, /^(?:\d{9}|\d{12})$/, 'oldIdentityNumber'),
    fullName: worded(fullName, 'fullName'),
    dateOfBirth: expanded(birth, 'dateOfBirth'),
    sex: sex === SEX.male ? 'male' : sex === SEX.female ? 'female' : refuse('sex'),
    placeOfResidence: worded(residence, 'placeOfResidence'),
    dateOfIssue: expanded(issue, 'dateOfIssue'),
  };
}

function refuse(field: string): never {
  throw new CardFaceError('FACE_QR_FIELDS', { where: `qr.${field}` });
}

function matched(value: string, form: RegExp, field: string): string {
  return form.test(value) ? value : refuse(field);
}

function worded(value: string, field: string): string {
  const clean = value !== '' && value === value.normalize('NFC') && value === value.trim() && !/[\p{Cc}\p{Cs}]/u.test(value);
  return clean ? value : refuse(field);
}

/** `YYYY-MM-DD` → `ddMMyyyy`. */
function compact(date: string, field: string): string {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? refuse(field);
  return `${day}${month}${year}`;
}

/** `ddMMyyyy` → `YYYY-MM-DD`, refused when there is no such day. */
function expanded(date: string, field: string): string {
  const [, day, month, year] = /^(\d{2})(\d{2})(\d{4})$/.exec(date) ?? refuse(field);
  const iso = `${year}-${month}-${day}`;
  const time = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(iso) ? iso : refuse(field);
}
