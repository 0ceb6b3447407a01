import type { ErrorTable } from '#encoder/bytes';

/** Why a card is not good, by what happened to it. */
export type InspectionReason =
  | 'SWAPPED'
  | 'HALF_MADE'
  | 'FOREIGN'
  | 'DATA_MISMATCH'
  | 'SIGNATURE_INVALID'
  | 'CLONE'
  | 'NOT_LOCKED'
  | 'UNREADABLE';

export const INSPECTION_REASONS = {
  SWAPPED: {
    what: { vi: 'Mặt thẻ và chip thuộc hai người khác nhau', en: 'face and chip belong to two different people' },
    todo: { vi: 'Dừng lô, tìm thẻ còn lại của cặp bị tráo', en: 'hold the batch and find the other card of the pair' },
  },
  HALF_MADE: {
    what: { vi: 'Chip chưa được cá thể hoá xong', en: 'the chip is not personalised to the end' },
    todo: { vi: 'Huỷ thẻ; xem nhật ký ghi chip', en: 'spoil the card; look at the journal of its chip' },
  },
  FOREIGN: {
    what: { vi: 'Chip hoặc chữ ký không phải của nhà máy này', en: 'the chip or its signature is not of this plant' },
    todo: { vi: 'Cách ly thẻ và báo an ninh', en: 'set the card aside and report it to security' },
  },
  DATA_MISMATCH: {
    what: { vi: 'Dữ liệu trên thẻ khác với hồ sơ', en: 'what the card says differs from the order' },
    todo: { vi: 'Huỷ thẻ; xem kiểm tra nào không đạt', en: 'spoil the card; see which comparison failed' },
  },
  SIGNATURE_INVALID: {
    what: { vi: 'Chữ ký số của thẻ không hợp lệ', en: 'the signature of the card does not verify' },
    todo: { vi: 'Dừng ký bằng khoá này và kiểm tra', en: 'stop signing with this key and examine it' },
  },
  CLONE: {
    what: { vi: 'Chip không chứng minh được khoá riêng của mình', en: 'the chip does not prove that it holds its keys' },
    todo: { vi: 'Cách ly thẻ và báo an ninh', en: 'set the card aside and report it to security' },
  },
  NOT_LOCKED: {
    what: { vi: 'Chip vẫn còn nhận lệnh ghi', en: 'the chip still takes commands that change it' },
    todo: { vi: 'Không xuất xưởng; huỷ thẻ', en: 'do not ship; spoil the card' },
  },
  UNREADABLE: {
    what: { vi: 'Không đọc được thẻ', en: 'the card cannot be read' },
    todo: { vi: 'Kiểm tra đầu đọc bằng thẻ mẫu, rồi huỷ thẻ', en: 'try the reader with a known card, then spoil this one' },
  },
} as const satisfies ErrorTable<InspectionReason>;

/** All checks there are, with the clause each rests on. */
export const INSPECTION_CHECKS = {
  'print-read': 'Doc 9303-5 §4.2',
  'print-mrz': 'order = print (MRZ)',
  'print-qr': 'order = print (QR)',
  'card-access': 'Doc 9303-10 §3.11.3',
  'lock-in-clear': 'chip specification: locked',
  'lock-secured': 'chip specification: locked',
  'pace-mrz': 'Doc 9303-11 §4.4',
  'pace-can': 'Doc 9303-11 §4.4',
  'pace-pin': 'BSI TR-03110-2 §2.2.1',
  bac: 'Doc 9303-11 §4.3',
  files: 'Doc 9303-10 §4',
  'card-access-signed': 'Doc 9303-11 §4.2',
  'passive-authentication': 'Doc 9303-11 §5.1',
  'active-authentication': 'Doc 9303-11 §6.1',
  'chip-authentication': 'Doc 9303-11 §6.2',
  'card-security': 'Doc 9303-10 §3.11.4',
  'chip-authentication-mapping': 'Doc 9303-11 §4.4.3.5',
  'dg3-closed': 'Doc 9303-11 §7.1',
  'dg4-closed': 'Doc 9303-11 §7.1',
  'terminal-authentication': 'Doc 9303-11 §7.1',
  'extended-access': 'Doc 9303-11 §7.1',
  'print-dg1': 'print = DG1 (MRZ)',
  'order-com': 'Doc 9303-10 §4.6.1',
  'order-card-access': 'Doc 9303-10 §3.11.3',
  'order-card-security': 'Doc 9303-10 §3.11.4',
  'order-dg1': 'Doc 9303-10 §4.7.1',
  'order-dg2': 'Doc 9303-10 §4.7.2',
  'order-dg3': 'Doc 9303-10 §4.7.3',
  'order-dg11': 'Doc 9303-10 §4.7.11',
  'order-dg12': 'Doc 9303-10 §4.7.12',
  'order-dg13': 'Doc 9303-10 §4.7.13',
  'order-dg14': 'Doc 9303-10 §4.7.14',
  'order-dg15': 'Doc 9303-10 §4.7.15',
  'order-dg16': 'Doc 9303-10 §4.7.16',
  'order-atr-info': 'Doc 9303-10 §3.11.1',
  'order-dir': 'Doc 9303-10 §3.11.2',
  'order-cvca': 'Doc 9303-11 K.2',
} as const satisfies Readonly<Record<string, string>>;

export type InspectionCheckName = keyof typeof INSPECTION_CHECKS;

export interface InspectionCheck {
  readonly check: InspectionCheckName;
  readonly clause: string;
  readonly passed: boolean;
  /** A machine code, when it did not pass: of an error, of Passive Authentication, or `NOT_PERFORMED`, `DIFFERS`, `ACCEPTED`. */
  readonly code?: string;
  /** Lengths, status words, numbers of data groups; never a value of the card. */
  readonly detail?: string;
}

/** A check that could not be made, and why; it makes no card good and none bad. */
export interface SkippedCheck {
  readonly check: InspectionCheckName;
  readonly clause: string;
  /** A machine code: `NO_TERMINAL_KEY`, `NO_CERTIFICATE_CHAIN`, `NOT_ASKED_FOR`, `CRL_NOT_GIVEN` … */
  readonly code: string;
  readonly detail?: string;
}

export interface InspectedFile {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What may be kept for ever: verdicts and hashes, no personal data. */
export interface InspectionReport {
  readonly verdict: 'good' | 'failed';
  readonly profile: string;
  /** Empty when good; each reason once, the gravest first. */
  readonly reasons: readonly InspectionReason[];
  readonly checks: readonly InspectionCheck[];
  readonly skipped: readonly SkippedCheck[];
  readonly files: readonly InspectedFile[];
}

/** The report of a card of no known profile. */
export type ReadingReport = Omit<InspectionReport, 'profile'>;

const GRAVITY = Object.keys(INSPECTION_REASONS) as readonly InspectionReason[];

/** Collects checks and reasons. A check that was required and never made fails the card, so that no path around one is good. */
export class Findings {
  readonly #checks: InspectionCheck[] = [];
  readonly #skipped: SkippedCheck[] = [];
  readonly #reasons = new Set<InspectionReason>();

  pass(check: InspectionCheckName, detail?: string): void {
    this.#checks.push({ check, clause: INSPECTION_CHECKS[check], passed: true, ...(detail === undefined ? {} : { detail }) });
  }

  fail(check: InspectionCheckName, failure: { reason: InspectionReason; code: string; detail?: string | undefined }): void {
    const { reason, code, detail } = failure;
    this.#reasons.add(reason);
    this.#checks.push({ check, clause: INSPECTION_CHECKS[check], passed: false, code, ...(detail === undefined ? {} : { detail }) });
  }

  /** Never a way around a check that is required: that one fails when it was not made. */
  skip(check: InspectionCheckName, code: string, detail?: string): void {
    this.#skipped.push({ check, clause: INSPECTION_CHECKS[check], code, ...(detail === undefined ? {} : { detail }) });
  }

  passed(check: InspectionCheckName): boolean {
    return this.#checks.some((made) => made.check === check && made.passed);
  }

  made(check: InspectionCheckName): boolean {
    return this.count(check) > 0;
  }

  /** A check is made once, or once for each way of opening the card. */
  count(check: InspectionCheckName): number {
    return this.#checks.filter((made) => made.check === check).length;
  }

  get reasons(): ReadonlySet<InspectionReason> {
    return this.#reasons;
  }

  conclude(required: readonly InspectionCheckName[], files: readonly InspectedFile[]): ReadingReport {
    for (const check of required) {
      if (!this.made(check)) this.#checks.push({ check, clause: INSPECTION_CHECKS[check], passed: false, code: 'NOT_PERFORMED' });
    }
    const good = this.#checks.length > 0 && this.#checks.every(({ passed }) => passed);
    if (!good && this.#reasons.size === 0) this.#reasons.add('UNREADABLE');
    const reasons = GRAVITY.filter((reason) => this.#reasons.has(reason));
    return { verdict: good ? 'good' : 'failed', reasons, checks: this.#checks, skipped: this.#skipped, files };
  }
}

/** The report of a card whose face could not be read: nothing can open its chip. `code` is that of the reading's error. */
export function unreadablePrint(profile: string, code: string): InspectionReport {
  const findings = new Findings();
  findings.fail('print-read', { reason: 'UNREADABLE', code });
  return { ...findings.conclude([], []), profile };
}
