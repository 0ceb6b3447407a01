import { Type } from 'typebox';
import { addDays, addYears, cscaCertificate, cscaLinkCertificate } from '#pki/x509';
import { certify, issuingKey, signingKey } from '../certificates.ts';
import { AUTHORITY, days, KeyChoice, keyText, Name, StepId, strict, years } from '../parts.ts';
import { isCscaResting, lastUseOf, refused, standingCsca } from '../standing.ts';
import { stepKind } from '../step.ts';

const HOUR_MS = 3_600_000;

/**
 * The CSCA's next key: its self-signed certificate, and the link certificate by which whoever trusts the key in use comes to trust it
 * (Doc 9303-12 §4.1.4). Another name than before makes it a name change (§7.1.1.5). The new key rests at first, so that its certificate is
 * with everybody before anything hangs on it; until then the key in use goes on.
 */
export const rollOverCsca = stepKind(
  Type.Object(
    {
      step: Type.Literal('roll-over-csca'),
      id: StepId,
      name: Name,
      key: KeyChoice,
      usageYears: years(5),
      documentSignerDays: days(93),
      /** Two days are usual. */
      restHours: Type.Integer({ minimum: 0, maximum: 2400 }),
    },
    strict,
  ),
  {
    says: ({ name, key, usageYears, restHours }) => ({
      vi: `Tạo khóa CSCA kế tiếp “${name.commonName}” (${keyText(key)}), ký trong ${usageYears} năm, dùng sau ${restHours} giờ; khóa hiện tại ký chứng thư liên kết`,
      en: `make the next CSCA key “${name.commonName}” (${keyText(key)}), which signs for ${usageYears} years, after ${restHours} hours of rest; the key in use signs its link certificate`,
    }),
    tokens: () => [AUTHORITY],
    async run({ id, name, key: choice, usageYears, documentSignerDays, restHours }, proceedings) {
      if (proceedings.recorded('issued', id) !== undefined) return;
      if (isCscaResting(proceedings)) throw refused('the newest CSCA still rests');
      const inUse = standingCsca(proceedings);
      const restsUntil = new Date(proceedings.now().getTime() + restHours * HOUR_MS);
      // Between the end of the one and the beginning of the other nobody could certify or revoke.
      if (restsUntil > lastUseOf(inUse.certificate)) throw refused('the CSCA in use signs until the next one has rested');
      const key = await signingKey(proceedings, { token: AUTHORITY, subject: id, role: 'csca', choice });
      const issuer = issuingKey(name, key, choice);
      const { mrzCountry, crlUrls, technicalLifeYears } = proceedings.ceremony.issuing;
      const input = (serialNumber: Uint8Array, now: Date) => {
        const lastUse = addYears(now, usageYears);
        return {
          subject: name,
          serialNumber,
          spki: issuer.spki,
          usage: { notBefore: now, notAfter: lastUse },
          notAfter: addYears(addDays(lastUse, documentSignerDays), technicalLifeYears),
          mrzCountry,
          crlUrls,
          technicalLifeYears,
        };
      };
      await certify(proceedings, {
        subject: `${id}/link`,
        role: 'csca-link',
        signer: inUse.signer,
        issuer: inUse.issuer,
        issuerCertificate: inUse.certificate.certificate,
        profile: 'csca-link',
        request: (serialNumber, now) => cscaLinkCertificate({ ...input(serialNumber, now), issuer: inUse.issuer }),
      });
      await certify(proceedings, {
        subject: id,
        role: 'csca',
        ...(restHours === 0 ? {} : { facts: { restsUntil: restsUntil.toISOString() } }),
        signer: { token: AUTHORITY, key, algorithm: issuer.algorithm },
        issuer,
        issuerCertificate: 'self',
        profile: 'csca',
        request: (serialNumber, now) => cscaCertificate(input(serialNumber, now)),
      });
    },
  },
);
