import { Type } from 'typebox';
import { cvCertificate } from '#encoder/cv-certificate';
import { cvcaBody, cvcaLinkBody, cvPublicKey, cvTokenOf, issueCv, nextHolderReference, prepareCvCertificate } from '#pki/cvca';
import { algorithmOfCurve } from '../certificates.ts';
import { AUTHORITY, Curve, StepId, strict, years } from '../parts.ts';
import { standingCvca } from '../standing.ts';
import { stepKind } from '../step.ts';

/**
 * The CVCA's next key: the link certificate that chips in the field follow (BSI TR-03110-3 §2.2), and its self-signed certificate for those
 * that are personalised from now on.
 */
export const rollOverCvca = stepKind(
  Type.Object({ step: Type.Literal('roll-over-cvca'), id: StepId, curve: Curve, years: years(3) }, strict),
  {
    says: ({ curve, years: life }) => ({
      vi: `Tạo khóa CVCA kế tiếp (${curve}), hiệu lực ${life} năm; khóa hiện tại ký chứng thư liên kết`,
      en: `make the next CVCA key (${curve}), valid for ${life} years; the key in use signs its link certificate`,
    }),
    tokens: () => [AUTHORITY],
    async run({ id, curve, years: life }, proceedings) {
      if (proceedings.recorded('issued', id) !== undefined) return;
      const inUse = standingCvca(proceedings);
      const key = await proceedings.ecKey({ token: AUTHORITY, subject: id, role: 'cvca', curve, purpose: 'sign' });
      const from = proceedings.now();
      await proceedings.signed({
        subject: `${id}/link`,
        role: 'cvca-link',
        signer: { token: AUTHORITY, key: inUse.key, algorithm: algorithmOfCurve(inUse.key.curve) },
        prepare: () =>
          Promise.resolve(
            prepareCvCertificate(cvcaLinkBody({ issuer: inUse.certificate, key, from, years: life }), cvPublicKey(inUse.key)),
          ),
        again: (tbs) => cvTokenOf('certificate', tbs, cvPublicKey(inUse.key)),
        issue: issueCv,
      });
      const holder = nextHolderReference(cvCertificate.decode(inUse.certificate).body.certificateHolderReference);
      await proceedings.signed({
        subject: id,
        role: 'cvca',
        signer: { token: AUTHORITY, key, algorithm: algorithmOfCurve(curve) },
        prepare: () => Promise.resolve(prepareCvCertificate(cvcaBody({ holder, key, from, years: life }), cvPublicKey(key))),
        again: (tbs) => cvTokenOf('certificate', tbs, cvPublicKey(key)),
        issue: issueCv,
      });
    },
  },
);
