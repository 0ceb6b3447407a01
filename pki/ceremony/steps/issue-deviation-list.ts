import { Type } from 'typebox';
import { fromHex } from '#encoder/bytes';
import { deviationListTokenOf, issueDeviationList, prepareDeviationList, readDeviationList } from '#pki/deviation-list';
import { sha256Hex } from '../entries.ts';
import { standingListSigner } from '../list-signer.ts';
import { AUTHORITY, StepId, strict } from '../parts.ts';
import { stepKind } from '../step.ts';

/** A Deviation List (Doc 9303-12 §10): its content comes ready from the plant, and is approved as it stands in the file. */
export const issueDeviationListStep = stepKind(
  Type.Object(
    {
      step: Type.Literal('issue-deviation-list'),
      id: StepId,
      /** DeviationList in DER, in hexadecimal. */
      content: Type.String({ pattern: '^([0-9A-F]{2}){8,400000}$' }),
    },
    strict,
  ),
  {
    says: ({ content }) => ({
      vi: `Phát hành danh sách sai lệch có nội dung SHA-256 ${sha256Hex(fromHex(content))}`,
      en: `issue the Deviation List whose content has SHA-256 ${sha256Hex(fromHex(content))}`,
    }),
    tokens: () => [AUTHORITY],
    async run({ id, content }, proceedings) {
      if (proceedings.recorded('issued', id) !== undefined) return;
      const { certificate, csca, signer } = standingListSigner(proceedings, 'deviation-list-signer');
      await proceedings.signed({
        subject: id,
        role: 'deviation-list',
        signer,
        prepare: () => {
          const signing = { signer: certificate, csca, algorithm: signer.algorithm, at: proceedings.now() };
          const token = prepareDeviationList({ content: readDeviationList(fromHex(content)), ...signing });
          return Promise.resolve({ tbs: token.unsigned, token });
        },
        again(unsigned) {
          const token = deviationListTokenOf(unsigned);
          return { tbs: token.unsigned, token };
        },
        issue: ({ token }, sign) => issueDeviationList(token, sign),
      });
    },
  },
);
