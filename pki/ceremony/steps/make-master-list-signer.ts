import { Type } from 'typebox';
import { listSignerMembers, makeListSigner } from '../list-signer.ts';
import { AUTHORITY, strict } from '../parts.ts';
import { stepKind } from '../step.ts';

/** The key that signs CSCA Master Lists and nothing else (Doc 9303-12 §9). */
export const makeMasterListSigner = stepKind(Type.Object({ step: Type.Literal('make-master-list-signer'), ...listSignerMembers }, strict), {
  says: ({ name, curve, usageDays }) => ({
    vi: `Tạo khóa ký danh sách CSCA “${name.commonName}” (${curve}), ký trong ${usageDays} ngày`,
    en: `make the Master List Signer “${name.commonName}” (${curve}), which signs for ${usageDays} days`,
  }),
  tokens: () => [AUTHORITY],
  run: (step, proceedings) => makeListSigner(proceedings, 'master-list-signer', step),
});
