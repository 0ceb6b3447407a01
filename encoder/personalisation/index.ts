/**
 * From finished files to a locked chip that is never half made: a pure plan, a journal with the intent of every command
 * before it is sent, and recovery that asks the chip. It is not where files are built or signed, and it knows no chip family:
 * those are `lds`, `pki` and `drivers`.
 */
export { planPersonalisation, fileDigests, EF_SOD } from './plan.ts';
export type { Operation, PersonalisationPlan, PlanInput, PlannedFile, PlanStep } from './plan.ts';
export type { JournalStep, PersonalisationJournal } from './journal.ts';
export { openChip, personalise, prepareChip, type Personalisation } from './execute.ts';
export { confirmLocked, type Confirmation, type FileDigest } from './confirm.ts';
export { faultKind, type FaultKind } from './fault.ts';
export { remainingSteps } from './recover.ts';
export { PersonalisationError, type PersonalisationErrorCode } from './personalisation-error.ts';
