-- What the signer was about to sign, and what became of it. The intent is committed before the token is asked (invariant
-- P3): every signature hangs on exactly one card record or consignment.

create table signature_intents (
  intent_id       bigint generated always as identity primary key,
  kind            text not null check (kind in ('security_object','manifest','birth_certificate')),
  -- The card record or the consignment.
  subject         text not null,
  -- SHA-256 of everything that goes under the signature: the same content of the same subject is the same intent.
  content_hash    bytea not null check (octet_length(content_hash) = 32),
  chip_id         text,
  -- SHA-256 of the certificate whose key signs.
  signer_hash     bytea not null check (octet_length(signer_hash) = 32),
  fence           bigint,
  intended_at     timestamptz not null default now(),
  unique (kind, subject, content_hash)
);
create index signature_intents_signer on signature_intents (signer_hash, intent_id);
create trigger signature_intents_append_only before update or delete on signature_intents for each row execute function refuse_change();

create table signature_outcomes (
  intent_id  bigint not null references signature_intents,
  result     text not null check (result in ('signed','failed')),
  -- EF.SOD, CMS or JWS; hashes and signatures only, nothing of a person in clear.
  product    bytea,
  code       text,
  at         timestamptz not null default now(),
  check ((result = 'signed') = (product is not null))
);
create unique index signature_outcomes_signed on signature_outcomes (intent_id) where result = 'signed';
create trigger signature_outcomes_append_only before update or delete on signature_outcomes for each row execute function refuse_change();
