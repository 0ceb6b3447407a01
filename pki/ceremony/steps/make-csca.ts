import { Type } from 'typebox';
import { addDays, addYears, cscaCertificate } from '#pki/x509';
import { certify, issuingKey, signingKey } from '../certificates.ts';
import { AUTHORITY, days, KeyChoice, keyText, Name, StepId, strict, years } from '../parts.ts';
import { lastIssued, refused } from '../standing.ts';
import { stepKind } from '../step.ts';

/** The first CSCA of these minutes: a key in the authority's token and its self-signed certificate (Doc 9303-12 §7.1). */
export const makeCsca = stepKind(
  Type.Object(
    {
      step: Type.Literal('make-csca'),
      id: StepId,
      name: Name,
      key: KeyChoice,
      /** How long it signs: three to five years (Doc 9303-12 Table 1). */
      usageYears: years(5),
      /** The longest usage of a Document Signer that it certifies on its last day: its own certificate outlives that one's. */
      documentSignerDays: days(93),
    },
    strict,
  ),
  {
    says: ({ name, key, usageYears }) => ({
      vi: `Tạo khóa CSCA “${name.commonName}” (${keyText(key)}), ký trong ${usageYears} năm`,
      en: `make the CSCA “${name.commonName}” (${keyText(key)}), which signs for ${usageYears} years`,
    }),
    tokens: () => [AUTHORITY],
    async run({ id, name, key: choice, usageYears, documentSignerDays }, proceedings) {
      const { standing: minutes, ceremony } = proceedings;
      if (proceedings.recorded('issued', id) === undefined && lastIssued(minutes, 'csca') !== undefined)
        throw refused('there is a CSCA: its next key is made by roll-over-csca');
      const key = await signingKey(proceedings, { token: AUTHORITY, subject: id, role: 'csca', choice });
      const issuer = issuingKey(name, key, choice);
      const { mrzCountry, crlUrls, technicalLifeYears } = ceremony.issuing;
      await certify(proceedings, {
        subject: id,
        role: 'csca',
        signer: { token: AUTHORITY, key, algorithm: issuer.algorithm },
        issuer,
        issuerCertificate: 'self',
        profile: 'csca',
        request(serialNumber, now) {
          const lastUse = addYears(now, usageYears);
          return cscaCertificate({
            subject: name,
            serialNumber,
            spki: issuer.spki,
            usage: { notBefore: now, notAfter: lastUse },
            // Its last Document Signer may be certified on its last day, and must verify to the end of its last card (Doc 9303-12 §4.1.4).
            notAfter: addYears(addDays(lastUse, documentSignerDays), technicalLifeYears),
            mrzCountry,
            crlUrls,
            technicalLifeYears,
          });
        },
      });
    },
  },
);
