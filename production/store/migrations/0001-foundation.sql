-- What every other table stands on: a way to refuse changes, the people, the audit chain, the outbox.

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'APPEND_ONLY: % on %', tg_op, tg_table_name using errcode = 'CM001';
end $$;

-- A person, not an account: the two-person rule compares person_id. Only the SHA-256 of the bearer token is kept.
create table people (
  person_id     text primary key check (person_id ~ '^[a-z][a-z0-9-]{1,39}$'),
  name          text not null,
  roles         text[] not null check (roles <@ array['operator','quality','province','registry','auditor']::text[] and cardinality(roles) > 0),
  province_code text,
  token_hash    bytea not null unique,
  active        boolean not null default true,
  created_at    timestamptz not null,
  check (('province' = any (roles)) = (province_code is not null))
);

-- Entries are written by the transaction that makes the change. Their place in the chain is given at commit, by a deferred
-- trigger that locks the head: the lock is the last one a transaction takes, so it cannot be part of a deadlock.
create table audit_entries (
  entry_id   bigint generated always as identity primary key,
  at         timestamptz not null,
  who        text not null,
  what       text not null,
  subject    text not null,
  evidence   text not null,
  entry_hash bytea not null check (octet_length(entry_hash) = 32)
);
create index audit_entries_subject on audit_entries (subject, entry_id);

create table audit_links (
  seq      bigint primary key,
  entry_id bigint not null unique references audit_entries,
  hash     bytea not null check (octet_length(hash) = 32)
);

create table audit_head (
  only_row boolean primary key default true check (only_row),
  length   bigint not null,
  hash     bytea not null
);
insert into audit_head (length, hash) values (0, decode(repeat('00', 32), 'hex'));

create function audit_link() returns trigger language plpgsql as $$
declare head audit_head%rowtype;
        next_hash bytea;
begin
  select * into strict head from audit_head for update;
  next_hash := sha256(head.hash || new.entry_hash);
  insert into audit_links (seq, entry_id, hash) values (head.length + 1, new.entry_id, next_hash);
  update audit_head set length = head.length + 1, hash = next_hash;
  return null;
end $$;

create constraint trigger audit_entries_link after insert on audit_entries
  deferrable initially deferred for each row execute function audit_link();
create trigger audit_entries_append_only before update or delete on audit_entries for each row execute function refuse_change();
create trigger audit_entries_no_truncate before truncate on audit_entries execute function refuse_change();
create trigger audit_links_append_only before update or delete on audit_links for each row execute function refuse_change();
create trigger audit_links_no_truncate before truncate on audit_links execute function refuse_change();

-- A doorbell that is to be rung. Delivered rows stay until they are purged; `doorbells` remembers how often each subject was rung.
create table outbox (
  outbox_id    bigint generated always as identity primary key,
  queue        text not null,
  payload      jsonb not null,
  job_id       text not null unique check (position(':' in job_id) = 0),
  priority     integer not null,
  created_at   timestamptz not null default now(),
  delivered_at timestamptz
);
create index outbox_undelivered on outbox (priority, outbox_id) where delivered_at is null;

create table doorbells (
  subject      text not null,
  queue        text not null,
  rings        integer not null,
  last_job_id  text not null,
  last_rung_at timestamptz not null,
  primary key (subject, queue)
);

create function outbox_wake() returns trigger language plpgsql as $$
begin
  perform pg_notify('cardmint_outbox', '');
  return null;
end $$;
create trigger outbox_wake after insert on outbox for each statement execute function outbox_wake();
