import { openChannel } from '#encoder/apdu';
import { zoneFor, type CardProfile } from '#encoder/profiles';
import { faultOf } from './chip-fault.ts';
import { compareAnnouncements } from './chip-proofs.ts';
import { compareFiles, comparePrint, extendedChecksOf, fileChecksOf, type InspectedPrint, type InspectionOrder } from './compare.ts';
import { Examination, type ExaminationTools } from './examination.ts';
import type { InspectionCheckName, InspectionReport } from './report.ts';
import { openBy, type PasswordName, type Way, waysOf } from './ways.ts';

export interface Inspection extends ExaminationTools {
  readonly print: InspectedPrint;
  readonly order: InspectionOrder;
  readonly profile: CardProfile;
}

export interface InspectionResult {
  readonly report: InspectionReport;
  /** Files as read, by name (`EF.DG1`). Personal: they do not belong into any report or log. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Inspects one finished card as its holder's reader would see it: what opens the chip is the print, what everything is compared
 * with is the order. Changes nothing on a card that is locked, but for the date that Terminal Authentication teaches it. Everything
 * wrong with the card is in the report; only what is not the card's fault is thrown (`ReaderError`: the card was pulled, the reader is
 * gone; what the terminal's own key answers), and then the inspection is made again.
 */
export async function inspectCard(inspection: Inspection): Promise<InspectionResult> {
  const { profile, order, print } = inspection;
  const examination = new Examination(inspection, print, {
    files: new Set<string>(profile.files),
    closed: new Set(profile.access.underTerminalAuthentication),
    lockProbes: true,
  });
  const { findings, files } = examination;
  comparePrint(findings, profile, order, print);
  await examination.inClear();
  const ways = waysOf(passwordsOf(profile), profile.access.bac, files.get('EF.CardAccess'));
  for (const way of ways) await examination.through(way);
  await judgePasswords(inspection, examination, ways);
  judgeTerminalSkip(inspection, examination);
  await examination.judgeSignatures();
  if (examination.complete) {
    compareFiles(findings, profile, order, { files, cardSecurityContent: examination.cardSecurityContent });
    compareAnnouncements(findings, files);
    for (const [number, check] of extendedChecksOf(profile, order.record)) {
      if (!examination.dataGroups.has(number)) findings.skip(check, examination.terminalSkip ?? 'NOT_READ');
    }
  }
  const report = examination.conclude(requiredChecks(inspection, ways));
  return { report: { ...report, profile: profile.id }, files };
}

function passwordsOf({ access }: CardProfile): readonly PasswordName[] {
  return access.pacePasswords.map((password) => (password === 'MRZ' ? 'mrz' : 'can'));
}

/**
 * What wrong passwords mean shows only at the end: one among others that fit is wrong data in the chip; when none fits, face
 * and chip do not belong together, unless the chip takes personalisation: then it is half made.
 */
async function judgePasswords(inspection: Inspection, examination: Examination, ways: readonly Way[]): Promise<void> {
  const { findings, wrongPasswords, takesPersonalisation } = examination;
  const opened = ways.some(({ check }) => findings.passed(check));
  const reason = opened ? 'DATA_MISMATCH' : takesPersonalisation ? 'HALF_MADE' : 'SWAPPED';
  for (const { way, error } of wrongPasswords) findings.fail(way.check, faultOf(error, reason));
  const [first] = wrongPasswords;
  if (reason === 'SWAPPED' && first !== undefined) await tryTheOrder(inspection, examination, first.way);
}

/** Nothing printed opens the chip: the order's own zone tells whether the print or the chip is the other person's. */
async function tryTheOrder(
  { reader, profile, order, print, random, trace }: Inspection,
  { findings }: Examination,
  way: Way,
): Promise<void> {
  const { lines } = zoneFor(profile, order.record);
  if (lines.join('') === print.mrz.join('')) return;
  const connection = await reader.connect();
  try {
    const channel = openChannel(connection, trace === undefined ? {} : { trace });
    const opened = await openBy(way, { channel, secrets: { mrz: lines }, random });
    opened.channel.close();
    findings.fail('files', { reason: 'SWAPPED', code: 'NOT_PERFORMED', detail: "the order's MRZ opens the chip, the print's does not" });
  } catch (error) {
    findings.fail('files', { ...faultOf(error, 'SWAPPED'), detail: "neither the print's MRZ nor the order's opens the chip" });
  } finally {
    await connection.disconnect('unpower');
  }
}

/**
 * An inspection system that finds no way into its own plant's card: the chip trusts another CVCA, or has proven no key that a session
 * could rest on. Without an inspection system the same is only skipped.
 */
function judgeTerminalSkip({ terminalAuthenticator }: Inspection, { findings, terminalSkip }: Examination): void {
  if (terminalAuthenticator === undefined || terminalSkip === undefined) return;
  const reason = terminalSkip === 'NO_CERTIFICATE_CHAIN' ? 'FOREIGN' : 'CLONE';
  findings.fail('terminal-authentication', { reason, code: terminalSkip });
}

/** Every check that a card of this profile must have passed; one that was not made fails it. */
function requiredChecks({ profile, order }: Inspection, ways: readonly Way[]): readonly InspectionCheckName[] {
  const { files, access } = profile;
  const announced = files.includes('EF.CardAccess');
  const maps = access.announces.some(({ kind, protocol }) => kind === 'PACEInfo' && protocol.startsWith('id-PACE-ECDH-CAM'));
  return [
    'print-mrz',
    'print-qr',
    ...(announced ? (['card-access', 'card-access-signed'] as const) : []),
    'lock-in-clear',
    ...new Set(ways.map(({ check }) => check)),
    'files',
    'lock-secured',
    ...(files.includes('EF.CardSecurity') ? (['card-security'] as const) : []),
    ...(maps ? (['chip-authentication-mapping'] as const) : []),
    ...(files.includes('EF.DG15') ? (['active-authentication'] as const) : []),
    ...(access.announces.some(({ kind }) => kind === 'ChipAuthenticationInfo') ? (['chip-authentication'] as const) : []),
    ...(access.underTerminalAuthentication.includes(3) ? (['dg3-closed'] as const) : []),
    ...(access.underTerminalAuthentication.includes(4) ? (['dg4-closed'] as const) : []),
    'passive-authentication',
    ...fileChecksOf(profile, order.record),
  ];
}
