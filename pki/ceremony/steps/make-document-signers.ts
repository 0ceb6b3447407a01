import { Type } from 'typebox';
import { addDays, addYears, documentSignerCertificate, subjectPublicKeyInfo } from '#pki/x509';
import { certify, signingKey } from '../certificates.ts';
import { AUTHORITY, days, KeyChoice, keyText, LineToken, Name, StepId, strict } from '../parts.ts';
import { standingCsca } from '../standing.ts';
import { stepKind } from '../step.ts';

/** Document Signers: each a key in a line token, and its certificate from the CSCA (Doc 9303-12 §7.1). */
export const makeDocumentSigners = stepKind(
  Type.Object(
    {
      step: Type.Literal('make-document-signers'),
      id: StepId,
      token: LineToken,
      /** The number is appended to the common name: no two Document Signers have one name. */
      name: Name,
      firstNumber: Type.Integer({ minimum: 1, maximum: 99_999 }),
      count: Type.Integer({ minimum: 1, maximum: 20 }),
      key: KeyChoice,
      usageDays: days(93),
    },
    strict,
  ),
  {
    says: ({ token, name, firstNumber, count, key, usageDays }) => ({
      vi: `Token ${token}: tạo ${count} khóa ký tài liệu “${name.commonName} ${firstNumber}…${firstNumber + count - 1}” (${keyText(key)}), ký trong ${usageDays} ngày`,
      en: `token ${token}: make ${count} Document Signers “${name.commonName} ${firstNumber}…${firstNumber + count - 1}” (${keyText(key)}), which sign for ${usageDays} days`,
    }),
    tokens: ({ token }) => [token, AUTHORITY],
    async run({ id, token, name, firstNumber, count, key: choice, usageDays }, proceedings) {
      const { mrzCountry, crlUrls, documentTypes, technicalLifeYears } = proceedings.ceremony.issuing;
      for (let number = firstNumber; number < firstNumber + count; number += 1) {
        const subject = `${id}/${number}`;
        const key = await signingKey(proceedings, { token, subject, role: 'document-signer', choice });
        if (proceedings.recorded('issued', subject) !== undefined) continue;
        const csca = standingCsca(proceedings);
        await certify(proceedings, {
          subject,
          role: 'document-signer',
          facts: { token },
          signer: csca.signer,
          issuer: csca.issuer,
          issuerCertificate: csca.certificate.certificate,
          profile: 'document-signer',
          request(serialNumber, now) {
            const lastUse = addDays(now, usageDays);
            return documentSignerCertificate({
              subject: { ...name, commonName: `${name.commonName} ${number}` },
              serialNumber,
              spki: subjectPublicKeyInfo(key),
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
