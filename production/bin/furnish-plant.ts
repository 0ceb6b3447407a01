import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { equalBytes } from '#encoder/bytes';
import { enterRecovery, ensureLine } from '#production/cards';
import type { Config } from '#production/config';
import { ensurePeople } from '#production/people';
import { writeWhole } from '#production/plant';
import { ensureProvinces, provinceCertificate, registerProvinceCertificate } from '#production/provinces';
import type { Db } from '#production/store';
import { storeDeps, type RunningPlant } from './running-plant.ts';

/** Where a person's first token lies until that person has taken it. */
export function tokenFile(secretsDir: string, person: string): string {
  return join(secretsDir, 'tokens', `${person}.token`);
}

/**
 * What must be in the books before any process starts: provinces and offices, the people of the configuration (a new person's
 * token is written to a file that only its owner can read), the line and its seats, and, after a restart of the whole plant in
 * `recovery: authorised`, the hold that only an operator lifts (invariant R1).
 */
export async function furnishPlant(
  db: Db,
  config: Config,
  what: { readonly running: RunningPlant; readonly provinceCertificates: ReadonlyMap<string, Uint8Array> },
): Promise<void> {
  const store = storeDeps(db);
  const { running } = what;
  await ensureProvinces(store, config.offices);
  for (const [provinceCode, certificate] of what.provinceCertificates) {
    const before = await provinceCertificate(store, provinceCode);
    if (before === null || !equalBytes(before, certificate))
      await registerProvinceCertificate(store, { provinceCode, certificate, who: 'plant' });
  }
  const people = config.people.map((person) => ({
    id: person.id,
    name: person.name,
    roles: person.roles,
    ...(person.province === undefined ? {} : { province: person.province }),
  }));
  mkdirSync(join(running.secretsDir, 'tokens'), { recursive: true, mode: 0o700 });
  await ensurePeople(store, people, (person, token) => writeWhole(tokenFile(running.secretsDir, person), token));
  await ensureLine(store, { line: running.line, seats: [...running.seats.map(({ place }) => place), 'printer'] });
  await enterRecovery(store, { line: running.line, recovery: config.recovery });
}
