import { equalBytes } from '#encoder/bytes';
import { dg1, type SecurityInfo } from '#encoder/lds';
import { faultOf } from './chip-fault.ts';
import { announcesChipAuthentication, compareAnnouncements, infosOf } from './chip-proofs.ts';
import { Examination, type ExaminationTools } from './examination.ts';
import type { InspectionCheckName, ReadingReport } from './report.ts';
import { type CardSecrets, type PasswordName, type Way, waysOf } from './ways.ts';

export interface CardReading extends ExaminationTools {
  /** PACE takes the CAN before the PIN before the MRZ; BAC takes the MRZ. */
  readonly secrets: CardSecrets;
  /** Opens by BAC though the chip announces PACE. */
  readonly bac?: boolean;
  /** Tries commands that a locked chip must refuse: on cards of one's own. Default false. */
  readonly lockProbes?: boolean;
}

export interface CardReadingResult {
  readonly report: ReadingReport;
  /** Files as read, by name (`EF.DG1`). Personal. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads and verifies any ICAO document or Vietnamese card, of which nothing is known but what opens it: by PACE when EF.CardAccess
 * announces a way that is known here, else by BAC (Doc 9303-11 §4.2). The chip says itself what it has and must prove.
 * What is thrown is not the card's fault, as of `inspectCard`.
 */
export async function readCard(reading: CardReading): Promise<CardReadingResult> {
  const { secrets } = reading;
  const examination = new Examination(reading, secrets, { lockProbes: reading.lockProbes === true });
  const { findings, files } = examination;
  await examination.inClear();
  const [way] = waysOf([passwordOf(secrets)], true, reading.bac === true ? undefined : files.get('EF.CardAccess'));
  const chosen: Way = way?.pace === undefined ? { check: 'bac' } : way;
  await examination.through(chosen);
  for (const { error } of examination.wrongPasswords) findings.fail(chosen.check, faultOf(error, 'UNREADABLE'));
  if (examination.complete) {
    compareAnnouncements(findings, files);
    compareWithPrint(examination, secrets);
  }
  await examination.judgeSignatures();
  return { report: examination.conclude(requiredChecks(examination, chosen)), files };
}

function passwordOf({ can, pin }: CardSecrets): PasswordName {
  return can !== undefined ? 'can' : pin !== undefined ? 'pin' : 'mrz';
}

/** What opened the chip is only numbers and dates: the whole zone may still be another one. */
function compareWithPrint({ findings, files }: Examination, { mrz }: CardSecrets): void {
  const file = files.get('EF.DG1');
  if (mrz === undefined || file === undefined) return;
  try {
    const same = equalBytes(Buffer.from(dg1.decode(file).lines.join('\n')), Buffer.from(mrz.join('\n')));
    if (same) findings.pass('print-dg1');
    else findings.fail('print-dg1', { reason: 'DATA_MISMATCH', code: 'DIFFERS' });
  } catch (error) {
    findings.fail('print-dg1', faultOf(error, 'DATA_MISMATCH'));
  }
}

/** What this card itself says that it has; one that was not made fails it. */
function requiredChecks({ files, complete, dataGroups }: Examination, way: Way): readonly InspectionCheckName[] {
  if (!complete) return [way.check, 'files', 'passive-authentication'];
  return [
    way.check,
    'files',
    'passive-authentication',
    // "The inspection system MUST verify the authenticity of the contents of EF.CardAccess" that PACE was run by (Doc 9303-11 §4.2).
    ...(way.pace === undefined ? [] : (['card-access-signed'] as const)),
    ...(way.pace?.parameters.mapping.authenticatesChip === true ? (['card-security', 'chip-authentication-mapping'] as const) : []),
    ...(dataGroups.has(15) ? (['active-authentication'] as const) : []),
    ...(announcesChipAuthentication(announced(files)) ? (['chip-authentication'] as const) : []),
  ];
}

/** DG14 that cannot be read has failed its checks already. */
function announced(files: ReadonlyMap<string, Uint8Array>): readonly SecurityInfo[] {
  try {
    return infosOf(files);
  } catch (error) {
    faultOf(error, 'DATA_MISMATCH');
    return [];
  }
}
