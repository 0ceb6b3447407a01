-- Provinces and offices, orders, sealed records. No personal value stands in clear in any of them.

create table provinces (
  province_code text primary key check (province_code ~ '^[0-9]{2}$'),
  name          text not null,
  -- The certificate (DER) whose key signs this province's receipts.
  certificate   bytea
);

alter table people add constraint people_province foreign key (province_code) references provinces;

create table delivery_offices (
  office_code   text primary key check (office_code ~ '^[0-9]{2}\.[0-9]{5}$'),
  province_code text not null references provinces,
  name          text not null,
  check (substr(office_code, 1, 2) = province_code)
);

create table orders (
  order_key       text primary key,
  -- The intake sequence: which of two orders for one citizen came first never depends on a clock (invariant T1).
  intake_sequence bigint generated always as identity unique,
  client_order_id text not null unique,
  -- SHA-256 over the whole canonical order, images included: equal bodies are equal, nothing can be enumerated from it.
  body_hash       bytea not null check (octet_length(body_hash) = 32),
  record_hash     bytea not null check (octet_length(record_hash) = 32),
  citizen_ref     text not null check (citizen_ref ~ '^[0-9a-f]{32}$'),
  request_type    text not null check (request_type in ('FIRST_ISSUANCE')),
  priority        smallint not null check (priority between 0 and 9),
  due_date        date not null,
  delivery_office text not null references delivery_offices,
  profile         text not null,
  state           text not null check (state in ('ORDERED','REFUSED','LINTED','CANCELLED')),
  findings        jsonb not null default '[]',
  taken_by        text not null,
  taken_at        timestamptz not null,
  changed_at      timestamptz not null
);
create index orders_citizen on orders (citizen_ref, intake_sequence);
create index orders_open on orders (changed_at) where state = 'ORDERED';

-- Apart from the orders, so that purging one (destroying its key) touches nothing else.
create table sealed_records (
  order_key  text primary key references orders,
  sealed_key bytea not null,
  iv         bytea not null check (octet_length(iv) = 12),
  ciphertext bytea not null,
  tag        bytea not null check (octet_length(tag) = 16)
);
-- Ciphertext does not compress: do not try.
alter table sealed_records alter column ciphertext set storage external;
create trigger sealed_records_immutable before update on sealed_records for each row execute function refuse_change();

-- What was ordered never changes; only the order's state and findings do.
create function orders_immutable() returns trigger language plpgsql as $$
begin
  if (old.order_key, old.client_order_id, old.body_hash, old.record_hash, old.citizen_ref, old.request_type, old.delivery_office, old.profile)
     is distinct from
     (new.order_key, new.client_order_id, new.body_hash, new.record_hash, new.citizen_ref, new.request_type, new.delivery_office, new.profile) then
    raise exception 'APPEND_ONLY: an approved order is immutable' using errcode = 'CM001';
  end if;
  return new;
end $$;
create trigger orders_immutable before update on orders for each row execute function orders_immutable();
create trigger orders_no_delete before delete on orders for each row execute function refuse_change();
