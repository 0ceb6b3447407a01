import { Type } from 'typebox';
import { fromHex, toHex } from '#encoder/bytes';
import { verifyCertificateRequest } from '#pki/certificate-request';
import { addDays, addYears, documentSignerCertificate, parseCertificate } from '#pki/x509';
import { certify } from '../certificates.ts';
import { bytesOf, sha256Hex } from '../entries.ts';
import type { Minute } from '../minutes.ts';
import { AUTHORITY, days, StepId, strict } from '../parts.ts';
import { refused, standingCsca } from '../standing.ts';
import { stepKind } from '../step.ts';

/**
 * Document Signers whose keys were made elsewhere: PKCS#10 requests, each signed by its own key. The name and the key are the request's;
 * all else is ours to say (Doc 9303-12 §7.1).
 */
export const certifyRequests = stepKind(
  Type.Object(
    {
      step: Type.Literal('certify-requests'),
      id: StepId,
      /** DER in hexadecimal: what was read aloud is what is approved. */
      requests: Type.Array(Type.String({ pattern: '^([0-9A-F]{2}){100,8000}$' }), { minItems: 1, maxItems: 50, uniqueItems: true }),
      usageDays: days(93),
    },
    strict,
  ),
  {
    says: ({ requests, usageDays }) => {
      const hashes = requests.map((request) => sha256Hex(fromHex(request))).join(', ');
      return {
        vi: `Cấp ${requests.length} chứng thư ký tài liệu, ký trong ${usageDays} ngày, cho các yêu cầu có SHA-256: ${hashes}`,
        en: `certify ${requests.length} Document Signers, which sign for ${usageDays} days, as requested by the files with SHA-256: ${hashes}`,
      };
    },
    tokens: () => [AUTHORITY],
    async run({ id, requests, usageDays }, proceedings) {
      const { mrzCountry, crlUrls, documentTypes, technicalLifeYears } = proceedings.ceremony.issuing;
      const wanted = requests.map((request) => verifyCertificateRequest(fromHex(request)));
      for (const [index, { der, subject, spki }] of wanted.entries()) {
        const about = `${id}/${index + 1}`;
        if (proceedings.recorded('issued', about) !== undefined) continue;
        if (isCertified(proceedings.standing, spki)) throw refused(`the key of request ${index + 1} has its certificate`);
        const csca = standingCsca(proceedings);
        await certify(proceedings, {
          subject: about,
          role: 'certified-request',
          facts: { request: sha256Hex(der) },
          signer: csca.signer,
          issuer: csca.issuer,
          issuerCertificate: csca.certificate.certificate,
          profile: 'document-signer',
          request(serialNumber, now) {
            const lastUse = addDays(now, usageDays);
            return documentSignerCertificate({
              subject,
              serialNumber,
              spki,
              usage: { notBefore: now, notAfter: lastUse },
              notAfter: addYears(lastUse, technicalLifeYears),
              mrzCountry,
              crlUrls,
              issuerSpki: csca.certificate.spki,
              documentTypes,
              technicalLifeYears,
            });
          },
        });
      }
    },
  },
);

/** A key that has served its time does not get a second one. */
function isCertified(minutes: readonly Minute[], spki: Uint8Array): boolean {
  return minutes.some(({ step, facts }) => {
    const signer = step === 'issued' && (facts['role'] === 'certified-request' || facts['role'] === 'document-signer');
    return signer && toHex(parseCertificate(bytesOf(facts, 'der')).spki) === toHex(spki);
  });
}
