import type { DemoPlace } from './demo-process.ts';
import { askRunning } from './plant-books.ts';

export type Station = 'encode' | 'print' | 'inspect';

/** How many cards are in a station's hands at this moment: leased to it and not yet let go. */
export async function onTheLine(place: DemoPlace, station: Station): Promise<number> {
  const begun = station === 'encode' ? `and state not in ('RELEASED')` : '';
  const rows = await askRunning<{ n: string }>(
    place,
    `select count(*) as n from cards where lease_station = '${station}' and lease_until > now() ${begun}`,
  );
  return Number(rows?.[0]?.n ?? 0);
}

/** How many cards have passed inspection, and how many have still to be made. */
export async function progressOf(place: DemoPlace): Promise<{ readonly made: number; readonly left: number } | null> {
  const rows = await askRunning<{ made: string; left: string }>(
    place,
    `select count(*) filter (where state in ('INSPECTED','PACKED','SHIPPED','RECEIVED')) as made,
            count(*) filter (where state not in ('INSPECTED','PACKED','SHIPPED','RECEIVED','SPOILED')) as left from cards`,
  );
  const row = rows?.[0];
  return row === undefined ? null : { made: Number(row.made), left: Number(row.left) };
}

/** How many steps the cards have made so far; null while the database does not say. */
export async function stepsOf(place: DemoPlace): Promise<number | null> {
  const rows = await askRunning<{ n: string }>(place, 'select count(*) as n from card_history');
  return rows === null ? null : Number(rows[0]?.n ?? 0);
}
