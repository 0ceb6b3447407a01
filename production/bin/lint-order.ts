import { fitFaces, type FitRefusal } from '#encoder/card-face';
import { lintRecord, profileById, type CitizenRecord } from '#encoder/profiles';
import type { LintFinding, PrepareDeps } from '#production/orders';

/** The day at the plant, which every date rule is about: Vietnam has no summer time. */
function plantDay(now: Date): string {
  return new Date(now.getTime() + 7 * 3_600_000).toISOString().slice(0, 10);
}

/** The two halves of the pre-stock lint: what the record alone tells, and whether its texts fit their printed fields. */
export const lintOrder: Pick<PrepareDeps, 'lintRecord' | 'fitFaces'> = {
  lintRecord: (record: CitizenRecord, profile: string): readonly LintFinding[] =>
    lintRecord(profileById(profile), record, plantDay(new Date())).map((found) => ({
      code: found.code,
      refuses: found.severity === 'refusal',
      field: found.field,
      message: {
        vi: `${found.what.vi}. ${found.todo.vi}`,
        en: `${found.what.en}${found.detail === undefined ? '' : ` (${found.detail})`}; ${found.todo.en}`,
      },
    })),
  fitFaces: (record: CitizenRecord): readonly LintFinding[] => fitFaces(record).map(unfit),
};

function unfit(refusal: FitRefusal): LintFinding {
  const measured = `${refusal.measuredMm} mm > ${refusal.limitMm} mm`;
  return {
    code: refusal.reason === 'glyph' ? 'CHAR_NOT_ALLOWED' : 'TEXT_TOO_LONG',
    refuses: true,
    field: refusal.field,
    message: {
      vi: `Nội dung không in vừa ô trên mặt thẻ (${measured}). Trả hồ sơ về nơi thu nhận`,
      en: `the text does not fit its printed field (${measured}); return the record to where it was taken`,
    },
  };
}
