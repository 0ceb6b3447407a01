import { createHash } from 'node:crypto';
import { ensureLine, setLineMode } from '#production/cards';
import { ensurePeople } from '#production/people';
import { ensureProvinces } from '#production/provinces';
import { receiveDelivery } from '#production/stock';
import { newId, withTransaction, type StoreDeps } from '#production/store';
import { createBatches, releaseBatch } from './batches.ts';

export const TEST_OFFICES = Object.freeze([
  { code: '01.00004', name: 'Công an phường Ba Đình' },
  { code: '01.00037', name: 'Công an phường Hoàn Kiếm' },
  { code: '24.07210', name: 'Công an phường Bắc Giang' },
]);

/** Provinces, offices, five persons, a running line `line-1` with two seats, and `blanks` blanks `B-0001`… in the vault. */
export async function furnishTestPlant(deps: StoreDeps, blanks = 20): Promise<ReadonlyMap<string, string>> {
  await ensureProvinces(deps, TEST_OFFICES);
  const tokens = await ensurePeople(deps, [
    { id: 'operator-an', name: 'An', roles: ['operator'] },
    { id: 'operator-binh', name: 'Bình', roles: ['operator'] },
    { id: 'registry', name: 'Đăng ký', roles: ['registry'] },
    { id: 'hanoi', name: 'Hà Nội', roles: ['province'], province: '01' },
    { id: 'bacninh', name: 'Bắc Ninh', roles: ['province'], province: '24' },
  ]);
  await ensureLine(deps, { line: 'line-1', seats: ['encode:1', 'inspect:1'] });
  await setLineMode(deps, { line: 'line-1', mode: 'running', who: 'operator-an' });
  if (blanks > 0) await receiveDelivery(deps, { who: 'operator-an', note: testNote('NOTE-1', blanks) });
  return tokens;
}

export function testNote(deliveryNote: string, count: number, from = 1) {
  return {
    deliveryNote,
    supplier: 'Nhà máy phôi',
    chipFamily: 'cm-javacard',
    blanks: Array.from({ length: count }, (_, i) => ({ serial: testSerial(from + i), chipId: testChipId(from + i) })),
  };
}

export const testSerial = (n: number): string => `B-${String(n).padStart(4, '0')}`;
export const testChipId = (n: number): string => (0xc000 + n).toString(16).toUpperCase().padStart(16, '0');

/** An order and its LINTED card, as intake and lint leave them, without a record: for tests that never open one. */
export async function insertTestCard(
  deps: StoreDeps,
  options: { readonly citizen?: string; readonly office?: string } = {},
): Promise<string> {
  const at = deps.ids.now();
  const orderKey = newId('ord', deps.ids);
  const cardId = newId('crd', deps.ids);
  const citizen_ref = createHash('sha256')
    .update(options.citizen ?? orderKey)
    .digest('hex')
    .slice(0, 32);
  const office = options.office ?? '01.00004';
  await withTransaction(deps.db, async (trx) => {
    const common = { citizen_ref, priority: 5, due_date: '2026-12-01', delivery_office: office, profile: 'cccd-2021', changed_at: at };
    await trx
      .insertInto('orders')
      .values({
        ...common,
        order_key: orderKey,
        client_order_id: orderKey,
        body_hash: createHash('sha256').update(orderKey).digest(),
        record_hash: createHash('sha256').update(cardId).digest(),
        request_type: 'FIRST_ISSUANCE',
        state: 'LINTED',
        taken_by: 'registry',
        taken_at: at,
      })
      .execute();
    await trx
      .insertInto('cards')
      .values({ ...common, card_id: cardId, order_key: orderKey, province_code: office.slice(0, 2), state: 'LINTED', created_at: at })
      .execute();
  });
  return cardId;
}

/** `count` cards of one office, batched and released by two persons. */
export async function releaseTestCards(
  deps: StoreDeps,
  count: number,
  office = '01.00004',
): Promise<{ readonly batchId: string; readonly cardIds: readonly string[] }> {
  const cardIds: string[] = [];
  for (let i = 0; i < count; i++) cardIds.push(await insertTestCard(deps, { office }));
  const [batch] = await createBatches(deps, { who: 'operator-an', provinceCode: office.slice(0, 2) });
  if (batch === undefined) throw new Error('no batch');
  for (const who of ['operator-an', 'operator-binh'])
    await releaseBatch(deps, { batchId: batch.batchId, contentHash: batch.contentHash, who });
  return { batchId: batch.batchId, cardIds };
}
