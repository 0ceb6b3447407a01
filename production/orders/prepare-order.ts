import type { Bilingual } from '#encoder/bytes';
import type { CitizenRecord } from '#encoder/profiles';
import { appendAudit } from '#production/audit';
import { recordState } from '#production/cards';
import { provinceOfPrefix } from '#production/provinces';
import { openRecordOfOrder } from '#production/records';
import type { SignerClient } from '#production/signer';
import { constraintOf, newId, withTransaction, type StoredFinding, type StoreDeps, type Trx } from '#production/store';
import { OrdersError } from './orders-error.ts';

/** One thing the lint found. `message` holds no value of the record. */
export interface LintFinding {
  readonly code: string;
  /** False: a warning that is kept with the order and stops nothing. */
  readonly refuses: boolean;
  readonly field?: string;
  readonly message: Bilingual;
}

export interface PrepareDeps extends StoreDeps {
  readonly signer: Pick<SignerClient, 'openRecordKey'>;
  /** Everything that can be told from the record alone. */
  readonly lintRecord: (record: CitizenRecord, profile: string) => readonly LintFinding[] | Promise<readonly LintFinding[]>;
  /** Whether every text fits its printed field. */
  readonly fitFaces: (record: CitizenRecord, profile: string) => readonly LintFinding[] | Promise<readonly LintFinding[]>;
}

export type Prepared =
  | { readonly outcome: 'LINTED'; readonly cardId: string; readonly warnings: readonly StoredFinding[] }
  | { readonly outcome: 'REFUSED'; readonly findings: readonly StoredFinding[] }
  /** Decided before: the doorbell rang twice. */
  | { readonly outcome: 'ALREADY' };

const WHO = 'worker';

/**
 * Tries everything that could spoil a blank without one. The order is REFUSED with named reasons, or gets its card record.
 * Errors ORDER_UNKNOWN, and those of the signer and the store (the order stays ORDERED and is tried again).
 */
export async function prepareOrder(deps: PrepareDeps, orderKey: string): Promise<Prepared> {
  const order = await deps.db
    .selectFrom('orders')
    .select(['state', 'profile', 'delivery_office'])
    .where('order_key', '=', orderKey)
    .executeTakeFirst();
  if (order === undefined) throw new OrdersError('ORDER_UNKNOWN', { where: orderKey });
  if (order.state !== 'ORDERED') return { outcome: 'ALREADY' };
  const { citizen } = await openRecordOfOrder(deps, orderKey);
  const findings = [
    ...(await deps.lintRecord(citizen, order.profile)),
    ...(await deps.fitFaces(citizen, order.profile)),
    ...prefixWarnings(citizen, order.delivery_office),
  ].map(stored);
  try {
    return await withTransaction(deps.db, async (trx) => await decide(trx, deps, orderKey, findings));
  } catch (error) {
    // Another order of this citizen got its card record while we looked: now we see it.
    if (constraintOf(error) !== 'cards_one_in_the_making') throw error;
    return await withTransaction(deps.db, async (trx) => await decide(trx, deps, orderKey, findings));
  }
}

async function decide(trx: Trx, deps: PrepareDeps, orderKey: string, linted: readonly StoredFinding[]): Promise<Prepared> {
  const { ids } = deps;
  const order = await trx.selectFrom('orders').selectAll().where('order_key', '=', orderKey).forUpdate().executeTakeFirstOrThrow();
  if (order.state !== 'ORDERED') return { outcome: 'ALREADY' };
  const findings = [...linted, ...(await otherOrdersOf(trx, order)).map(stored)];
  const refused = findings.some((finding) => finding.refuses);
  await trx
    .updateTable('orders')
    .set({ state: refused ? 'REFUSED' : 'LINTED', findings: JSON.stringify(findings), changed_at: ids.now() })
    .where('order_key', '=', orderKey)
    .execute();
  const codes = findings.map((finding) => finding.code).join(' ');
  await appendAudit(trx, ids, {
    who: WHO,
    what: refused ? 'order.REFUSED' : 'order.LINTED',
    subject: orderKey,
    evidence: { findings: codes },
  });
  if (refused) return { outcome: 'REFUSED', findings };
  const cardId = newId('crd', ids);
  const office = await trx
    .selectFrom('delivery_offices')
    .select('province_code')
    .where('office_code', '=', order.delivery_office)
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('cards')
    .values({
      card_id: cardId,
      order_key: orderKey,
      citizen_ref: order.citizen_ref,
      profile: order.profile,
      province_code: office.province_code,
      delivery_office: order.delivery_office,
      priority: order.priority,
      due_date: order.due_date,
      state: 'LINTED',
      created_at: ids.now(),
      changed_at: ids.now(),
    })
    .execute();
  await recordState(trx, ids, { cardId, from: null, to: 'LINTED', who: WHO, fence: null, evidence: { orderKey } });
  return { outcome: 'LINTED', cardId, warnings: findings };
}

/**
 * Invariant C1, told before an index has to: an order of the same citizen that was taken in earlier and stands, or a card
 * that is in the making, on the way or active. Which came first is the intake's sequence, not a clock.
 */
async function otherOrdersOf(
  trx: Trx,
  order: { readonly order_key: string; readonly citizen_ref: string; readonly intake_sequence: number },
): Promise<readonly LintFinding[]> {
  const earlier = await trx
    .selectFrom('orders')
    .select('order_key')
    .where('citizen_ref', '=', order.citizen_ref)
    .where('intake_sequence', '<', order.intake_sequence)
    .where('state', 'in', ['ORDERED', 'LINTED'])
    .executeTakeFirst();
  if (earlier !== undefined) return [DUPLICATE_PERSON];
  const live = await trx
    .selectFrom('cards')
    .select('card_id')
    .where('citizen_ref', '=', order.citizen_ref)
    .where('state', 'not in', ['CANCELLED', 'SPOILED', 'DESTROYED'])
    .executeTakeFirst();
  return live === undefined ? [] : [LIVE_CARD_EXISTS];
}

const DUPLICATE_PERSON: LintFinding = {
  code: 'DUPLICATE_PERSON',
  refuses: true,
  message: { vi: 'Đã có một yêu cầu khác của cùng công dân', en: 'another order for the same citizen came before this one' },
};

const LIVE_CARD_EXISTS: LintFinding = {
  code: 'LIVE_CARD_EXISTS',
  refuses: true,
  message: {
    vi: 'Công dân đã có thẻ đang sản xuất, đang giao hoặc đang hiệu lực',
    en: 'the citizen has a card in the making, on the way or active',
  },
};

/** The number's prefix tells where a birth was registered; that it is not where the card goes is common, and only worth a note. */
function prefixWarnings(citizen: CitizenRecord, deliveryOffice: string): readonly LintFinding[] {
  const province = provinceOfPrefix(citizen.personalNumber.slice(0, 3));
  if (province === undefined) {
    return [
      {
        code: 'NUMBER_PREFIX_UNKNOWN',
        refuses: false,
        field: 'personalNumber',
        message: { vi: 'Mã tỉnh trong số định danh không có trong danh mục', en: 'the number’s prefix is not of a province' },
      },
    ];
  }
  if (province.code === deliveryOffice.slice(0, 2)) return [];
  return [
    {
      code: 'NUMBER_PREFIX_ELSEWHERE',
      refuses: false,
      field: 'personalNumber',
      message: {
        vi: 'Số định danh đăng ký ở tỉnh khác nơi nhận thẻ',
        en: 'the number was registered in another province than the card goes to',
      },
    },
  ];
}

function stored(finding: LintFinding): StoredFinding {
  return { code: finding.code, refuses: finding.refuses, field: finding.field ?? null, vi: finding.message.vi, en: finding.message.en };
}
