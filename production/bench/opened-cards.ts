import { sql } from 'kysely';
import type { Db } from '#production/store';

export interface OpenedCard {
  readonly cardId: string;
  readonly fence: number;
}

/** Longer than any measurement: nobody renews these leases. */
const LEASE = '1 day';

/**
 * Cards whose blank is bound and whose chip is open, each claimed by a seat, as the stations leave them: what a security object is asked
 * for. Numbered on from `from`; made in one statement a table, because the ledger takes them one by one.
 */
export async function openedCards(db: Db, count: number, from = 0): Promise<readonly OpenedCard[]> {
  const [first, last] = [from + 1, from + count];
  const id = sql`lpad(n::text, 26, '0')`;
  const citizen = sql`lpad(to_hex(n), 32, '0')`;
  const chip = sql`upper(lpad(to_hex(n), 16, '0'))`;
  const hash = sql`sha256(n::text::bytea)`;
  const numbers = sql`from generate_series(${sql.lit(first)}::bigint, ${sql.lit(last)}::bigint) as n`;
  await sql`insert into provinces (province_code, name) values ('01', 'Hà Nội') on conflict do nothing`.execute(db);
  await sql`insert into delivery_offices (office_code, province_code, name) values ('01.00004', '01', 'Ba Đình') on conflict do nothing`.execute(
    db,
  );
  await sql`insert into batches (batch_id, province_code, state, content_hash, created_by, created_at, changed_at)
    values ('bat-bench', '01', 'RELEASED', sha256(''), 'bench', now(), now()) on conflict do nothing`.execute(db);
  await sql`insert into deliveries (delivery_note, supplier, chip_family, content_hash, blanks_count, received_by, received_at)
    values (${`BENCH-${first}`}, 'bench', 'virtual', sha256(''), ${sql.lit(count)}, 'bench', now())`.execute(db);
  await sql`insert into blanks (serial, chip_id, delivery_note) select 'B' || ${id}, ${chip}, ${`BENCH-${first}`} ${numbers}`.execute(db);
  await sql`insert into orders (order_key, client_order_id, body_hash, record_hash, citizen_ref, request_type, priority, due_date,
      delivery_office, profile, state, taken_by, taken_at, changed_at)
    select 'ord-' || ${id}, 'bench-' || n, ${hash}, ${hash}, ${citizen}, 'FIRST_ISSUANCE', 5, current_date, '01.00004', 'cccd-2021-specimen',
      'LINTED', 'bench', now(), now() ${numbers}`.execute(db);
  await sql`insert into cards (card_id, order_key, citizen_ref, batch_id, profile, province_code, delivery_office, priority, due_date, state,
      reserved_serial, bound_serial, chip_id, fence, lease_station, lease_owner, lease_until, created_at, changed_at)
    select 'crd-' || ${id}, 'ord-' || ${id}, ${citizen}, 'bat-bench', 'cccd-2021-specimen', '01', '01.00004', 5, current_date, 'CHIP_OPENED',
      'B' || ${id}, 'B' || ${id}, ${chip}, 1, 'encode', 'encode:1', now() + ${sql.lit(LEASE)}::interval, now(), now() ${numbers}`.execute(
    db,
  );
  return Array.from({ length: count }, (_, i) => ({ cardId: `crd-${String(first + i).padStart(26, '0')}`, fence: 1 }));
}
