import { lintRecord, profileById } from '#encoder/profiles';
import { fitFaces } from '#encoder/card-face';
import type { IdSource } from '#production/store';
import type { LintFinding, PrepareDeps } from './prepare-order.ts';

/** The lint that production runs: the profile's checks of the record, and every text measured against its printed field. */
export function recordLint(ids: Pick<IdSource, 'now'>): Pick<PrepareDeps, 'lintRecord' | 'fitFaces'> {
  return {
    lintRecord: (record, profile) =>
      lintRecord(profileById(profile), record, plantDay(ids.now())).map((finding): LintFinding => ({
        code: finding.code,
        refuses: finding.severity === 'refusal',
        field: finding.field,
        message: finding.what,
      })),
    fitFaces: (record) =>
      fitFaces(record).map((refusal): LintFinding => ({
        code: 'TEXT_DOES_NOT_FIT',
        refuses: true,
        field: refusal.field,
        message: {
          vi: `Nội dung không in vừa trường (${refusal.reason}: ${refusal.measuredMm.toFixed(1)} / ${refusal.limitMm.toFixed(1)} mm)`,
          en: `the text does not fit its printed field (${refusal.reason}: ${refusal.measuredMm.toFixed(1)} of ${refusal.limitMm.toFixed(1)} mm)`,
        },
      })),
  };
}

const VIETNAM_DAY = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh', year: 'numeric', month: '2-digit', day: '2-digit' });

/** The plant's calendar day: `YYYY-MM-DD` in Vietnam, wherever the server's clock thinks it is. */
function plantDay(at: Date): string {
  return VIETNAM_DAY.format(at);
}
