import { Type } from 'typebox';
import { cvTokenOf, cvPublicKey, documentVerifierBody, holderReference, issueCv, prepareCvCertificate } from '#pki/cvca';
import { algorithmOfCurve, certifyPlantSigner } from '../certificates.ts';
import { AUTHORITY, days, LineToken, Mnemonic, Name, StepId, strict, years } from '../parts.ts';
import { lastKey, refused, standingCvca } from '../standing.ts';
import { stepKind } from '../step.ts';

/**
 * The keys that one line token works with, besides its Document Signers: the record key, the plant's two signers (self-signed), the
 * document verifier (certified by the CVCA) and the inspection system, and the RSA key that others wrap token keys for.
 */
export const makeLineKeys = stepKind(
  Type.Object(
    {
      step: Type.Literal('make-line-keys'),
      id: StepId,
      token: LineToken,
      plantSigner: Name,
      birthCertificateSigner: Name,
      signerYears: years(5),
      /** Doc 9303-12 Table 2: two weeks to three months. The inspection system’s certificates are made by the signer, day by day. */
      documentVerifier: Type.Object({ country: Type.String({ pattern: '^[A-Z]{2}$' }), mnemonic: Mnemonic, days: days(92) }, strict),
      unwrappingKeyBits: Type.Enum([2048, 3072, 4096]),
    },
    strict,
  ),
  {
    says: ({ token, plantSigner, birthCertificateSigner, documentVerifier }) => ({
      vi: `Token ${token}: tạo khóa hồ sơ, khóa ký của nhà máy “${plantSigner.commonName}” và “${birthCertificateSigner.commonName}”, khóa thẩm tra ${documentVerifier.mnemonic}, khóa hệ thống kiểm tra, khóa mở bọc RSA`,
      en: `token ${token}: make the record key, the plant’s signers “${plantSigner.commonName}” and “${birthCertificateSigner.commonName}”, the document verifier ${documentVerifier.mnemonic}, the inspection system, and the RSA key that unwraps`,
    }),
    tokens: ({ token }) => [token, AUTHORITY],
    async run(step, proceedings) {
      const { id, token, signerYears, documentVerifier } = step;
      if (proceedings.recorded('key', `${id}/record-key`) === undefined && lastKey(proceedings.standing, 'record-key', token) !== undefined)
        throw refused(`the token ${token} has its line keys`);
      const cvca = standingCvca(proceedings);
      const make = (role: string, curve: typeof cvca.key.curve, purpose: 'sign' | 'derive') =>
        proceedings.ecKey({ token, subject: `${id}/${role}`, role, curve, purpose });

      await make('record-key', 'P-256', 'derive');
      const names = { 'plant-signer': step.plantSigner, 'birth-certificate-signer': step.birthCertificateSigner } as const;
      for (const role of ['plant-signer', 'birth-certificate-signer'] as const) {
        const key = await make(role, 'P-256', 'sign');
        await certifyPlantSigner(proceedings, { subject: `${id}/${role}`, role, token, key, name: names[role], years: signerYears });
      }
      const verifier = await make('document-verifier', cvca.key.curve, 'sign');
      await make('inspection-system', cvca.key.curve, 'sign');
      await proceedings.rsaKey({
        token,
        subject: `${id}/unwrapping-key`,
        role: 'unwrapping-key',
        bits: step.unwrappingKeyBits,
        purpose: 'unwrap',
      });

      const { country, mnemonic, days: life } = documentVerifier;
      const above = cvPublicKey(cvca.key);
      await proceedings.signed({
        subject: `${id}/document-verifier`,
        role: 'document-verifier',
        facts: { token },
        signer: { token: AUTHORITY, key: cvca.key, algorithm: algorithmOfCurve(cvca.key.curve) },
        prepare: async () => {
          const holder = holderReference({ country, mnemonic }, 1);
          const body = documentVerifierBody({ issuer: cvca.certificate, holder, key: verifier, from: proceedings.now(), days: life });
          return Promise.resolve(prepareCvCertificate(body, above));
        },
        again: (tbs) => cvTokenOf('certificate', tbs, above),
        issue: issueCv,
      });
    },
  },
);
