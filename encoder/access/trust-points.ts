import { ByteReader, type Codec, concat } from '#encoder/bytes';
import { efCvca } from '#encoder/lds';
import { tlv } from '#encoder/tlv';
import {
  CV_TERMINAL_TYPES,
  type CvHolder,
  cvRole,
  encodeCvCertificateBody,
  encodeCvDate,
  readCvCertificateBody,
  readCvDate,
} from '#encoder/cv-certificate';

/** What a chip keeps for Terminal Authentication between its sessions (Doc 9303-11 §7.1.4.3). */
export interface TrustPoints {
  /** CVCA keys, at most two a terminal type. */
  readonly trustPoints: readonly CvHolder[];
  /** `YYYY-MM-DD`: the chip's approximation of today. */
  readonly currentDate: string;
}

/** The chip's memory of its trust points. Whoever stores them makes `save` whole or nothing: "an atomic operation" (§7.1.4.3.4). */
export interface TrustPointStore {
  load(): TrustPoints;
  save(trustPoints: TrustPoints): void;
}

/** In memory that ends with the process. */
export function trustPointStore(initial: TrustPoints): TrustPointStore {
  let current = initial;
  return {
    load: () => current,
    save: (next) => void (current = next),
  };
}

/** The content of EF.CVCA: the keys that inspection systems may start from, the most recent first (Doc 9303-11 K.2). */
export function efCvcaOf({ trustPoints }: TrustPoints): Uint8Array {
  const references = trustPoints
    .filter(({ terminalType }) => terminalType === CV_TERMINAL_TYPES.inspectionSystem)
    .toSorted((a, b) => b.effectiveDate.localeCompare(a.effectiveDate))
    .map(({ reference }) => reference)
    .slice(0, 2);
  return efCvca.encode({ references });
}

const CURRENT_DATE = 0x5f25;
/** Two for each of the three terminal types. */
const TRUST_POINTS_MAX = 6;

/**
 * How a chip may keep them, in one write: the current date, then each key as the body of a certificate that names itself as its
 * issuer. No standard has a form for it ("dependent on the operating system", Doc 9303-11 §7.1.4.3.7).
 *
 *     5F25 { 7F4E }
 */
export const trustPointsFile: Codec<TrustPoints> = {
  encode({ trustPoints, currentDate }) {
    return concat(tlv(CURRENT_DATE, encodeCvDate(currentDate)), ...trustPoints.map(encodeTrustPoint));
  },
  decode(bytes) {
    const reader = new ByteReader(bytes, 'trust points');
    const currentDate = readCvDate(reader, CURRENT_DATE);
    const trustPoints: CvHolder[] = [];
    while (reader.remaining > 0) {
      if (trustPoints.length >= TRUST_POINTS_MAX) throw reader.error('BYTES_LIMIT', undefined, `more than ${TRUST_POINTS_MAX} keys`);
      trustPoints.push(readTrustPoint(reader));
    }
    return { trustPoints, currentDate };
  },
};

function encodeTrustPoint(holder: CvHolder): Uint8Array {
  return encodeCvCertificateBody({
    profileIdentifier: 0,
    certificationAuthorityReference: holder.reference,
    publicKey: holder.publicKey,
    certificateHolderReference: holder.reference,
    holderAuthorization: { terminalType: holder.terminalType, relativeAuthorization: holder.authorization },
    effectiveDate: holder.effectiveDate,
    expirationDate: holder.expirationDate,
  });
}

function readTrustPoint(reader: ByteReader): CvHolder {
  const body = readCvCertificateBody(reader);
  const { terminalType, relativeAuthorization: authorization } = body.holderAuthorization;
  const role = cvRole(authorization);
  if (role !== 'cvca' || body.certificationAuthorityReference !== body.certificateHolderReference) {
    throw reader.error('BYTES_UNEXPECTED', '7F4E', 'not a trust point');
  }
  const { certificateHolderReference: reference, publicKey, effectiveDate, expirationDate } = body;
  return { reference, role, terminalType, authorization, publicKey, effectiveDate, expirationDate };
}
