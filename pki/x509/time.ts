import { ascii } from '#encoder/bytes';
import { tlv, type Tlv } from '#encoder/tlv';
import { X509Error } from './x509-error.ts';

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

/** RFC 5280 §4.1.2.5 and Doc 9303-12 Table 5: UTCTime to 2049, GeneralizedTime from 2050; Zulu, with seconds, without fractions. */
export function encodeTime(at: Date): Uint8Array {
  const digits = at
    .toISOString()
    .replace(/\.\d{3}Z$/, '')
    .replaceAll(/[-:T]/g, '');
  return at.getUTCFullYear() < 2050 ? tlv(UTC_TIME, ascii(`${digits.slice(2)}Z`)) : tlv(GENERALIZED_TIME, ascii(`${digits}Z`));
}

/** Whether a time that was read with this tag had the form of its year. Before 2000 nothing of the eMRTD PKI existed: such a UTCTime means a later year. */
export function hasTimeForm(tag: number | undefined, at: Date): boolean {
  const year = at.getUTCFullYear();
  return year >= 2000 && tag === (year < 2050 ? UTC_TIME : GENERALIZED_TIME);
}

/** Strict reader of both forms. A day that does not exist is refused, not rolled over. */
export function decodeTime(time: Tlv, path: string): Date {
  const text = Buffer.from(time.value).toString('latin1');
  const form = time.tag === UTC_TIME ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/ : /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
  const parts = time.tag === UTC_TIME || time.tag === GENERALIZED_TIME ? form.exec(text)?.slice(1).map(Number) : undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts ?? [];
  // Two digits: 50 to 99 are the twentieth century (RFC 5280 §4.1.2.5.1).
  const century = time.tag === UTC_TIME ? (year >= 50 ? 1900 : 2000) : 0;
  const at = new Date(0);
  at.setUTCFullYear(century + year, month - 1, day);
  at.setUTCHours(hour, minute, second);
  const same = at.getUTCMonth() === month - 1 && at.getUTCDate() === day && at.getUTCHours() === hour && at.getUTCMinutes() === minute;
  if (parts === undefined || !same || at.getUTCSeconds() !== second)
    throw new X509Error('CERTIFICATE_MALFORMED', { where: path, detail: 'time' });
  return at;
}
