import type { CitizenRecord } from '#encoder/profiles';
import type { FieldName } from './layout.ts';

/** What the two faces print of a record. The pictures, the MRZ and the QR code are not texts of fields and come apart. */
export type FaceRecord = Omit<CitizenRecord, 'portrait' | 'leftIndexFinger' | 'rightIndexFinger'>;

export const NO_EXPIRY = 'Không thời hạn';

/**
 * The record in the words of the card face: the name in capitals, dates as dd/MM/yyyy, sex and nationality in Vietnamese.
 * A nationality other than Vietnamese has no place on this card; its code is shown as it is, so that a proof print shows the fault.
 */
export function faceValues(record: FaceRecord): Readonly<Record<FieldName, string>> {
  return {
    personalNumber: record.personalNumber,
    fullName: record.fullName.toLocaleUpperCase('vi'),
    dateOfBirth: faceDate(record.dateOfBirth),
    sex: record.sex === 'male' ? 'Nam' : 'Nữ',
    nationality: record.nationality === 'VNM' ? 'Việt Nam' : record.nationality,
    placeOfOrigin: record.placeOfOrigin,
    placeOfResidence: record.placeOfResidence,
    dateOfExpiry: record.dateOfExpiry === null ? NO_EXPIRY : faceDate(record.dateOfExpiry),
    personalMarks: record.personalMarks,
    dateOfIssue: faceDate(record.dateOfIssue),
  };
}

/** `YYYY-MM-DD` → `dd/MM/yyyy`. */
function faceDate(date: string): string {
  return date.split('-').toReversed().join('/');
}
