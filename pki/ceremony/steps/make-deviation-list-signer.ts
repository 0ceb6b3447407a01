import { Type } from 'typebox';
import { listSignerMembers, makeListSigner } from '../list-signer.ts';
import { AUTHORITY, strict } from '../parts.ts';
import { stepKind } from '../step.ts';

/** The key that signs Deviation Lists and nothing else (Doc 9303-12 §10). */
export const makeDeviationListSigner = stepKind(
  Type.Object({ step: Type.Literal('make-deviation-list-signer'), ...listSignerMembers }, strict),
  {
    says: ({ name, curve, usageDays }) => ({
      vi: `Tạo khóa ký danh sách sai lệch “${name.commonName}” (${curve}), ký trong ${usageDays} ngày`,
      en: `make the Deviation List Signer “${name.commonName}” (${curve}), which signs for ${usageDays} days`,
    }),
    tokens: () => [AUTHORITY],
    run: (step, proceedings) => makeListSigner(proceedings, 'deviation-list-signer', step),
  },
);
