/**
 * What a log line may say beside its message. The list is closed: a field that is not here is dropped and named in
 * `droppedFields`, so that nobody logs a record by spreading an object (invariant A4: typed log fields, allow-list).
 *
 * - `id`: made by us, checked against a shape, never free text
 * - `text`: free text from our own code or from a library; redacted and cut
 * - `number`, `boolean`
 * - `error`: an `Error`; becomes its name, code, where and redacted message
 */
export const FIELDS = Object.freeze({
  // what it is about
  cardId: 'id',
  batchId: 'id',
  orderKey: 'id',
  consignmentId: 'id',
  caseId: 'id',
  province: 'id',
  serial: 'id',
  chipId: 'id',
  state: 'id',
  from: 'id',
  to: 'id',
  spoilReason: 'id',
  hash: 'id',
  // where
  seat: 'id',
  place: 'id',
  reader: 'text',
  station: 'id',
  queue: 'id',
  jobId: 'id',
  service: 'id',
  file: 'text',
  step: 'id',
  operation: 'id',
  // who
  person: 'id',
  role: 'id',
  client: 'id',
  // what happened
  event: 'id',
  code: 'id',
  where: 'text',
  detail: 'text',
  statusWord: 'id',
  signal: 'id',
  err: 'error',
  // HTTP
  correlationId: 'id',
  method: 'id',
  route: 'text',
  status: 'number',
  bytes: 'number',
  port: 'number',
  // quantities
  count: 'number',
  attempt: 'number',
  fence: 'number',
  sequence: 'number',
  durationMs: 'number',
  childPid: 'number',
  exitCode: 'number',
  ok: 'boolean',
} as const);

export type LogField = keyof typeof FIELDS;

interface ValueOf {
  id: string;
  text: string;
  number: number;
  boolean: boolean;
  error: unknown;
}

export type LogFields = { readonly [F in LogField]?: ValueOf[(typeof FIELDS)[F]] | null | undefined };
