/**
 * Inspection of cards: opens the chip with what is printed on the card, reads it back, makes it prove its keys, and, where an order is
 * known, compares order, print, MRZ, DG1, DG13 and QR. It holds no key that writes or signs, shares nothing with the session that made the
 * card, and decides nothing about what becomes of it: a verdict with named reasons is all that leaves this room.
 */
export { inspectCard, type Inspection, type InspectionResult } from './inspect-card.ts';
export { readCard, type CardReading, type CardReadingResult } from './read-card.ts';
export type { ExaminationTools } from './examination.ts';
export type { CardSecrets } from './ways.ts';
export { INSPECTION_CHECK_TITLES } from './check-titles.ts';
export { terminalAuthenticator, type TerminalAuthenticator } from './terminal-proof.ts';
export type { InspectedPrint, InspectionOrder } from './compare.ts';
export type { CardSecurityVerdict, PassiveAuthenticator, PassiveCheck, PassiveVerdict } from './passive-authenticator.ts';
export {
  INSPECTION_CHECKS,
  INSPECTION_REASONS,
  unreadablePrint,
  type InspectedFile,
  type InspectionCheck,
  type InspectionCheckName,
  type InspectionReason,
  type InspectionReport,
  type ReadingReport,
  type SkippedCheck,
} from './report.ts';
