/**
 * What the inspector found, filed before a card may be packed. It holds verdicts and hashes, and no personal value; how a
 * card is inspected is `encoder/inspection`'s.
 */
export { createInspectionLedger, inspectionsOf, type Inspection } from './inspections.ts';
