import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sql } from 'kysely';
import { Secret } from '#encoder/bytes';
import { SoftwareHsm } from '#hsm-mocks';
import { pointOfKey } from '#pki/ec';
import { documentSigner } from '#pki/sod';
import { benchListing, benchSigning, benchSod, cardToSign, pkiTable } from '#production/bench';
import type { CliIo } from '#production/cli';
import { demoOrders, drawImages } from '#production/demo';
import { admitFromCeremony, signDocuments } from '#production/signer';
import type { Db } from '#production/store';
import { rehearsalToken } from './rehearsal-token.ts';
import { throwawayAuthority } from './throwaway-authority.ts';
import { startThrowawayDatabase } from './throwaway-database.ts';
import { openThrowawayToken } from './throwaway-token.ts';

export interface PkiBenchOptions {
  /** Past signatures among which one key's cards are listed. */
  readonly signatures: number;
  readonly rounds: number;
  readonly perRound: number;
}

/** Signs with a SoftHSM token and a PostgreSQL of its own, on this disk, as durable as a plant's; removes both. Returns the table. */
export async function benchPki(io: CliIo, profile: string, options: PkiBenchOptions): Promise<string> {
  mkdirSync(resolve(io.cwd, 'var'), { recursive: true });
  const home = mkdtempSync(join(resolve(io.cwd, 'var'), 'bench-'));
  const ends: (() => Promise<void>)[] = [];
  try {
    const [person] = demoOrders(1, new Date());
    if (person === undefined) throw new Error('nobody to measure with');
    const record = { ...person.citizen, ...(await drawImages(person.citizen.personalNumber)) };
    const card = cardToSign(record, profile);

    const hsm = await openThrowawayToken(home, 'bench');
    ends.push(() => hsm.close());
    const token = rehearsalToken('bench', hsm);
    const { keyId, spki } = await token.makeDocumentSignerKey({ label: 'bench' });
    const certificate = await (await authority()).certify(pointOfKey(spki), 1);
    const signer = documentSigner(certificate);
    const key = await hsm.findEcKey({ keyId, point: pointOfKey(spki) });

    const database = await startThrowawayDatabase(home);
    ends.push(() => database.stop());
    const { db } = database;
    await admitFromCeremony(db, [{ token: token.name, keyId, certificate, counter: undefined }]);
    const postgresPid = Number(readFileSync(join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
    const raw = (digest: Uint8Array): Promise<Uint8Array> => hsm.sign(key, digest);

    io.err('signing …\n');
    const { rounds, perRound } = options;
    const sign = signDocuments({ db, tokens: [token], clock: () => new Date() });
    const signing = await benchSigning({ card, raw, sign, postgresPid, rounds, perRound });
    io.err('building EF.SOD …\n');
    const sod = await benchSod(card, signer, raw);
    const listing = await benchListing(db, {
      signatures: options.signatures,
      list: cardsUnder,
      said: (part) => io.err(`past signatures ${(100 * part).toFixed(0)} %\n`),
    });
    return pkiTable({ signing, sod, listing });
  } finally {
    for (const end of ends.toReversed()) await end();
    rmSync(home, { recursive: true, force: true });
  }
}

async function authority(): ReturnType<typeof throwawayAuthority> {
  const pin = new Secret(Uint8Array.of(1));
  const hsm = new SoftwareHsm({ pin });
  await hsm.open(pin);
  return throwawayAuthority(hsm, new Date());
}

const PAGE = 10_000;

async function* cardsUnder(db: Db, signerHash: Uint8Array): AsyncGenerator<readonly string[]> {
  for (let after = 0; ;) {
    const { rows } = await sql<{ subject: string; document_number: number }>`
      select subject, document_number from signature_intents
      where signer_hash = ${Buffer.from(signerHash)} and document_number > ${after} order by document_number limit ${sql.lit(PAGE)}`.execute(
      db,
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ subject }) => subject);
    after = last.document_number;
  }
}
