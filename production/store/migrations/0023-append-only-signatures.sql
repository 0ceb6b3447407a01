-- What row triggers do not see: a table that is emptied as a whole.
create trigger signature_intents_no_truncate before truncate on signature_intents execute function refuse_change();
create trigger signature_outcomes_no_truncate before truncate on signature_outcomes execute function refuse_change();
create trigger document_signers_no_truncate before truncate on document_signers execute function refuse_change();
create trigger document_signer_keys_no_truncate before truncate on document_signer_keys execute function refuse_change();
create trigger key_destructions_no_truncate before truncate on key_destructions execute function refuse_change();
create trigger trust_material_no_truncate before truncate on trust_material execute function refuse_change();
create trigger reconciliations_no_truncate before truncate on reconciliations execute function refuse_change();
