import { checkDigit } from '#encoder/mrz';
import type { AccessSecrets } from './card-driver.ts';
import { DriverError } from './driver-error.ts';

/** Document number of nine characters or more, and two dates, each with its check digit (Doc 9303-11 §4.3.2). */
const MRZ_INFORMATION = /^[A-Z0-9<]{9,49}[0-9]([0-9<]{6}[0-9]){2}$/;
const CAN = /^[0-9]{6}$/;

/** Throws DRIVER_CANNOT: a chip takes secrets of any form, and then opens to nobody. */
export function checkSecrets({ mrzInformation, can }: AccessSecrets, operation: string): void {
  if (!CAN.test(can)) throw new DriverError('DRIVER_CANNOT', operation, { detail: 'a CAN of six digits is needed' });
  if (!MRZ_INFORMATION.test(mrzInformation)) throw new DriverError('DRIVER_CANNOT', operation, { detail: 'MRZ information expected' });
}

/** What stands in the zone, without check digits. */
export interface MrzFields {
  /** Nine characters, `<` filled. */
  readonly documentNumber: string;
  readonly dateOfBirth: string;
  readonly dateOfExpiry: string;
}

/**
 * For chips that take the fields and reckon the check digits themselves. Throws DRIVER_CANNOT for a document number of more than nine
 * characters, and for check digits that such a chip would not come to.
 */
export function mrzFields(mrzInformation: string, operation: string): MrzFields {
  const documentNumber = mrzInformation.slice(0, -15).slice(0, 9);
  const dateOfBirth = mrzInformation.slice(-14, -8);
  const dateOfExpiry = mrzInformation.slice(-7, -1);
  const fields = [documentNumber, dateOfBirth, dateOfExpiry];
  if (fields.map((field) => field + checkDigit(field)).join('') !== mrzInformation) {
    throw new DriverError('DRIVER_CANNOT', operation, { detail: 'a document number of nine characters and true check digits are needed' });
  }
  return { documentNumber, dateOfBirth, dateOfExpiry };
}
