-- Boxes, consignments, receipts, cases, birth certificates. No name and no personal number in any of them.

create table consignments (
  consignment_id text primary key,
  batch_id       text not null unique references batches,
  province_code  text not null references provinces,
  state          text not null check (state in ('PACKING','PACKED','SHIPPED','RECEIVED','RECEIVED_WITH_CASE')),
  manifest       bytea not null,
  manifest_hash  bytea not null unique check (octet_length(manifest_hash) = 32),
  signature      bytea,
  csv            bytea,
  pdf            bytea,
  created_at     timestamptz not null,
  packed_at      timestamptz,
  shipped_at     timestamptz,
  received_at    timestamptz,
  check (state = 'PACKING' or (signature is not null and csv is not null and pdf is not null))
);

-- Invariant D5: a sealed manifest is immutable.
create function consignments_immutable() returns trigger language plpgsql as $$
begin
  if (old.consignment_id, old.batch_id, old.province_code, old.manifest, old.manifest_hash)
     is distinct from (new.consignment_id, new.batch_id, new.province_code, new.manifest, new.manifest_hash)
     or (old.signature is not null and (old.signature, old.csv, old.pdf) is distinct from (new.signature, new.csv, new.pdf)) then
    raise exception 'APPEND_ONLY: a sealed manifest' using errcode = 'CM001';
  end if;
  return new;
end $$;
create trigger consignments_immutable before update on consignments for each row execute function consignments_immutable();
create trigger consignments_no_delete before delete on consignments for each row execute function refuse_change();

create table boxes (
  box_id         text primary key,
  consignment_id text not null references consignments,
  number         integer not null,
  office_code    text not null references delivery_offices,
  seal_number    text not null unique,
  unique (consignment_id, number)
);

create table consignment_cards (
  card_id        text primary key references cards,
  consignment_id text not null references consignments,
  box_id         text not null references boxes,
  serial         text not null unique references blanks,
  state          text not null default 'SENT' check (state in ('SENT','RECEIVED','SHORT','DAMAGED'))
);
create index consignment_cards_consignment on consignment_cards (consignment_id);

create table receipts (
  consignment_id text primary key references consignments,
  receipt        bytea not null,
  signature      bytea not null,
  receipt_hash   bytea not null,
  received_by    text not null,
  received_at    timestamptz not null
);
create trigger receipts_append_only before update or delete on receipts for each row execute function refuse_change();

create table cases (
  case_id        text primary key,
  consignment_id text not null references consignments,
  kind           text not null check (kind in ('SHORT','DAMAGED','OVER')),
  -- Null for a piece that was over: its serial is none of ours or of another consignment.
  card_id        text references cards,
  serial         text not null,
  state          text not null default 'OPEN' check (state in ('OPEN','CLOSED')),
  opened_at      timestamptz not null
);

create table birth_certificates (
  card_id    text primary key references cards,
  jws        text not null,
  created_at timestamptz not null
);
create trigger birth_certificates_append_only before update or delete on birth_certificates for each row execute function refuse_change();
