import { Type } from 'typebox';
import { cvcaBody, cvPublicKey, cvTokenOf, holderReference, issueCv, prepareCvCertificate } from '#pki/cvca';
import { algorithmOfCurve } from '../certificates.ts';
import { AUTHORITY, Curve, Mnemonic, StepId, strict, years } from '../parts.ts';
import { lastIssued, refused } from '../standing.ts';
import { stepKind } from '../step.ts';

/** The first CVCA of these minutes: what chips are given as their trust point for Terminal Authentication (BSI TR-03110-3 annex C). */
export const makeCvca = stepKind(
  Type.Object(
    {
      step: Type.Literal('make-cvca'),
      id: StepId,
      country: Type.String({ pattern: '^[A-Z]{2}$' }),
      mnemonic: Mnemonic,
      curve: Curve,
      /** Doc 9303-12 Table 2: at most three. */
      years: years(3),
    },
    strict,
  ),
  {
    says: ({ country, mnemonic, curve, years: life }) => ({
      vi: `Tạo khóa CVCA ${country}${mnemonic} (${curve}), hiệu lực ${life} năm`,
      en: `make the CVCA ${country}${mnemonic} (${curve}), valid for ${life} years`,
    }),
    tokens: () => [AUTHORITY],
    async run({ id, country, mnemonic, curve, years: life }, proceedings) {
      if (proceedings.recorded('issued', id) === undefined && lastIssued(proceedings.standing, 'cvca') !== undefined)
        throw refused('there is a CVCA: its next key is made by roll-over-cvca');
      const key = await proceedings.ecKey({ token: AUTHORITY, subject: id, role: 'cvca', curve, purpose: 'sign' });
      await proceedings.signed({
        subject: id,
        role: 'cvca',
        signer: { token: AUTHORITY, key, algorithm: algorithmOfCurve(curve) },
        prepare: async () => {
          const body = cvcaBody({ holder: holderReference({ country, mnemonic }, 1), key, from: proceedings.now(), years: life });
          return Promise.resolve(prepareCvCertificate(body, cvPublicKey(key)));
        },
        again: (tbs) => cvTokenOf('certificate', tbs, cvPublicKey(key)),
        issue: issueCv,
      });
    },
  },
);
