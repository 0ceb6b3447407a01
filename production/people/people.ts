import { createHash } from 'node:crypto';
import { CodedError, type ErrorContext, type ErrorTable } from '#encoder/bytes';
import { appendAudit } from '#production/audit';
import { requireProvince } from '#production/provinces';
import { withTransaction, type Db, type Role, type StoreDeps } from '#production/store';

export interface PersonConfig {
  /** `operator-an`: names the person in every audit entry, for ever. One human, one id. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Exactly for the role `province`. */
  readonly province?: string;
}

export interface Person {
  readonly personId: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly provinceCode: string | null;
}

/**
 * Makes the configured persons known. Those who were not get a bearer token each, returned here once and kept only as
 * SHA-256: the caller writes them to files that only their owner can read. Roles and names follow the configuration;
 * persons who left it are shut out. Needs `ensureProvinces` first. Error PROVINCE_UNKNOWN.
 * @returns token by person id, for new persons only
 */
export async function ensurePeople(
  deps: StoreDeps,
  people: readonly PersonConfig[],
  deliver: (personId: string, token: string) => void | Promise<void> = () => undefined,
): Promise<ReadonlyMap<string, string>> {
  for (const person of people) if (person.province !== undefined) requireProvince(person.province, `person ${person.id}`);
  return await withTransaction(deps.db, async (trx) => {
    const tokens = new Map<string, string>();
    const known = new Map((await trx.selectFrom('people').selectAll().forUpdate().execute()).map((row) => [row.person_id, row]));
    for (const person of people) {
      const row = { name: person.name, roles: [...person.roles], province_code: person.province ?? null, active: true };
      const before = known.get(person.id);
      known.delete(person.id);
      if (before === undefined) {
        const token = `cm_${Buffer.from(deps.ids.random(32)).toString('base64url')}`;
        await trx
          .insertInto('people')
          .values({ person_id: person.id, ...row, token_hash: tokenHash(token), created_at: deps.ids.now() })
          .execute();
        await appendAudit(trx, deps.ids, {
          who: 'plant',
          what: 'person.added',
          subject: person.id,
          evidence: { roles: person.roles.join(' ') },
        });
        tokens.set(person.id, token);
      } else if (
        before.name !== row.name ||
        !before.active ||
        before.province_code !== row.province_code ||
        before.roles.join() !== row.roles.join()
      ) {
        await trx.updateTable('people').set(row).where('person_id', '=', person.id).execute();
        await appendAudit(trx, deps.ids, {
          who: 'plant',
          what: 'person.changed',
          subject: person.id,
          evidence: { roles: person.roles.join(' ') },
        });
      }
    }
    for (const [id, row] of known) {
      if (!row.active) continue;
      await trx.updateTable('people').set({ active: false }).where('person_id', '=', id).execute();
      await appendAudit(trx, deps.ids, { who: 'plant', what: 'person.removed', subject: id });
    }
    // Before the commit: a token that was committed and never delivered would be lost for ever, only its hash is kept.
    for (const [personId, token] of tokens) await deliver(personId, token);
    return tokens;
  });
}

/** Whose token this is; null for nobody's. The database is asked by the hash, so that timing tells nothing about the token. */
export async function authenticate(db: Db, token: string): Promise<Person | null> {
  if (token.length > 200) return null;
  const row = await db
    .selectFrom('people')
    .selectAll()
    .where('token_hash', '=', tokenHash(token))
    .where('active', '=', true)
    .executeTakeFirst();
  return row === undefined ? null : { personId: row.person_id, name: row.name, roles: row.roles, provinceCode: row.province_code };
}

function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

export type PeopleErrorCode = 'DUAL_CONTROL_SAME_PERSON';

const TABLE = {
  DUAL_CONTROL_SAME_PERSON: {
    what: { vi: 'Hai người ký phải là hai người khác nhau', en: 'the two who approve must be two different persons' },
    todo: { vi: 'Nhờ người thứ hai phê duyệt', en: 'ask a second person to approve' },
  },
} as const satisfies ErrorTable<PeopleErrorCode>;

/** The two-person rule was not kept. */
export class PeopleError extends CodedError<PeopleErrorCode> {
  constructor(code: PeopleErrorCode, context: ErrorContext = {}) {
    super(TABLE, code, context);
  }
}

/** Persons, not accounts or tokens (invariant D2). Error DUAL_CONTROL_SAME_PERSON. */
export function requireTwoPersons(first: string, second: string): void {
  if (first === second) throw new PeopleError('DUAL_CONTROL_SAME_PERSON');
}
