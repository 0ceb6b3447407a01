import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { isCodedError, Secret, utf8 } from '#encoder/bytes';
import { pointOfKey } from '#pki/ec';
import { quantile, securityObjectOf, type CardToSign } from '#production/bench';
import { ensureToken } from '#production/plant';
import { admitFromCeremony, reconcile, signDocuments, signingOf, type SignerToken, type Verdict } from '#production/signer';
import type { Db } from '#production/store';
import { hostToken } from './host-token.ts';
import { rehearsalToken } from './rehearsal-token.ts';
import { throwawayAuthority, type ThrowawayAuthority } from './throwaway-authority.ts';
import { startThrowawayDatabase } from './throwaway-database.ts';
import type { ThrowawayHome } from './throwaway-home.ts';

export interface RollOverOptions {
  /** Requests a second, come what may: nobody waits for the answer to the one before. */
  readonly rate: number;
  readonly seconds: number;
  /** The cap of every key. */
  readonly documentsMax: number;
  /** Dies for good half way. */
  readonly killToken?: string;
  /** What Node runs as the process of a token; the built one unless told. */
  readonly program?: readonly string[];
}

export interface RollOverReport {
  readonly requests: number;
  /** By code. */
  readonly failures: ReadonlyMap<string, number>;
  /** Successors that took over. */
  readonly rollOvers: number;
  readonly latencyMs: { readonly median: number; readonly p99: number };
  readonly keys: readonly KeyUse[];
  readonly documentsMax: number;
  readonly reconciliation: Verdict;
  readonly killed: string | undefined;
}

export interface KeyUse {
  readonly token: string;
  readonly state: string;
  readonly documents: number;
}

const TOKENS = ['a', 'b'] as const;
const DAYS_MAX = 30;
/** A successor takes over at 80 % of a budget. */
const USED_OF_A_KEY = 0.8;

/** Signs at a steady rate with keys of small caps, on two SoftHSM tokens in processes of their own and a PostgreSQL, all of them thrown away afterwards. */
export async function rehearseRollOver(home: ThrowawayHome, card: CardToSign, options: RollOverOptions): Promise<RollOverReport> {
  const { rate, seconds, documentsMax, killToken } = options;
  const requests = Math.round(rate * seconds);
  const database = await startThrowawayDatabase(home.folder);
  home.atEnd(() => database.stop());
  const { db } = database;
  const authority = await throwawayAuthority(new Date());
  // One token alone can carry all of it.
  const keys = Math.ceil(requests / Math.floor(USED_OF_A_KEY * documentsMax)) + 1;
  const tokens: SignerToken[] = [];
  for (const name of TOKENS) tokens.push(await startToken(home, name, { db, authority, keys, documentsMax, program: options.program }));

  const sign = signDocuments({ db, tokens, clock: () => new Date() });
  const failures = new Map<string, number>();
  const latencies: number[] = [];
  const began = performance.now();
  const request = async (number: number): Promise<void> => {
    const due = began + (1000 * number) / rate;
    await sleep(Math.max(0, due - performance.now()));
    if (killToken !== undefined && number === Math.floor(requests / 2)) destroyToken(home.folder, killToken);
    try {
      await sign(securityObjectOf(card, `rehearsal-${number}`));
      latencies.push(performance.now() - due);
    } catch (error) {
      const code = isCodedError(error) ? error.code : 'UNEXPECTED';
      failures.set(code, (failures.get(code) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: requests }, (_, number) => request(number)));

  const used = await keysUsed(db);
  const { verdict } = await reconcile({ db }, signingOf({ db, tokens, clock: () => new Date() }));
  return {
    requests,
    failures,
    rollOvers: used.length - TOKENS.length,
    latencyMs: { median: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
    keys: used,
    documentsMax,
    reconciliation: verdict,
    killed: killToken,
  };
}

/** Whether nothing was lost and no key passed its cap. */
export function isGood(report: RollOverReport): boolean {
  const { failures, keys, documentsMax, reconciliation } = report;
  const withinCaps = keys.every(({ documents }) => documents <= documentsMax);
  return failures.size === 0 && withinCaps && reconciliation !== 'ROGUE_SIGNATURES' && reconciliation !== 'COUNTER_BEHIND';
}

interface TokenRequest {
  readonly db: Db;
  readonly authority: ThrowawayAuthority;
  readonly keys: number;
  readonly documentsMax: number;
  readonly program: readonly string[] | undefined;
}

async function startToken(
  home: ThrowawayHome,
  name: string,
  { db, authority, keys, documentsMax, program }: TokenRequest,
): Promise<SignerToken> {
  const pin = new Secret(utf8(randomBytes(16).toString('hex')));
  const place = await ensureToken(home.folder, { name, soPin: new Secret(utf8(randomBytes(16).toString('hex'))), pin });
  const hsm = hostToken({ name, ...place }, program === undefined ? {} : { program });
  await hsm.open(pin);
  home.atEnd(() => hsm.close());
  const token = rehearsalToken(name, hsm);
  for (let number = 1; number <= keys; number += 1) {
    const { keyId, spki } = await token.makeDocumentSignerKey({ label: `${name}-${number}` });
    const certificate = await authority.certify(pointOfKey(spki), number);
    await admitFromCeremony(db, [{ token: name, keyId, certificate, counter: await hsm.signaturesOf({ keyId }) }], {
      documentsMax,
      daysMax: DAYS_MAX,
    });
  }
  return token;
}

/** Its objects are gone, and the process that knows them is killed: it never comes back. */
function destroyToken(folder: string, name: string): void {
  const tokens = join(folder, 'softhsm', name);
  rmSync(join(tokens, 'tokens'), { recursive: true, force: true });
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const own = children.find((pid) =>
    readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`SOFTHSM2_CONF=${join(tokens, 'softhsm2.conf')}\0`),
  );
  if (own === undefined) throw new Error(`token ${name} has no process`);
  process.kill(Number(own), 'SIGKILL');
}

/** Those that have signed. */
async function keysUsed(db: Db): Promise<readonly KeyUse[]> {
  const { rows } = await sql<KeyUse>`
    select token, state, documents from document_signers where activated_at is not null order by token, activated_at`.execute(db);
  return rows;
}
