import { randomBytes } from 'node:crypto';
import { Secret } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { explicitSpki } from '#pki/ec';
import {
  addDays,
  addYears,
  cscaCertificate,
  documentSignerCertificate,
  issueCertificate,
  prepareCertificate,
  type IssuingKey,
} from '#pki/x509';
import { DOCUMENT_SIGNER_CURVE } from './document-signer-keys.ts';

const CSCA_CURVE = 'brainpoolP512r1';
/** As of the keys that the signer has made in a token. */
export const SIGNER_CURVE = DOCUMENT_SIGNER_CURVE;
const NAME = { country: 'VN', organization: 'Cardmint Rehearsal', commonName: 'CSCA REHEARSAL' };
const SHARED = { mrzCountry: 'VNM', crlUrls: ['https://rehearsal.invalid/VNM.crl'] };
const USAGE_DAYS = 90;
const LIFE_YEARS = 25;

/** A CSCA that is nobody's, for rehearsals and measurements, never for a card. */
export interface ThrowawayAuthority {
  readonly csca: Uint8Array;
  /** Certifies a key that was made in a token, by its uncompressed point on `SIGNER_CURVE`. */
  certify(point: Uint8Array, number: number): Promise<Uint8Array>;
}

/** Its key is in this process's memory, and gone with it. */
export async function throwawayAuthority(now: Date): Promise<ThrowawayAuthority> {
  const pin = new Secret(Uint8Array.of(1));
  const hsm = new SoftwareHsm({ pin });
  await hsm.open(pin);
  const key = await hsm.generateEcKey({ label: 'csca', curve: CSCA_CURVE, purpose: 'sign' });
  const { point } = key;
  const signs = (digest: Uint8Array): Promise<Uint8Array> => hsm.sign(key, digest);
  const spki = explicitSpki(CSCA_CURVE, point);
  const issuer: IssuingKey = { name: NAME, spki, algorithm: { key: 'ec', hash: 'sha512' } };
  const serialNumber = (): Uint8Array => Uint8Array.of(1, ...randomBytes(15));
  const usage = { notBefore: now, notAfter: addYears(now, 5) };
  const notAfter = addYears(usage.notAfter, LIFE_YEARS + 1);
  const root = cscaCertificate({ subject: NAME, serialNumber: serialNumber(), curve: CSCA_CURVE, point, usage, notAfter, ...SHARED });
  return {
    csca: await issueCertificate(prepareCertificate(root, issuer), signs),
    certify: (signerPoint, number) => {
      const end = addDays(now, USAGE_DAYS);
      const request = documentSignerCertificate({
        subject: { ...NAME, commonName: `DS REHEARSAL ${number}` },
        serialNumber: serialNumber(),
        curve: SIGNER_CURVE,
        point: signerPoint,
        usage: { notBefore: now, notAfter: end },
        notAfter: addYears(end, LIFE_YEARS),
        ...SHARED,
        issuerSpki: spki,
        documentTypes: ['ID'],
        technicalLifeYears: LIFE_YEARS,
      });
      return issueCertificate(prepareCertificate(request, issuer), signs);
    },
  };
}
