import type { Bilingual } from '#encoder/bytes';
import { fitFaces, type FitRefusal } from '#encoder/card-face';
import { lintRecord, profileById, type CardProfile, type CitizenRecord } from '#encoder/profiles';
import type { LintFinding, PrepareDeps } from '#production/orders';

/** The day at the plant, which every date rule is about: Vietnam has no summer time. */
function plantDay(now: Date): string {
  return new Date(now.getTime() + 7 * 3_600_000).toISOString().slice(0, 10);
}

/** The two halves of the pre-stock lint: what the record alone tells, and whether its texts fit their printed fields. */
export const lintOrder: Pick<PrepareDeps, 'lintRecord' | 'fitFaces'> = {
  lintRecord: (record: CitizenRecord, profile: string): readonly LintFinding[] => lintFor(profileById(profile), record),
  fitFaces: (record: CitizenRecord, profile: string): readonly LintFinding[] => lintFaces(profileById(profile), record),
};

/** All of it, for a profile that need not be installed: what the record alone tells, and whether its texts fit the faces that the profile has. */
export function lintWhole(profile: CardProfile, record: CitizenRecord): readonly LintFinding[] {
  return [...lintFor(profile, record), ...(profile.face === 'none' ? [] : lintFaces(profile, record))];
}

function lintFor(profile: CardProfile, record: CitizenRecord): readonly LintFinding[] {
  return lint(record, profile).map((found) => ({
    code: found.code,
    refuses: found.severity === 'refusal',
    field: found.field,
    message: {
      vi: `${found.what.vi}. ${found.todo.vi}`,
      en: `${found.what.en}${found.detail === undefined ? '' : ` (${found.detail})`}; ${found.todo.en}`,
    },
  }));
}

function lintFaces(profile: CardProfile, record: CitizenRecord): readonly LintFinding[] {
  const refusals = fitFaces(record);
  // A QR that cannot be made of a field that is missing or wrong is no reason of its own: the record's lint has named the field.
  const named = refusals.some(({ reason }) => reason === 'form') && lint(record, profile).some(({ severity }) => severity === 'refusal');
  return refusals.filter(({ reason }) => reason !== 'form' || !named).map(unfit);
}

function lint(record: CitizenRecord, profile: CardProfile): ReturnType<typeof lintRecord> {
  return lintRecord(profile, record, plantDay(new Date()));
}

function unfit({ field, reason, ...refusal }: FitRefusal): LintFinding {
  switch (reason) {
    case 'width': {
      const measured = `${refusal.measuredMm} mm > ${refusal.limitMm} mm`;
      return finding('TEXT_TOO_LONG', field, {
        vi: `Nội dung không in vừa ô trên mặt thẻ (${measured})`,
        en: `the text does not fit its printed field (${measured})`,
      });
    }
    case 'glyph':
      return finding('CHAR_NOT_ALLOWED', field, {
        vi: `Phông chữ của thẻ không có ký tự ${refusal.codePoint ?? '?'}`,
        en: `the fonts of the card have no sign for ${refusal.codePoint ?? '?'}`,
      });
    case 'form':
      return finding('QR_NOT_BUILDABLE', field, {
        vi: 'Không lập được mã QR từ các trường của hồ sơ (dấu ngăn cách hoặc dạng ngày, số)',
        en: 'the QR cannot be made of these fields (the separator, or the form of a date or number)',
      });
  }
}

function finding(code: string, field: string, what: Bilingual): LintFinding {
  const message = { vi: `${what.vi}. Trả hồ sơ về nơi thu nhận`, en: `${what.en}; return the record to where it was taken` };
  return { code, refuses: true, field, message };
}
