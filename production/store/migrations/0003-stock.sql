-- Blanks and their double-entry ledger. `blanks.place` is a projection that only the ledger's trigger writes.

create table deliveries (
  delivery_note text primary key,
  supplier      text not null,
  chip_family   text not null,
  content_hash  bytea not null check (octet_length(content_hash) = 32),
  blanks_count  integer not null check (blanks_count > 0),
  received_by   text not null,
  received_at   timestamptz not null
);

create table blanks (
  serial        text primary key check (serial ~ '^[A-Z0-9][A-Z0-9-]{3,31}$'),
  chip_id       text not null unique check (chip_id ~ '^[0-9A-F]{16}$'),
  delivery_note text not null references deliveries,
  place         text not null default 'received' check (place in ('received','vault','line','good','spoiled','destroyed')),
  unique (serial, chip_id)
);
create index blanks_place on blanks (place);

-- One row is one move with its two sides: the debit and the credit cannot come apart.
create table stock_moves (
  move_id      bigint generated always as identity primary key,
  -- Idempotency: the same move asked for twice is one move.
  move_key     text not null unique,
  serial       text not null references blanks,
  from_account text not null,
  to_account   text not null,
  card_id      text,
  reason       text,
  who          text not null,
  at           timestamptz not null,
  check ((from_account, to_account) in
    (('received','vault'), ('vault','line'), ('line','good'), ('line','spoiled'), ('good','spoiled'), ('spoiled','destroyed')))
);
create index stock_moves_serial on stock_moves (serial, move_id);
create index stock_moves_reason on stock_moves (to_account, reason);

create function stock_move() returns trigger language plpgsql as $$
begin
  update blanks set place = new.to_account where serial = new.serial and place = new.from_account;
  if not found then
    raise exception 'BLANK_NOT_THERE: % is not in %', new.serial, new.from_account using errcode = 'CM002';
  end if;
  return new;
end $$;
create trigger stock_moves_apply before insert on stock_moves for each row execute function stock_move();
create trigger stock_moves_append_only before update or delete on stock_moves for each row execute function refuse_change();
create trigger stock_moves_no_truncate before truncate on stock_moves execute function refuse_change();
create trigger blanks_no_delete before delete on blanks for each row execute function refuse_change();

create function blanks_identity() returns trigger language plpgsql as $$
begin
  if (old.serial, old.chip_id, old.delivery_note) is distinct from (new.serial, new.chip_id, new.delivery_note) then
    raise exception 'APPEND_ONLY: the identity of a blank' using errcode = 'CM001';
  end if;
  -- Only the ledger's trigger moves a blank: one level of trigger nesting is ours, the second is the ledger's.
  if old.place is distinct from new.place and pg_trigger_depth() < 2 then
    raise exception 'APPEND_ONLY: a blank moves by the ledger only' using errcode = 'CM001';
  end if;
  return new;
end $$;
create trigger blanks_identity before update on blanks for each row execute function blanks_identity();

create view stock_postings as
  select move_id, serial, from_account as account, -1 as amount from stock_moves
  union all
  select move_id, serial, to_account, 1 from stock_moves;
