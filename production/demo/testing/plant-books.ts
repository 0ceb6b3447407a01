import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { expect } from 'vitest';
import { startPostgres } from '#production/plant';
import { processesOf, type DemoPlace } from './demo-process.ts';

const run = promisify(execFile);

interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly passwordFile: string;
}

export type Ask = <Row extends object>(text: string) => Promise<readonly Row[]>;

/** One question to the database of a running plant; null while there is none that answers. */
export async function askRunning<Row extends object>(place: DemoPlace, text: string): Promise<readonly Row[] | null> {
  try {
    const { postgres } = JSON.parse(readFileSync(join(place.plantDir, 'running-plant.json'), 'utf8')) as { postgres: Login };
    return await asking(postgres, (ask) => ask<Row>(text));
  } catch {
    return null;
  }
}

/** The books of a plant that has stopped: its own PostgreSQL on its own files, nothing else of it. */
export async function openBooks<T>(place: DemoPlace, read: (ask: Ask, dump: () => Promise<string>) => Promise<T>): Promise<T> {
  const { connection, service } = await startPostgres({ plantDir: place.plantDir });
  try {
    const dump = async (): Promise<string> => {
      const { host, port, user, database } = connection;
      const env = { ...process.env, PGPASSWORD: readFileSync(connection.passwordFile, 'utf8').trim() };
      const args = ['--host', host, '--port', String(port), '--username', user, database];
      return (await run('pg_dump', args, { env, maxBuffer: 1 << 29 })).stdout;
    };
    return await asking(connection, (ask) => read(ask, dump));
  } finally {
    await service.stop();
  }
}

async function asking<T>(login: Login, work: (ask: Ask) => Promise<T>): Promise<T> {
  const { passwordFile, ...connection } = login;
  const client = new Client({ ...connection, password: readFileSync(passwordFile, 'utf8').trim(), connectionTimeoutMillis: 3000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(async <Row extends object>(text: string) => (await client.query<Row>(text)).rows);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export interface DemoReport {
  readonly orders: Readonly<Record<string, number>>;
  readonly cards: Readonly<Record<string, number>>;
  readonly stock: Readonly<Record<'received' | 'vault' | 'line' | 'good' | 'spoiled' | 'destroyed', number>> & {
    readonly balanced: boolean;
  };
  readonly books: readonly (Readonly<Record<'received' | 'vault' | 'line' | 'good' | 'spoiled' | 'destroyed', number>> & {
    readonly after: string;
    readonly balanced: boolean;
  })[];
  readonly openCases: number;
  readonly faults: readonly string[];
  readonly timings: { readonly seconds: number; readonly resumed: boolean };
  readonly shipments: readonly {
    readonly consignmentId: string;
    readonly provinceCode: string;
    readonly state: string;
    readonly cards: number;
  }[];
}

export function reportOf(place: DemoPlace): DemoReport {
  return JSON.parse(readFileSync(join(place.outDir, 'report.json'), 'utf8')) as DemoReport;
}

const GOOD = `('SHIPPED','RECEIVED')`;

/**
 * What a demo of `people` must come to, whatever was killed on its way: the report, the ledger, the card records, the
 * signatures, the prints, the audit chain, and where the feeder's pieces really lie. And no process is left.
 */
export async function expectBooks(place: DemoPlace, people: number): Promise<void> {
  expect(processesOf(place)).toEqual([]);
  const report = reportOf(place);
  expect(report.faults).toEqual([]);
  expect(report.orders).toEqual({ LINTED: people, REFUSED: 3 });
  const kept = { received: people + 6, vault: 4, line: 0, good: people, spoiled: 2, destroyed: 0, balanced: true };
  expect(report.stock).toMatchObject(kept);
  expect(report.books.filter((books) => !books.balanced)).toEqual([]);
  expect(report.openCases).toBe(1);
  await openBooks(place, (ask) => expectLedgers(place, people, ask));
}

async function expectLedgers(place: DemoPlace, people: number, ask: Ask): Promise<void> {
  const many = async (text: string): Promise<number> => Number((await ask<{ n: string }>(`select count(*) as n from (${text}) t`))[0]?.n);

  const cards = await ask<{ state: string; supersedes: string | null; bound_serial: string | null; chip_id: string | null }>(
    'select state, supersedes, bound_serial, chip_id from cards',
  );
  expect(cards).toHaveLength(people + 1);
  expect(cards.filter(({ state }) => state === 'SPOILED')).toHaveLength(1);
  expect(cards.filter(({ supersedes }) => supersedes !== null)).toHaveLength(1);
  expect(await many(`select 1 from cards where state in ${GOOD}`)).toBe(people);
  expect(await many(`select distinct citizen_ref from cards where state in ${GOOD}`)).toBe(people);
  expect(await many(`select distinct bound_serial from cards where state in ${GOOD}`)).toBe(people);
  expect(await many(`select distinct chip_id from cards where state in ${GOOD}`)).toBe(people);
  expect(await many(`select 1 from cards where state in ${GOOD} and (lease_until > now() or sod_hash is null)`)).toBe(0);

  // Every blank's account follows from its moves, and the accounts add up.
  const accounts = await ask<{ account: string; n: string }>(
    'select account, sum(amount) as n from stock_postings group by account having sum(amount) <> 0 order by account',
  );
  expect(Object.fromEntries(accounts.map(({ account, n }) => [account, Number(n)]))).toEqual({
    good: people,
    received: -(people + 6),
    spoiled: 2,
    vault: 4,
  });
  expect(
    await many(`select 1 from blanks b join cards c on c.bound_serial = b.serial where c.state in ${GOOD} and b.place <> 'good'`),
  ).toBe(0);
  expect(await many('select serial from stock_moves group by serial, to_account having count(*) > 1')).toBe(0);

  // One EF.SOD a card record, one print a card, one passed inspection, one birth certificate.
  const signed = `select i.subject from signature_intents i join signature_outcomes o using (intent_id) where i.kind = 'security_object' and o.result = 'signed'`;
  expect(await many(`select subject from (${signed}) s group by subject having count(*) > 1`)).toBe(0);
  expect(await many(`select 1 from cards where state in ${GOOD} and card_id not in (${signed})`)).toBe(0);
  expect(await many(`select card_id from print_jobs where outcome = 'printed' group by card_id having count(*) > 1`)).toBe(0);
  expect(await many(`select 1 from print_jobs where outcome is null or outcome = 'failed'`)).toBe(0);
  expect(await many(`select card_id from print_jobs join cards using (card_id) where outcome = 'printed' and state in ${GOOD}`)).toBe(
    people,
  );
  expect(await many('select 1 from inspections where passed')).toBe(people);
  expect(await many('select 1 from birth_certificates')).toBe(people);
  expect(
    await many(`select 1 from card_history where to_state in ('PRINTED','INSPECTED') group by card_id, to_state having count(*) > 1`),
  ).toBe(0);

  // The audit chain: each link is the hash of the one before and its entry; nobody is outside it.
  const links = `select l.hash, sha256(coalesce(lag(l.hash) over (order by l.seq), decode(repeat('00', 32), 'hex')) || e.entry_hash) as right_one
    from audit_links l join audit_entries e using (entry_id)`;
  expect(await many(`select 1 from (${links}) c where hash <> right_one`)).toBe(0);
  expect(await many('select 1 from audit_entries where entry_id not in (select entry_id from audit_links)')).toBe(0);
  expect(await many('select 1 from audit_links')).toBeGreaterThan(people);

  await expectPieces(place, ask);
}

/** The machine knows nothing of the books: where a piece lies and what is printed on it is what really happened to it. */
async function expectPieces(place: DemoPlace, ask: Ask): Promise<void> {
  const home = join(place.plantDir, 'virtual-cards', 'feeder');
  const lying = JSON.parse(readFileSync(join(home, 'places.json'), 'utf8')) as { serial: string; place: string }[];
  const blanks = await ask<{ serial: string; account: string }>('select serial, place as account from blanks order by serial');
  const trays: Readonly<Record<string, string>> = { good: 'good', spoiled: 'reject', vault: 'stack' };
  expect(Object.fromEntries(lying.map((piece) => [piece.serial, piece.place]))).toEqual(
    Object.fromEntries(blanks.map(({ serial, account }) => [serial, trays[account]])),
  );
  const printed = await ask<{ serial: string; front: string; back: string }>(
    `select bound_serial as serial, front_hash as front, back_hash as back from print_jobs join cards using (card_id) where outcome = 'printed'`,
  );
  const onFace = (serial: string, face: string): string =>
    createHash('sha256')
      .update(readFileSync(join(home, 'faces', `${serial}-${face}.png`)))
      .digest('hex');
  for (const { serial, front, back } of printed) expect([onFace(serial, 'front'), onFace(serial, 'back')]).toEqual([front, back]);
  expect(readdirSync(join(home, 'faces')).filter((name) => name.endsWith('-front.png'))).toHaveLength(printed.length);
  const spool = join(place.plantDir, 'spool');
  expect(existsSync(spool) ? readdirSync(spool) : []).toEqual([]);
}
