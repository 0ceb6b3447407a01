import { Type } from 'typebox';
import { cvPublicKey, cvTokenOf, issueCv, prepareCvCertificate, successorBody } from '#pki/cvca';
import { algorithmOfCurve } from '../certificates.ts';
import { AUTHORITY, days, LineToken, StepId, strict } from '../parts.ts';
import { lastIssued, refused, standingCvca } from '../standing.ts';
import { stepKind } from '../step.ts';

/** The document verifier's next key in a line token, certified by the CVCA in use: its certificates live three months at most. */
export const renewDocumentVerifier = stepKind(
  Type.Object({ step: Type.Literal('renew-document-verifier'), id: StepId, token: LineToken, days: days(92) }, strict),
  {
    says: ({ token, days: life }) => ({
      vi: `Token ${token}: tạo khóa thẩm tra kế tiếp, hiệu lực ${life} ngày`,
      en: `token ${token}: make the next document verifier’s key, valid for ${life} days`,
    }),
    tokens: ({ token }) => [token, AUTHORITY],
    async run({ id, token, days: life }, proceedings) {
      if (proceedings.recorded('issued', id) !== undefined) return;
      const cvca = standingCvca(proceedings);
      const current = lastIssued(proceedings.standing, 'document-verifier', token);
      if (current === undefined) throw refused(`the line keys of token ${token} are made first`);
      const key = await proceedings.ecKey({ token, subject: id, role: 'document-verifier', curve: cvca.key.curve, purpose: 'sign' });
      const above = cvPublicKey(cvca.key);
      await proceedings.signed({
        subject: id,
        role: 'document-verifier',
        facts: { token },
        signer: { token: AUTHORITY, key: cvca.key, algorithm: algorithmOfCurve(cvca.key.curve) },
        prepare: () => {
          const body = successorBody({ issuer: cvca.certificate, current, key, from: proceedings.now(), days: life });
          return Promise.resolve(prepareCvCertificate(body, above));
        },
        again: (tbs) => cvTokenOf('certificate', tbs, above),
        issue: issueCv,
      });
    },
  },
);
