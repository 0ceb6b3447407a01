/**
 * The notary: append-only entries, chained by hash, written in the transaction of the change they speak of. It is not a log
 * (that is pino's) and holds no personal value.
 */
export { appendAudit, verifyAudit, type AuditEvent, type AuditVerdict } from './entries.ts';
export { auditLength, auditSince, type AuditRow } from './read.ts';
