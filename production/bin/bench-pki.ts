import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pointOfKey } from '#pki/ec';
import { documentSigner } from '#pki/sod';
import { benchListing, benchSigning, benchSod, pkiTable } from '#production/bench';
import type { CliIo } from '#production/cli';
import { admitFromCeremony, cardsOfSigner, signDocuments } from '#production/signer';
import { rehearsalCard } from './rehearsal-card.ts';
import { rehearsalToken } from './rehearsal-token.ts';
import { throwawayAuthority } from './throwaway-authority.ts';
import { startThrowawayDatabase } from './throwaway-database.ts';
import type { ThrowawayHome } from './throwaway-home.ts';
import { openThrowawayToken } from './throwaway-token.ts';

export interface PkiBenchOptions {
  /** Past signatures among which one key's cards are listed. */
  readonly signatures: number;
  readonly rounds: number;
  readonly perRound: number;
}

/** Signs with a SoftHSM token and a PostgreSQL of its own, on this disk, as durable as a plant's. Returns the table. */
export async function benchPki(io: CliIo, { folder, atEnd }: ThrowawayHome, options: PkiBenchOptions): Promise<string> {
  const { signatures, rounds, perRound } = options;
  const card = await rehearsalCard();
  const hsm = await openThrowawayToken(folder, 'bench');
  atEnd(() => hsm.close());
  const token = rehearsalToken('bench', hsm);
  const { keyId, spki } = await token.makeDocumentSignerKey({ label: 'bench' });
  const point = pointOfKey(spki);
  const certificate = await (await throwawayAuthority(new Date())).certify(point, 1);
  const key = await hsm.findEcKey({ keyId, point });
  const raw = (digest: Uint8Array): Promise<Uint8Array> => hsm.sign(key, digest);

  const database = await startThrowawayDatabase(folder);
  atEnd(() => database.stop());
  const { db } = database;
  await admitFromCeremony(db, [{ token: token.name, keyId, certificate, counter: undefined }]);
  const postgresPid = Number(readFileSync(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);

  io.err('signing …\n');
  const sign = signDocuments({ db, tokens: [token], clock: () => new Date() });
  const signing = await benchSigning({ card, raw, sign, postgresPid, rounds, perRound });
  io.err('building EF.SOD …\n');
  const sod = await benchSod(card, documentSigner(certificate), raw);
  const said = (part: number): void => io.err(`past signatures ${(100 * part).toFixed(0)} %\n`);
  const listing = await benchListing(db, { signatures, list: cardsOfSigner, said });
  return pkiTable({ signing, sod, listing });
}
