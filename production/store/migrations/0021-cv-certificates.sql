-- Certificates of Terminal Authentication are signed like everything else: intent, signature, outcome.
alter table signature_intents drop constraint signature_intents_kind_check;
alter table signature_intents add constraint signature_intents_kind_check
  check (kind in ('security_object','manifest','birth_certificate','cv_certificate'));
