import { sql } from 'kysely';
import { nextCrlDue, parseCrl } from '#pki/crl';
import type { Db } from '#production/store';
import { isOver, sparesNeeded } from './budget.ts';
import type { Alarm, SignerHealth } from './contract.ts';
import { allDocumentSigners } from './document-signers.ts';
import { askTime } from './intents.ts';
import { SignerError } from './signer-error.ts';
import type { SignerDeps, Signing } from './signing.ts';
import { currentTrust } from './trust.ts';

/** How long it takes from a request to an admitted certificate, unless told. */
const LEAD_DAYS = 14;

/**
 * What works and what a person must look at. Every token is asked to prove that it lives.
 * @throws SignerError TOKEN_UNAVAILABLE when none does
 */
export async function healthOf(deps: SignerDeps, { tokens, clock }: Signing): Promise<SignerHealth> {
  await tokens.probe();
  // The clocks are compared here as well: a plant that signs nothing is told too.
  await clock
    .check(() => askTime(deps.db))
    .catch((error: unknown) => {
      if (!(error instanceof SignerError)) throw error;
    });
  const standings = Object.fromEntries(tokens.all.map((token) => [token.name, tokens.standingOf(token)]));
  if (!Object.values(standings).includes('ok')) throw tokens.unavailable();
  const alarms: Alarm[] = Object.entries(standings).flatMap(([subject, code]) => (code === 'ok' ? [] : [{ code, subject }]));
  if (clock.fault !== undefined) alarms.push({ code: clock.fault, subject: 'clock' });
  const now = deps.clock();
  const time = { earliest: now, latest: now };
  const rows = await allDocumentSigners(deps.db);
  for (const { hash, state } of rows) if (state === 'quarantined') alarms.push({ code: 'KEY_QUARANTINED', subject: hash });
  const usable = rows.filter((row) => (row.state === 'active' || row.state === 'spare') && !isOver(row, time));
  if (usable.length === 0) alarms.push({ code: 'DOCUMENT_SIGNER_EXHAUSTED', subject: 'document-signers' });
  if (sparesNeeded(usable, { leadDays: deps.leadDays ?? LEAD_DAYS }, time))
    alarms.push({ code: 'SPARES_NEEDED', subject: 'document-signers' });
  const { crl } = await currentTrust(deps.db, deps.trust);
  // What was revoked stands on the list: the people of a ceremony put it there. Here only its age is known (invariant P11).
  if (nextCrlDue(parseCrl(crl), [], now).state !== 'in-time') alarms.push({ code: 'CRL_DUE', subject: 'csca' });
  const verdict = await lastVerdict(deps.db);
  if (verdict !== undefined && verdict !== 'OK' && verdict !== 'COUNTER_ABSENT') alarms.push({ code: verdict, subject: 'reconciliation' });
  return { token: 'ok', tokens: standings, alarms };
}

async function lastVerdict(db: Db): Promise<string | undefined> {
  const { rows } = await sql<{ verdict: string }>`
    select verdict from reconciliations order by reconciliation_id desc limit 1`.execute(db);
  return rows[0]?.verdict;
}
