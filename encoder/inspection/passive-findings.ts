import type { PassiveVerdict } from './passive-authenticator.ts';
import type { Findings } from './report.ts';

/** Findings of Passive Authentication that say "not signed by us" rather than "signed wrongly". */
const FOREIGN_CODES: ReadonlySet<string> = new Set(['CSCA_UNKNOWN', 'DOCUMENT_SIGNER_NOT_CERTIFIED']);

/**
 * What the verdict on a signed file finds. A hash in EF.SOD without its file is a file that the chip held back, unless it is one
 * of the `closed` ones, which only Terminal Authentication opens.
 */
export function judgePassively(
  findings: Findings,
  check: 'passive-authentication' | 'card-security',
  { verdict, closed }: { readonly verdict: PassiveVerdict; readonly closed: ReadonlySet<number> },
): void {
  const held = (dataGroup: number): boolean => !closed.has(dataGroup);
  const failed = verdict.checks.filter(
    ({ outcome, check: part, dataGroup = 0 }) =>
      outcome === 'failed' || (outcome === 'skipped' && part === 'data-group' && held(dataGroup)),
  );
  for (const { check: part, outcome, code, dataGroup } of verdict.checks) {
    if (outcome !== 'skipped' || code === undefined || (part === 'data-group' && held(dataGroup ?? 0))) continue;
    findings.skip(check, code, dataGroup === undefined ? part : `DG${dataGroup}`);
  }
  if (verdict.good && failed.length === 0) {
    findings.pass(check);
    return;
  }
  const codes = failed.map(({ code, check: part }) => code ?? part);
  const [first] = failed;
  findings.fail(check, {
    reason: codes.some((code) => FOREIGN_CODES.has(code)) ? 'FOREIGN' : 'SIGNATURE_INVALID',
    code: codes[0] ?? 'NOT_PERFORMED',
    detail: first?.dataGroup === undefined ? codes.join(' ') : `DG${first.dataGroup} ${codes.join(' ')}`,
  });
}
