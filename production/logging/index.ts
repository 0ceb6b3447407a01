/**
 * The one logger of every process: JSON lines in `<plantDir>/logs/<process>.log`, fields from a closed list, personal data
 * redacted before a line exists. It is not the audit trail (`production/audit`): lines here may be lost, and prove nothing.
 */
export { createLogger, silentLogger, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
export { FIELDS, type LogField, type LogFields } from './fields.ts';
export { redactText, VALUE_CHARS_MAX } from './redact.ts';
