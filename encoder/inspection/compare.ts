import { parseQrText, qrText } from '#encoder/card-face';
import { equalBytes, isCodedError } from '#encoder/bytes';
import { citizenOf, dg1, dg13, dg14, dg15, dg3, efCvca } from '#encoder/lds';
import { personalNumberOf } from '#encoder/mrz';
import {
  buildDataGroups,
  type BuiltFileName,
  type CardFileSet,
  type CardProfile,
  type CitizenRecord,
  dg13Grammar,
  filesOf,
  zoneFor,
} from '#encoder/profiles';
import { faultOf } from './chip-fault.ts';
import type { Findings, InspectionCheckName, InspectionReason } from './report.ts';

/** What the order and the binding say about this card. */
export interface InspectionOrder {
  readonly record: CitizenRecord;
  /** Of the chip that is bound to this card: 16 upper-case hex characters. */
  readonly chipId: string;
  /** Public keys (SubjectPublicKeyInfo) recorded when the chip made them. Without them the chip's own are taken, and DG14 and DG15 prove less. */
  readonly chipKeys?: { readonly activeAuthentication: Uint8Array | null; readonly chipAuthentication: Uint8Array | null };
  /** The CVCA that the plant gave the chip. Without it the chip's own EF.CVCA is taken, which then proves its form alone. */
  readonly cvcaReferences?: readonly string[];
}

/** What was read from the printed faces: `readFaces` of `#encoder/card-face`. */
export interface InspectedPrint {
  readonly mrz: readonly string[];
  readonly qrText: string;
  /** The card access number, where a card prints one of its own; Vietnamese cards take it from the MRZ (`canFor`). */
  readonly can?: string;
}

const FILE_CHECKS = {
  'EF.ATR/INFO': 'order-atr-info',
  'EF.DIR': 'order-dir',
  'EF.COM': 'order-com',
  'EF.CardAccess': 'order-card-access',
  'EF.CVCA': 'order-cvca',
  'EF.DG1': 'order-dg1',
  'EF.DG2': 'order-dg2',
  'EF.DG3': 'order-dg3',
  'EF.DG11': 'order-dg11',
  'EF.DG12': 'order-dg12',
  'EF.DG13': 'order-dg13',
  'EF.DG14': 'order-dg14',
  'EF.DG15': 'order-dg15',
  'EF.DG16': 'order-dg16',
} as const satisfies Readonly<Record<BuiltFileName, InspectionCheckName>>;

/** One check a file of this holder's card that every inspector reads: not EF.SOD, nor what is under Terminal Authentication. */
export function fileChecksOf(profile: CardProfile, record: CitizenRecord): readonly InspectionCheckName[] {
  const closed = new Set(profile.access.underTerminalAuthentication.map((number) => `EF.DG${number}`));
  return filesOf(profile, record).flatMap((name) => {
    if (name === 'EF.SOD' || closed.has(name)) return [];
    return [name === 'EF.CardSecurity' ? 'order-card-security' : FILE_CHECKS[name]];
  });
}

/** By number, the checks of files that only an inspector with Terminal Authentication reads. */
export function extendedChecksOf(profile: CardProfile, record: CitizenRecord): ReadonlyMap<number, InspectionCheckName> {
  const files: readonly string[] = filesOf(profile, record);
  return new Map(
    profile.access.underTerminalAuthentication.flatMap((number) =>
      number === 3 && files.includes('EF.DG3') ? [[number, FILE_CHECKS['EF.DG3']] as const] : [],
    ),
  );
}

/** Order = print: MRZ lines and QR text as they must be, from the record alone. */
export function comparePrint(findings: Findings, profile: CardProfile, order: InspectionOrder, print: InspectedPrint): void {
  const number = order.record.personalNumber;
  const sameMrz = print.mrz.join('\n') === zoneFor(profile, order.record).lines.join('\n');
  const mrzReason = (): InspectionReason => reasonFor(() => personalNumberOf(print.mrz), number);
  settle(findings, 'print-mrz', sameMrz, mrzReason);
  const sameQr = print.qrText === qrText(order.record);
  settle(findings, 'print-qr', sameQr, () => reasonFor(() => parseQrText(print.qrText).personalNumber, number));
}

/** What was read from the chip. */
export interface InspectedChip {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The signed content of EF.CardSecurity, DER. */
  readonly cardSecurityContent?: Uint8Array | undefined;
}

/** Order = chip: every file is rebuilt from the record, byte for byte. */
export function compareFiles(findings: Findings, profile: CardProfile, order: InspectionOrder, chip: InspectedChip): void {
  const { files } = chip;
  let built: CardFileSet;
  try {
    built = buildDataGroups({
      profile,
      record: order.record,
      chipId: order.chipId,
      ...keysFor(order, files),
      ...cvcaFor(order, files),
      ...emptyDg3Of(files),
    });
  } catch (error) {
    // The record passed the lint: what does not fit is a key of the chip.
    findings.fail('order-dg14', faultOf(error, 'FOREIGN'));
    return;
  }
  for (const [name, bytes] of built.files) {
    const found = files.get(name);
    if (found === undefined) continue;
    settle(findings, FILE_CHECKS[name], equalBytes(bytes, found), () => DIFFERENCES[name]?.(profile, order, found) ?? 'DATA_MISMATCH');
  }
  if (built.cardSecurityContent !== null && chip.cardSecurityContent !== undefined) {
    settle(findings, 'order-card-security', equalBytes(built.cardSecurityContent, chip.cardSecurityContent), () => 'FOREIGN');
  }
}

/** What a difference in a file means; a file of its own tells most where it names the person or the chip. */
const DIFFERENCES: Readonly<
  Partial<Record<BuiltFileName, (profile: CardProfile, order: InspectionOrder, found: Uint8Array) => InspectionReason>>
> = {
  'EF.DG1': (_profile, { record }, found) => reasonFor(() => personalNumberOf(dg1.decode(found).lines), record.personalNumber),
  'EF.DG13': (profile, { record, chipId }, found) => {
    const person = reasonFor(() => citizenOf(dg13Grammar(profile), dg13.decode(found)).personalNumber, record.personalNumber);
    if (person === 'SWAPPED') return person;
    return ofAnotherChip(profile, chipId, found) ? 'FOREIGN' : person;
  },
  'EF.DG14': () => 'FOREIGN',
  'EF.DG15': () => 'FOREIGN',
};

function ofAnotherChip(profile: CardProfile, chipId: string, found: Uint8Array): boolean {
  try {
    return citizenOf(dg13Grammar(profile), dg13.decode(found)).chipId !== chipId;
  } catch (error) {
    if (isCodedError(error)) return false;
    throw error;
  }
}

/** Another person's number means a swap; the same number, or nothing that can be read as one, means wrong data. */
function reasonFor(numberThere: () => string, ordered: string): InspectionReason {
  try {
    return numberThere() === ordered ? 'DATA_MISMATCH' : 'SWAPPED';
  } catch (error) {
    if (isCodedError(error)) return 'DATA_MISMATCH';
    throw error;
  }
}

function settle(findings: Findings, check: InspectionCheckName, same: boolean, reason: () => InspectionReason): void {
  if (same) findings.pass(check);
  else findings.fail(check, { reason: reason(), code: 'DIFFERS' });
}

function keysFor(
  order: InspectionOrder,
  files: ReadonlyMap<string, Uint8Array>,
): { activeAuthenticationKey: Uint8Array | null; chipAuthenticationKey: Uint8Array | null } {
  const dg14Bytes = files.get('EF.DG14');
  const dg15Bytes = files.get('EF.DG15');
  const recorded = order.chipKeys;
  const chipInfo =
    recorded !== undefined || dg14Bytes === undefined
      ? undefined
      : dg14.decode(dg14Bytes).securityInfos.find((info) => info.kind === 'ChipAuthenticationPublicKeyInfo');
  const activeKey = recorded !== undefined || dg15Bytes === undefined ? null : dg15.decode(dg15Bytes).subjectPublicKeyInfo;
  return {
    activeAuthenticationKey: recorded?.activeAuthentication ?? activeKey,
    chipAuthenticationKey: recorded?.chipAuthentication ?? chipInfo?.subjectPublicKeyInfo ?? null,
  };
}

function cvcaFor(order: InspectionOrder, files: ReadonlyMap<string, Uint8Array>): { readonly cvcaReferences?: readonly string[] } {
  const { cvcaReferences } = order;
  if (cvcaReferences !== undefined) return { cvcaReferences };
  const file = files.get('EF.CVCA');
  return file === undefined ? {} : { cvcaReferences: efCvca.decode(file).references };
}

/** The random content of a DG3 without fingers stands in no order (Doc 9303-10 §4.7.3.2.2). */
function emptyDg3Of(files: ReadonlyMap<string, Uint8Array>): { readonly emptyDg3Content?: Uint8Array } {
  const file = files.get('EF.DG3');
  if (file === undefined) return {};
  try {
    const { issuerContent } = dg3.decode(file);
    return issuerContent === undefined ? {} : { emptyDg3Content: issuerContent };
  } catch (error) {
    if (isCodedError(error)) return {};
    throw error;
  }
}
