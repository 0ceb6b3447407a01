import { Type } from 'typebox';
import { fromHex } from '#encoder/bytes';
import { issueMasterList, masterListTokenOf, prepareMasterList } from '#pki/master-list';
import { sha256Hex } from '../entries.ts';
import { standingListSigner } from '../list-signer.ts';
import { AUTHORITY, StepId, strict } from '../parts.ts';
import { allIssued } from '../standing.ts';
import { stepKind } from '../step.ts';

/** A CSCA Master List: every CSCA and link certificate of these minutes, and those of other States that the file brings (Doc 9303-12 §9). */
export const issueMasterListStep = stepKind(
  Type.Object(
    {
      step: Type.Literal('issue-master-list'),
      id: StepId,
      /** DER in hexadecimal. */
      foreign: Type.Array(Type.String({ pattern: '^([0-9A-F]{2}){100,16000}$' }), { maxItems: 500, uniqueItems: true }),
    },
    strict,
  ),
  {
    says: ({ foreign }) => {
      const hashes = foreign.map((certificate) => `, ${sha256Hex(fromHex(certificate)).slice(0, 16)}`).join('');
      return {
        vi: `Phát hành danh sách CSCA: chứng thư của ta và ${foreign.length} của nước khác${hashes}`,
        en: `issue the CSCA Master List: our own certificates and ${foreign.length} of other States${hashes}`,
      };
    },
    tokens: () => [AUTHORITY],
    async run({ id, foreign }, proceedings) {
      if (proceedings.recorded('issued', id) !== undefined) return;
      const { certificate, csca, signer } = standingListSigner(proceedings, 'master-list-signer');
      const own = ['csca', 'csca-link'].flatMap((role) => allIssued(proceedings.standing, role));
      const certificates = [...own, ...foreign.map(fromHex)];
      await proceedings.signed({
        subject: id,
        role: 'master-list',
        signer,
        prepare: () => {
          const request = { certificates, signer: certificate, csca, algorithm: signer.algorithm, at: proceedings.now() };
          const token = prepareMasterList(request);
          return Promise.resolve({ tbs: token.unsigned, token });
        },
        again(unsigned) {
          const token = masterListTokenOf(unsigned);
          return { tbs: token.unsigned, token };
        },
        issue: ({ token }, sign) => issueMasterList(token, sign),
      });
    },
  },
);
