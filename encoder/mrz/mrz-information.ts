import { mrzInformationTd1 } from './td1.ts';
import { mrzInformationTd2 } from './td2.ts';
import { mrzInformationTd3 } from './td3.ts';
import { ZONES } from './zone.ts';

/**
 * The input of BAC and of the PACE password MRZ of any zone (Doc 9303-11 §4.3.2 and §9.7.3), which the number of lines and
 * their width tell: document number, date of birth and date of expiry, each with its check digit. Lines of no zone are
 * refused as TD1.
 */
export function mrzInformation(lines: readonly string[]): string {
  if (lines.length === ZONES.TD2.lines) {
    const width = lines[0]?.length;
    if (width === ZONES.TD2.width) return mrzInformationTd2(lines);
    if (width === ZONES.TD3.width) return mrzInformationTd3(lines);
  }
  return mrzInformationTd1(lines);
}
