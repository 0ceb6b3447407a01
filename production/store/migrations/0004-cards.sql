-- Batches, card records with lease and fence, their history, the journals of physical effects.

create table batches (
  batch_id      text primary key,
  province_code text not null references provinces,
  state         text not null check (state in ('OPEN','RELEASED','HELD','PACKED','SHIPPED','RECEIVED','CANCELLED')),
  held_from     text,
  content_hash  bytea not null check (octet_length(content_hash) = 32),
  created_by    text not null,
  created_at    timestamptz not null,
  released_at   timestamptz,
  changed_at    timestamptz not null
);

-- Each approval names the content it approved (invariant D2).
create table batch_approvals (
  batch_id     text not null references batches,
  person_id    text not null references people,
  content_hash bytea not null,
  at           timestamptz not null
);
create index batch_approvals_batch on batch_approvals (batch_id);
create trigger batch_approvals_append_only before update or delete on batch_approvals for each row execute function refuse_change();

create table cards (
  card_id         text primary key,
  order_key       text not null references orders,
  citizen_ref     text not null,
  batch_id        text references batches,
  profile         text not null,
  province_code   text not null references provinces,
  delivery_office text not null references delivery_offices,
  priority        smallint not null,
  due_date        date not null,
  state           text not null check (state in
    ('LINTED','BATCHED','RELEASED','BLANK_BOUND','CHIP_OPENED','SOD_INTENT','SOD_SIGNED','WRITTEN','LOCKED','LOCK_VERIFIED','PRINTED','INSPECTED',
     'PACKED','SHIPPED','RECEIVED','HANDED_OVER','HOLD','CANCELLED','IN_DOUBT','SPOILED','DESTROYED')),
  -- Where IN_DOUBT or HOLD goes back to.
  doubted_from    text,
  held_from       text,
  -- A line of remakes, no branch: at most one successor each (invariant C2).
  supersedes      text unique references cards,
  reserved_serial text unique references blanks,
  seat            text,
  -- One card record, one serial, one chip, one EF.SOD, for ever: spoiled rows keep theirs (invariant C3).
  bound_serial    text unique,
  chip_id         text unique,
  sod_hash        bytea unique check (octet_length(sod_hash) = 32),
  case_id         text,
  fence           bigint not null default 0,
  lease_station   text,
  lease_owner     text,
  lease_until     timestamptz,
  attempts_encode  integer not null default 0,
  attempts_print   integer not null default 0,
  attempts_inspect integer not null default 0,
  created_at      timestamptz not null,
  changed_at      timestamptz not null,
  foreign key (bound_serial, chip_id) references blanks (serial, chip_id),
  check ((bound_serial is null) = (chip_id is null)),
  check ((state = 'IN_DOUBT') = (doubted_from is not null)),
  check ((state = 'HOLD') = (held_from is not null))
);

-- Invariant C1: per citizen at most one card in the making or on the way, and at most one active card.
create unique index cards_one_in_the_making on cards (citizen_ref)
  where state not in ('HANDED_OVER','CANCELLED','SPOILED','DESTROYED');
create unique index cards_one_active on cards (citizen_ref) where state = 'HANDED_OVER';
create index cards_batch on cards (batch_id, state);
create index cards_order on cards (order_key);
create index cards_state on cards (state, changed_at);
create index cards_waiting on cards (province_code, due_date, card_id) where state = 'LINTED';

create function cards_identity() returns trigger language plpgsql as $$
begin
  if (old.card_id, old.order_key, old.citizen_ref, old.supersedes) is distinct from (new.card_id, new.order_key, new.citizen_ref, new.supersedes)
     or (old.bound_serial is not null and (old.bound_serial, old.chip_id) is distinct from (new.bound_serial, new.chip_id))
     or (old.sod_hash is not null and old.sod_hash is distinct from new.sod_hash) then
    raise exception 'APPEND_ONLY: what a card record is bound to never changes' using errcode = 'CM001';
  end if;
  -- Invariant B6: nothing comes back from SPOILED or DESTROYED, whoever asks.
  if (old.state = 'SPOILED' and new.state not in ('SPOILED','DESTROYED')) or (old.state in ('DESTROYED','CANCELLED') and new.state <> old.state) then
    raise exception 'APPEND_ONLY: % is final', old.state using errcode = 'CM001';
  end if;
  if new.fence < old.fence then
    raise exception 'APPEND_ONLY: a fence only grows' using errcode = 'CM001';
  end if;
  return new;
end $$;
create trigger cards_identity before update on cards for each row execute function cards_identity();
create trigger cards_no_delete before delete on cards for each row execute function refuse_change();

create table card_history (
  history_id bigint generated always as identity primary key,
  card_id    text not null references cards,
  from_state text,
  to_state   text not null,
  who        text not null,
  fence      bigint,
  evidence   jsonb not null,
  at         timestamptz not null
);
create index card_history_card on card_history (card_id, history_id);
create trigger card_history_append_only before update or delete on card_history for each row execute function refuse_change();
create trigger card_history_no_truncate before truncate on card_history execute function refuse_change();

-- Public keys that chips reported, across all history (invariant C8). A chip that was torn may make its keys again: the card then has several.
create table chip_keys (
  spki_hash bytea primary key check (octet_length(spki_hash) = 32),
  card_id   text not null references cards,
  purpose   text not null check (purpose in ('activeAuthentication','chipAuthentication')),
  spki      bytea not null,
  recorded_at timestamptz not null default now()
);
create trigger chip_keys_append_only before update or delete on chip_keys for each row execute function refuse_change();

create table chip_journal (
  card_id     text not null references cards,
  fence       bigint not null,
  sequence    integer not null,
  operation   text not null,
  hash        text not null,
  intended_at timestamptz not null default now(),
  result      text check (result in ('done','refused','unknown')),
  status_word text,
  primary key (card_id, fence, sequence)
);

create table print_jobs (
  job_id      text primary key,
  card_id     text not null references cards,
  attempt     integer not null,
  front_hash  text not null,
  back_hash   text not null,
  outcome     text check (outcome in ('printed','failed','nothing_on_face')),
  intended_at timestamptz not null,
  outcome_at  timestamptz,
  unique (card_id, attempt)
);
-- At most one job of a card may have put something on its face.
create unique index print_jobs_one on print_jobs (card_id) where outcome is null or outcome = 'printed';

create table inspections (
  inspection_id bigint generated always as identity primary key,
  card_id       text not null references cards,
  fence         bigint not null,
  passed        boolean not null,
  reasons       text[] not null,
  report        jsonb not null,
  at            timestamptz not null,
  unique (card_id, fence)
);
create unique index inspections_one_passed on inspections (card_id) where passed;
create trigger inspections_append_only before update or delete on inspections for each row execute function refuse_change();

create table lines (
  line_id    text primary key,
  mode       text not null check (mode in ('running','held','draining')),
  reason     text,
  changed_by text not null,
  changed_at timestamptz not null
);

create table seats (
  place      text primary key,
  line_id    text not null references lines,
  in_service boolean not null default true,
  doing      text not null default 'idle',
  card_id    text,
  serial     text,
  changed_at timestamptz not null
);
