import { DriverError } from './driver-error.ts';

/** `YYMMDD` as CV certificates write it: six unpacked digits (BSI TR-03110-3 §D.2.1.3). Throws DRIVER_CANNOT. */
export function unpackedDate(date: string, operation: string): Uint8Array {
  if (!/^[0-9]{6}$/.test(date)) throw new DriverError('DRIVER_CANNOT', operation, { detail: 'a date YYMMDD is needed' });
  return Uint8Array.from(date, Number);
}
