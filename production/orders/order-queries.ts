import type { OrderState, StoredFinding, StoreDeps } from '#production/store';

/** What may be told of an order: nothing of the citizen. */
export interface OrderView {
  readonly orderId: string;
  readonly orderKey: string;
  readonly state: OrderState;
  readonly requestType: string;
  readonly priority: number;
  readonly dueDate: string;
  readonly deliveryOffice: string;
  readonly takenAt: Date;
  readonly findings: readonly StoredFinding[];
  /** The card records made for it, oldest first: the last one is the card, those before it were spoiled. */
  readonly cards: readonly { readonly cardId: string; readonly state: string }[];
}

/** By the client's id. Null when there is no such order. */
export async function findOrder(deps: Pick<StoreDeps, 'db'>, orderId: string): Promise<OrderView | null> {
  return (await views(deps, { orderId, limit: 1 }))[0] ?? null;
}

/** In the order of intake. */
export async function listOrders(
  deps: Pick<StoreDeps, 'db'>,
  query: { readonly state?: OrderState; readonly limit?: number; readonly offset?: number } = {},
): Promise<readonly OrderView[]> {
  return await views(deps, query);
}

export async function countOrders(deps: Pick<StoreDeps, 'db'>): Promise<Readonly<Partial<Record<OrderState, number>>>> {
  const rows = await deps.db
    .selectFrom('orders')
    .select((eb) => ['state', eb.fn.countAll<number>().as('n')])
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}

async function views(
  deps: Pick<StoreDeps, 'db'>,
  query: { readonly orderId?: string; readonly state?: OrderState; readonly limit?: number; readonly offset?: number },
): Promise<readonly OrderView[]> {
  let select = deps.db
    .selectFrom('orders')
    .selectAll()
    .orderBy('intake_sequence')
    .limit(Math.min(query.limit ?? 100, 1000))
    .offset(query.offset ?? 0);
  if (query.orderId !== undefined) select = select.where('client_order_id', '=', query.orderId);
  if (query.state !== undefined) select = select.where('state', '=', query.state);
  const orders = await select.execute();
  if (orders.length === 0) return [];
  const cards = await deps.db
    .selectFrom('cards')
    .select(['order_key', 'card_id', 'state'])
    .where(
      'order_key',
      'in',
      orders.map((order) => order.order_key),
    )
    .orderBy('card_id')
    .execute();
  return orders.map((order) => ({
    orderId: order.client_order_id,
    orderKey: order.order_key,
    state: order.state,
    requestType: order.request_type,
    priority: order.priority,
    dueDate: order.due_date,
    deliveryOffice: order.delivery_office,
    takenAt: order.taken_at,
    findings: order.findings,
    cards: cards.filter((card) => card.order_key === order.order_key).map((card) => ({ cardId: card.card_id, state: card.state })),
  }));
}
