import { createHash } from 'node:crypto';
import { appendAudit } from '#production/audit';
import { ringInTransaction } from '#production/outbox';
import { canonicalRecordHash, sealRecord, type SealBox, type SealedRecord } from '#production/records';
import type { SignerClient } from '#production/signer';
import { canonicalJson, newId, withTransaction, type StoreDeps, type Trx } from '#production/store';
import { checkOrderFile, citizenOf, readOrderFile, type Order, type OrderFileLimits } from './order-file.ts';
import { OrdersError } from './orders-error.ts';

export interface IntakeDeps extends StoreDeps {
  readonly signer: Pick<SignerClient, 'citizenReference' | 'publicMaterial'>;
  readonly sealBox: SealBox;
  /** The card profile that these orders are made with: `cccd-2021`. */
  readonly profile: string;
}

export interface IntakeRequest {
  /** The file's bytes, or what the strict reader made of them already. */
  readonly source: { readonly bytes: Uint8Array; readonly limits?: OrderFileLimits } | { readonly file: unknown };
  readonly who: string;
}

export interface TakenOrder {
  readonly orderId: string;
  readonly orderKey: string;
  /** The same order was taken in before; nothing was done again. */
  readonly replayed: boolean;
}

interface Prepared {
  readonly order: Order;
  readonly orderKey: string;
  readonly bodyHash: Buffer;
  readonly recordHash: Uint8Array;
  readonly citizenRef: string;
  readonly sealed: SealedRecord;
}

/**
 * Takes a file of orders in: every one of them or none. The same id with the same body is the same order; with another
 * body the file is refused. Records leave this function only sealed.
 * Errors: the codes of `JsonError` and `OrdersError`, of the signer, of the store.
 */
export async function takeOrders(deps: IntakeDeps, request: IntakeRequest): Promise<readonly TakenOrder[]> {
  const { source, who } = request;
  const file = 'bytes' in source ? readOrderFile(source.bytes, source.limits) : checkOrderFile(source.file);
  const bodies = file.orders.map((order, i) => ({ order, citizen: citizenOf(order, `/orders/${i}`), bodyHash: hashOf(order) }));
  await refuseUnknownOffices(deps, file.orders);
  const known = await knownOrders(deps.db, file.orders);
  const taken = new Map<string, TakenOrder>();
  const fresh: Prepared[] = [];
  const recordKeys = (await deps.signer.publicMaterial()).recordKeys.map(({ publicKey }) => publicKey);
  for (const [i, { order, citizen, bodyHash }] of bodies.entries()) {
    const before = known.get(order.orderId);
    if (before !== undefined) {
      taken.set(order.orderId, sameOrder(order, before, bodyHash, i));
      continue;
    }
    const orderKey = newId('ord', deps.ids);
    fresh.push({
      order,
      orderKey,
      bodyHash,
      recordHash: canonicalRecordHash(citizen),
      citizenRef: await deps.signer.citizenReference(citizen.personalNumber),
      sealed: await sealRecord({ sealBox: deps.sealBox, recordKeys, random: deps.ids.random }, orderKey, {
        citizen,
        dossierNumber: order.dossierNumber,
      }),
    });
  }
  const stored = await withTransaction(deps.db, async (trx) => {
    const now: TakenOrder[] = [];
    for (const prepared of fresh) now.push(await storeOrder(trx, deps, prepared, { who, index: file.orders.indexOf(prepared.order) }));
    return now;
  });
  for (const order of stored) taken.set(order.orderId, order);
  return file.orders.flatMap((order) => taken.get(order.orderId) ?? []);
}

/** Over the whole canonical order, portrait and fingers included: nobody can go through the 12-digit numbers and compare. */
function hashOf(order: Order): Buffer {
  return createHash('sha256').update(canonicalJson(order)).digest();
}

async function storeOrder(
  trx: Trx,
  deps: IntakeDeps,
  prepared: Prepared,
  by: { readonly who: string; readonly index: number },
): Promise<TakenOrder> {
  const { order, orderKey, bodyHash, recordHash, citizenRef, sealed } = prepared;
  const at = deps.ids.now();
  const fresh = await trx
    .insertInto('orders')
    .values({
      order_key: orderKey,
      client_order_id: order.orderId,
      body_hash: bodyHash,
      record_hash: recordHash,
      citizen_ref: citizenRef,
      request_type: order.requestType,
      priority: order.priority,
      due_date: order.dueDate,
      delivery_office: order.deliveryOffice,
      profile: deps.profile,
      state: 'ORDERED',
      taken_by: by.who,
      taken_at: at,
      changed_at: at,
    })
    .onConflict((conflict) => conflict.column('client_order_id').doNothing())
    .returning('order_key')
    .executeTakeFirst();
  if (fresh === undefined) {
    // Somebody else took the same id in between the look-up and here.
    const before = (await knownOrders(trx, [order])).get(order.orderId);
    if (before === undefined) throw new Error('an order conflicted with none');
    return sameOrder(order, before, bodyHash, by.index);
  }
  await trx
    .insertInto('sealed_records')
    .values({ order_key: orderKey, ...sealed })
    .execute();
  await appendAudit(trx, deps.ids, {
    who: by.who,
    what: 'order.ORDERED',
    subject: orderKey,
    evidence: { orderId: order.orderId, recordSha256: Buffer.from(recordHash).toString('hex'), office: order.deliveryOffice },
  });
  await ringInTransaction(trx, 'prepare', { orderKey });
  return { orderId: order.orderId, orderKey, replayed: false };
}

interface KnownOrder {
  readonly order_key: string;
  readonly body_hash: Uint8Array;
}

async function knownOrders(db: Pick<Trx, 'selectFrom'>, orders: readonly Order[]): Promise<ReadonlyMap<string, KnownOrder>> {
  const rows = await db
    .selectFrom('orders')
    .select(['client_order_id', 'order_key', 'body_hash'])
    .where((eb) => eb('client_order_id', '=', eb.fn.any(eb.val(orders.map((order) => order.orderId)))))
    .execute();
  return new Map(rows.map((row) => [row.client_order_id, row]));
}

function sameOrder(order: Order, before: KnownOrder, bodyHash: Buffer, index: number): TakenOrder {
  if (!bodyHash.equals(before.body_hash)) throw new OrdersError('ORDER_ID_CONFLICT', { where: `/orders/${index}/orderId` });
  return { orderId: order.orderId, orderKey: before.order_key, replayed: true };
}

async function refuseUnknownOffices(deps: IntakeDeps, orders: readonly Order[]): Promise<void> {
  const rows = await deps.db.selectFrom('delivery_offices').select('office_code').execute();
  const known = new Set(rows.map((row) => row.office_code));
  for (const [i, order] of orders.entries()) {
    if (!known.has(order.deliveryOffice)) throw new OrdersError('DELIVERY_OFFICE_UNKNOWN', { where: `/orders/${i}/deliveryOffice` });
  }
}
