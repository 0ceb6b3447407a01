import { Type } from 'typebox';
import { equalBytes, fromHex, toHex } from '#encoder/bytes';
import { crlTokenOf, issueCrl, parseCrl, prepareCrl, type RevokedCertificate } from '#pki/crl';
import { bytesOf } from '../entries.ts';
import type { Minute } from '../minutes.ts';
import { addDays } from '#pki/x509';
import { allIssued, refused, standingCsca } from '../standing.ts';
import { AUTHORITY, days, StepId, strict } from '../parts.ts';
import { secondOpinionOnCrl } from '../second-opinion-on-crl.ts';
import { stepKind } from '../step.ts';

/** The next certificate revocation list: what earlier lists revoked stays on it, and these come to it (Doc 9303-12 §4.1.5, §7.1.4). */
export const issueCrlStep = stepKind(
  Type.Object(
    {
      step: Type.Literal('issue-crl'),
      id: StepId,
      days: days(90),
      revoked: Type.Array(Type.Object({ serialNumber: Type.String({ pattern: '^([0-9A-F]{2}){1,20}$' }) }, strict), { maxItems: 1000 }),
    },
    strict,
  ),
  {
    says({ days: life, revoked }) {
      const listed = revoked.map(({ serialNumber }) => serialNumber).join(', ');
      return {
        vi: `Phát hành CRL hiệu lực ${life} ngày, ${listed === '' ? 'không thu hồi thêm' : `thu hồi thêm: ${listed}`}`,
        en: `issue the next CRL, valid for ${life} days, ${listed === '' ? 'revoking nothing more' : `revoking besides: ${listed}`}`,
      };
    },
    tokens: () => [AUTHORITY],
    async run({ id, days: life, revoked }, proceedings) {
      if (proceedings.recorded('issued', id) !== undefined) return;
      const { certificate, signer } = standingCsca(proceedings);
      const { minutes } = proceedings;
      await proceedings.signed({
        subject: id,
        role: 'crl',
        facts: { revoked: revoked.map(({ serialNumber }) => serialNumber).join(' ') },
        signer,
        prepare: async () => {
          const now = proceedings.now();
          const listed = revokedBefore(minutes);
          const fresh = revoked.map(({ serialNumber }) => ({ serialNumber: fromHex(serialNumber), revokedAt: now }));
          const again = fresh.find(({ serialNumber }) => listed.some((entry) => equalBytes(entry.serialNumber, serialNumber)));
          if (again !== undefined) throw refused(`${toHex(again.serialNumber)} is revoked already`);
          return Promise.resolve(
            prepareCrl({
              csca: certificate,
              algorithm: signer.algorithm,
              number: allIssued(minutes, 'crl').length + 1,
              thisUpdate: now,
              nextUpdate: addDays(now, life),
              revoked: [...listed, ...fresh],
            }),
          );
        },
        again: (tbs) => crlTokenOf(tbs, certificate, signer.algorithm),
        issue: issueCrl,
        secondOpinion: (der) => secondOpinionOnCrl(der, certificate.certificate),
      });
    },
  },
);

/** All that earlier lists of these minutes revoked, each with the time of the list that revoked it. */
function revokedBefore(minutes: readonly Minute[]): readonly RevokedCertificate[] {
  return minutes.flatMap(({ step, facts }) => {
    if (step !== 'issued' || facts['role'] !== 'crl') return [];
    const revokedAt = parseCrl(bytesOf(facts, 'der')).thisUpdate;
    const serialNumbers = (facts['revoked'] ?? '').split(' ').filter((serialNumber) => serialNumber !== '');
    return serialNumbers.map((serialNumber) => ({ serialNumber: fromHex(serialNumber), revokedAt }));
  });
}
