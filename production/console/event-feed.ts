import { auditLength, auditSince, type AuditRow } from '#production/audit';
import type { Seat } from '#production/cards';
import type { ServerSentEvent } from '#production/http';
import type { Logger } from '#production/logging';
import type { Db } from '#production/store';

export interface FeedDeps {
  readonly db: Db;
  readonly log: Logger;
  /** What each seat is doing now: it is shown, not audited. */
  readonly seats: () => Promise<readonly Seat[]>;
}

const POLL_MS = 250;
const PAGE = 500;
/** Beyond this a reader that comes back is told to read the report again instead of hearing it all. */
const REPLAY_MAX = 2000;

/**
 * Tells what happens, in the order in which it was committed: the audit chain has a place for every change and no gap, so its `seq` is
 * the event id, and nothing can be overtaken by a transaction that began earlier. Asks the database only while somebody listens.
 */
export class EventFeed {
  readonly #deps: FeedDeps;
  readonly #listeners = new Set<(event: ServerSentEvent) => void>();
  #seq = 0;
  #seats = '';
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #failing = false;
  #stopped = false;

  constructor(deps: FeedDeps) {
    this.#deps = deps;
  }

  /**
   * Hears everything from after `lastSeq` on; null means from now on. The first event is `hello` with the place in the chain, or `reset` when
   * what was missed is too much to repeat.
   * @returns ends the listening
   */
  async listen(lastSeq: number | null, hear: (event: ServerSentEvent) => void): Promise<() => void> {
    const length = await auditLength(this.#deps.db);
    const from = lastSeq ?? length;
    const missed = length - from;
    if (missed < 0 || missed > REPLAY_MAX) hear({ id: String(length), event: 'reset', data: { seq: length } });
    else {
      hear({ id: String(from), event: 'hello', data: { seq: from } });
      let seq = from;
      while (seq < length) {
        const rows = await auditSince(this.#deps.db, seq, Math.min(PAGE, length - seq));
        for (const row of rows) hear(eventOf(row));
        seq = rows.at(-1)?.seq ?? length;
      }
    }
    let heard = length;
    const once = (event: ServerSentEvent): void => {
      const seq = event.id === undefined ? null : Number(event.id);
      if (seq !== null && seq <= heard) return;
      if (seq !== null) heard = seq;
      hear(event);
    };
    // Back to where this one stands; the others drop what they have heard.
    this.#seq = this.#listeners.size === 0 ? length : Math.min(this.#seq, length);
    this.#seats = '';
    this.#listeners.add(once);
    this.#schedule(0);
    return () => this.#listeners.delete(once);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#reading;
  }

  #schedule(inMs: number): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#reading = this.#read().finally(() => {
        this.#timer = undefined;
        if (this.#listeners.size > 0) this.#schedule(this.#failing ? 2000 : POLL_MS);
      });
    }, inMs);
  }

  async #read(): Promise<void> {
    try {
      const from = this.#seq;
      const rows = await auditSince(this.#deps.db, from, PAGE);
      for (const row of rows) this.#tell(eventOf(row));
      // Somebody who came meanwhile may have moved it back.
      if (this.#seq === from) this.#seq = rows.at(-1)?.seq ?? from;
      const seats = await this.#deps.seats();
      const shown = JSON.stringify(seats);
      if (shown !== this.#seats) this.#tell({ event: 'seats', data: { seats } });
      this.#seats = shown;
      if (this.#failing) this.#tell({ event: 'back', data: {} });
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        this.#deps.log.warn({ err: error, event: 'feed_failing' }, 'the events cannot be read; trying again');
        this.#tell({ event: 'away', data: { dependency: 'postgres' } });
      }
      this.#failing = true;
    }
  }

  #tell(event: ServerSentEvent): void {
    for (const hear of this.#listeners) hear(event);
  }
}

function eventOf(row: AuditRow): ServerSentEvent {
  return {
    id: String(row.seq),
    event: 'change',
    data: { seq: row.seq, at: row.at.toISOString(), who: row.who, what: row.what, subject: row.subject, evidence: row.evidence },
  };
}
