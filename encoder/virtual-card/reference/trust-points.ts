import { efCvcaOf, trustPointsFile, type TrustPoints, type TrustPointStore } from '#encoder/access';
import { DecodeError } from '#encoder/bytes';
import { cvCertificate, CvCertificateError, cvTrustPoint } from '#encoder/cv-certificate';
import { fileAddress, type ChipMemory } from '../memory.ts';

export const EF_CVCA = fileAddress('eMRTD', 0x011c);
/** What a chip without trust points would start from. */
const NONE: TrustPoints = { trustPoints: [], currentDate: '2000-01-01' };

/** The memory of a chip that was given its first CVCA (7F21) and date (six unpacked digits, BSI TR-03110-3 §D.2.1.3); undefined when one is unfit. */
export function initialTrustPoints(certificate: Uint8Array, date: Uint8Array): Uint8Array | undefined {
  const currentDate = readDate(date);
  if (currentDate === undefined) return undefined;
  try {
    return trustPointsFile.encode({ trustPoints: [cvTrustPoint(cvCertificate.decode(certificate))], currentDate });
  } catch (error) {
    if (error instanceof DecodeError || error instanceof CvCertificateError) return undefined;
    throw error;
  }
}

/**
 * Trust points in the chip's memory: an update, and what EF.CVCA says of it, is one write ("an atomic operation", Doc 9303-11
 * §7.1.4.3.4).
 */
export function storeIn(memory: ChipMemory): TrustPointStore {
  return {
    load: () => (memory.trustPoints === undefined ? NONE : trustPointsFile.decode(memory.trustPoints)),
    save(trustPoints) {
      const file = memory.file(EF_CVCA) === undefined ? undefined : { address: EF_CVCA, content: efCvcaOf(trustPoints) };
      memory.setTrustPoints(trustPointsFile.encode(trustPoints), file);
    },
  };
}

function readDate(digits: Uint8Array): string | undefined {
  if (digits.length !== 6 || digits.some((digit) => digit > 9)) return undefined;
  const text = digits.join('');
  const date = `20${text.slice(0, 2)}-${text.slice(2, 4)}-${text.slice(4)}`;
  const parsed = new Date(`${date}T00:00:00Z`);
  // "26-02-31" is parsed as a day in March.
  return Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== date ? undefined : date;
}
