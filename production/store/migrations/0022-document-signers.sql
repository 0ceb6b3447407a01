-- Document Signers: which are certified, which sign, how much of each one's budget is used (invariants P1, P2, P3), and what
-- became of every single attempt to sign.

create table document_signers (
  -- SHA-256 of the certificate.
  signer_hash   bytea primary key check (octet_length(signer_hash) = 32),
  token         text not null,
  -- The token's identifier of the key; the key's public half is in the certificate.
  key_id        bytea not null,
  certificate   bytea not null,
  -- Private key usage period of the certificate (Doc 9303-12 §7.1).
  usage_from    timestamptz not null,
  usage_to      timestamptz not null check (usage_to > usage_from),
  documents_max integer not null check (documents_max > 0),
  days_max      integer not null check (days_max > 0),
  -- Counted with the intent. The last line of defence: whatever a program does, a key never passes its cap.
  documents     integer not null default 0 check (documents between 0 and documents_max),
  state         text not null default 'spare' check (state in ('spare','active','spent','retired','quarantined','destroyed')),
  -- Why it is quarantined: a code.
  reason        text,
  -- The token's usage counter when the key was admitted; null where the token has none.
  counter_base  bigint,
  admitted_at   timestamptz not null default now(),
  activated_at  timestamptz,
  -- The end of its budget in days, or of its usage period, whichever comes first.
  active_until  timestamptz,
  ended_at      timestamptz,
  destroyed_at  timestamptz,
  unique (token, key_id),
  check ((activated_at is null) = (active_until is null)),
  check (state not in ('active','spent') or activated_at is not null),
  check ((state = 'destroyed') = (destroyed_at is not null))
);
create index document_signers_state on document_signers (state, token);

--   spare ─activate▶ active ─▶ spent (documents) | retired (days)
--   each of them ─▶ quarantined (its signature was wrong); each of them ─▶ destroyed, for ever
create function document_signers_life() returns trigger language plpgsql as $$
begin
  if (old.signer_hash, old.token, old.key_id, old.certificate, old.usage_from, old.usage_to, old.documents_max, old.days_max, old.counter_base, old.admitted_at)
     is distinct from
     (new.signer_hash, new.token, new.key_id, new.certificate, new.usage_from, new.usage_to, new.documents_max, new.days_max, new.counter_base, new.admitted_at)
     or (old.activated_at is not null and (old.activated_at, old.active_until) is distinct from (new.activated_at, new.active_until)) then
    raise exception 'APPEND_ONLY: what a Document Signer is never changes' using errcode = 'CM001';
  end if;
  if new.documents < old.documents or (new.documents > old.documents and old.state not in ('spare','active')) then
    raise exception 'APPEND_ONLY: the budget of a Document Signer' using errcode = 'CM001';
  end if;
  if old.state <> new.state and not (
       (old.state = 'spare' and new.state in ('active','spent','retired','quarantined','destroyed'))
    or (old.state = 'active' and new.state in ('spent','retired','quarantined','destroyed'))
    or (old.state in ('spent','retired') and new.state in ('quarantined','destroyed'))
    or (old.state = 'quarantined' and new.state = 'destroyed')) then
    raise exception 'APPEND_ONLY: a Document Signer does not go from % to %', old.state, new.state using errcode = 'CM001';
  end if;
  return new;
end $$;
create trigger document_signers_life before update on document_signers for each row execute function document_signers_life();
create trigger document_signers_no_delete before delete on document_signers for each row execute function refuse_change();

-- Keys that were made in a token to be certified by a CSCA, wherever that is.
create table document_signer_keys (
  key_id       bytea primary key,
  token        text not null,
  spki         bytea not null,
  -- What intents before the certificate (the request itself, the test signature) are filed under: SHA-256 of the SubjectPublicKeyInfo.
  spki_hash    bytea not null unique check (octet_length(spki_hash) = 32),
  requested_at timestamptz not null default now()
);
create trigger document_signer_keys_append_only before update or delete on document_signer_keys for each row execute function refuse_change();

-- What came in after the ceremony: CSCA certificates and link certificates of others, revocation lists.
create table trust_material (
  content_hash bytea primary key check (octet_length(content_hash) = 32),
  kind         text not null check (kind in ('csca','link','crl')),
  content      bytea not null,
  imported_at  timestamptz not null default now()
);
create trigger trust_material_append_only before update or delete on trust_material for each row execute function refuse_change();

-- The end of a key: who, when, what the token said when it was asked for the key again. The evidence is a JWS of the plant's signer.
create table key_destructions (
  signer_hash bytea primary key references document_signers,
  evidence    text not null,
  at          timestamptz not null default now()
);
create trigger key_destructions_append_only before update or delete on key_destructions for each row execute function refuse_change();

create table reconciliations (
  reconciliation_id bigint generated always as identity primary key,
  at                timestamptz not null default now(),
  verdict           text not null check (verdict in ('OK','COUNTER_ABSENT','COUNTER_BEHIND','TOKEN_UNAVAILABLE','ROGUE_SIGNATURES')),
  report            jsonb not null
);
create trigger reconciliations_append_only before update or delete on reconciliations for each row execute function refuse_change();

-- Intents: the same content under another signer is another intent; the same content under the same signer is the same one, attempted again.
drop trigger signature_intents_append_only on signature_intents;
drop trigger signature_outcomes_append_only on signature_outcomes;
alter table signature_intents
  add column document_number integer check (document_number > 0),
  add column attempts integer not null default 1 check (attempts > 0),
  drop constraint signature_intents_kind_subject_content_hash_key,
  drop constraint signature_intents_kind_check,
  add constraint signature_intents_kind_check check (kind in
    ('security_object','manifest','birth_certificate','cv_certificate','terminal_signature','certificate_request','test','evidence')),
  add constraint signature_intents_once unique (kind, subject, content_hash, signer_hash);
update signature_intents i set document_number = n.number
  from (select intent_id, row_number() over (partition by signer_hash order by intent_id) as number
        from signature_intents where kind = 'security_object') n
  where n.intent_id = i.intent_id;
alter table signature_intents add constraint signature_intents_numbered check ((kind = 'security_object') = (document_number is not null));
-- Its running number in the key, and the listing of the cards that hang on a key (invariant P10): read from the index alone.
create unique index signature_intents_document on signature_intents (signer_hash, document_number) include (subject, intent_id)
  where document_number is not null;

alter table signature_outcomes
  add column attempt integer,
  drop constraint signature_outcomes_result_check,
  -- `failed`: the token did not sign. `doubt`: it may have signed, and the signature is nobody's.
  add constraint signature_outcomes_result_check check (result in ('signed','failed','doubt')),
  add constraint signature_outcomes_named check (result = 'signed' or code is not null);
update signature_outcomes o set attempt = n.attempt
  from (select ctid as place, row_number() over (partition by intent_id order by at) as attempt from signature_outcomes) n
  where n.place = o.ctid;
update signature_intents i set attempts = n.attempts
  from (select intent_id, max(attempt) as attempts from signature_outcomes group by intent_id) n
  where n.intent_id = i.intent_id;
alter table signature_outcomes alter column attempt set not null;
-- Each attempt has one outcome, whoever writes it first. What it was is in the index: the cards under a key are listed without reading a product.
create unique index signature_outcomes_attempt on signature_outcomes (intent_id, attempt) include (result);

create function signature_intents_attempt() returns trigger language plpgsql as $$
begin
  if new.attempts <> old.attempts + 1
     or (old.intent_id, old.kind, old.subject, old.content_hash, old.chip_id, old.signer_hash, old.fence, old.intended_at, old.document_number)
     is distinct from
     (new.intent_id, new.kind, new.subject, new.content_hash, new.chip_id, new.signer_hash, new.fence, new.intended_at, new.document_number) then
    raise exception 'APPEND_ONLY: an intent is attempted again, and is otherwise as it was' using errcode = 'CM001';
  end if;
  return new;
end $$;
create trigger signature_intents_attempt before update on signature_intents for each row execute function signature_intents_attempt();
create trigger signature_intents_no_delete before delete on signature_intents for each row execute function refuse_change();
create trigger signature_outcomes_append_only before update or delete on signature_outcomes for each row execute function refuse_change();
