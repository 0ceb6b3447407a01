import { appendAudit } from '#production/audit';
import { withTransaction, type LineMode, type StoreDeps } from '#production/store';
import type { LineControl } from '#queues/ports';

export interface Seat {
  readonly place: string;
  readonly inService: boolean;
  readonly doing: string;
  readonly cardId: string | null;
  readonly serial: string | null;
  readonly changedAt: Date;
}

export interface LineStatus {
  readonly line: string;
  readonly mode: LineMode;
  /** Why it stands where it stands: `operator`, `recovery`. */
  readonly reason: string | null;
  readonly changedBy: string;
  readonly seats: readonly Seat[];
}

/** The line as its processes see it. */
export function createLineControl(deps: StoreDeps, options: { readonly line: string }): LineControl {
  const { db, ids } = deps;
  return Object.freeze<LineControl>({
    async mode() {
      const row = await db.selectFrom('lines').select('mode').where('line_id', '=', options.line).executeTakeFirst();
      return row?.mode ?? 'held';
    },
    async seatInService(place) {
      const row = await db
        .selectFrom('seats')
        .select('in_service')
        .where('place', '=', place)
        .where('line_id', '=', options.line)
        .executeTakeFirst();
      return row?.in_service ?? false;
    },
    async report({ place, doing, cardId, serial }) {
      await db
        .updateTable('seats')
        .set({ doing, card_id: cardId, serial, changed_at: ids.now() })
        .where('place', '=', place)
        .where('line_id', '=', options.line)
        .execute();
    },
  });
}

/** Makes the line and its seats known. A new line is held until somebody starts it; an existing one keeps its mode. */
export async function ensureLine(deps: StoreDeps, request: { readonly line: string; readonly seats: readonly string[] }): Promise<void> {
  const { db, ids } = deps;
  await withTransaction(db, async (trx) => {
    await trx
      .insertInto('lines')
      .values({ line_id: request.line, mode: 'held', reason: 'new', changed_by: 'plant', changed_at: ids.now() })
      .onConflict((conflict) => conflict.column('line_id').doNothing())
      .execute();
    for (const place of request.seats) {
      await trx
        .insertInto('seats')
        .values({ place, line_id: request.line, changed_at: ids.now() })
        .onConflict((conflict) => conflict.column('place').doNothing())
        .execute();
    }
  });
}

/**
 * After a restart of the whole plant (invariant R1): with `authorised` the line is held until an operator resumes it; with
 * `auto` it goes on as it was. Not to be called when one child of a running line comes back.
 */
export async function enterRecovery(
  deps: StoreDeps,
  request: { readonly line: string; readonly recovery: 'auto' | 'authorised' },
): Promise<LineMode> {
  if (request.recovery === 'authorised')
    return await setLineMode(deps, { line: request.line, mode: 'held', who: 'plant', reason: 'recovery' });
  const row = await deps.db.selectFrom('lines').select('mode').where('line_id', '=', request.line).executeTakeFirstOrThrow();
  return row.mode;
}

/** Start (`running`), hold, drain. Logged by name. The caller rings what waits (`sweep` with `idleSeconds: 0`) after a start. */
export async function setLineMode(
  deps: StoreDeps,
  request: { readonly line: string; readonly mode: LineMode; readonly who: string; readonly reason?: string },
): Promise<LineMode> {
  const { line, mode, who } = request;
  const reason = request.reason ?? 'operator';
  await withTransaction(deps.db, async (trx) => {
    const before = await trx
      .selectFrom('lines')
      .select(['mode', 'reason'])
      .where('line_id', '=', line)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (before.mode === mode && before.reason === reason) return;
    await trx.updateTable('lines').set({ mode, reason, changed_by: who, changed_at: deps.ids.now() }).where('line_id', '=', line).execute();
    await appendAudit(trx, deps.ids, { who, what: `line.${mode}`, subject: line, evidence: { from: before.mode, reason } });
  });
  return mode;
}

/** @returns false when there is no such seat */
export async function setSeatService(
  deps: StoreDeps,
  request: { readonly place: string; readonly inService: boolean; readonly who: string },
): Promise<boolean> {
  return await withTransaction(deps.db, async (trx) => {
    const seat = await trx.selectFrom('seats').select('in_service').where('place', '=', request.place).forUpdate().executeTakeFirst();
    if (seat === undefined) return false;
    if (seat.in_service === request.inService) return true;
    await trx
      .updateTable('seats')
      .set({ in_service: request.inService, changed_at: deps.ids.now() })
      .where('place', '=', request.place)
      .execute();
    await appendAudit(trx, deps.ids, {
      who: request.who,
      what: request.inService ? 'seat.inService' : 'seat.outOfService',
      subject: request.place,
    });
    return true;
  });
}

/** Null when there is no such line. */
export async function lineStatus(deps: Pick<StoreDeps, 'db'>, line: string): Promise<LineStatus | null> {
  const row = await deps.db.selectFrom('lines').selectAll().where('line_id', '=', line).executeTakeFirst();
  if (row === undefined) return null;
  const seats = await deps.db
    .selectFrom('seats')
    .select(['place', 'in_service as inService', 'doing', 'card_id as cardId', 'serial', 'changed_at as changedAt'])
    .where('line_id', '=', line)
    .orderBy('place')
    .execute();
  return { line, mode: row.mode, reason: row.reason, changedBy: row.changed_by, seats };
}
