import { Type, type Static } from 'typebox';

import { HttpError, personOf, PLANT_ROLES } from '#production/access';
import type { Room } from '#production/http';

import { ORDER_FILE_LIMITS } from './order-file.ts';
import { findOrder, listOrders, type OrderView } from './order-queries.ts';
import type { OrdersErrorCode } from './orders-error.ts';
import { takeOrders, type IntakeDeps } from './take-orders.ts';

const State = Type.Enum(['ORDERED', 'REFUSED', 'LINTED', 'CANCELLED']);

const Order = Type.Object({
  orderId: Type.String(),
  orderKey: Type.String(),
  state: State,
  requestType: Type.String(),
  priority: Type.Integer(),
  dueDate: Type.String(),
  deliveryOffice: Type.String(),
  takenAt: Type.String({ format: 'date-time' }),
  findings: Type.Array(
    Type.Object({
      code: Type.String(),
      refuses: Type.Boolean(),
      field: Type.Union([Type.String(), Type.Null()]),
      vi: Type.String(),
      en: Type.String(),
    }),
  ),
  cards: Type.Array(Type.Object({ cardId: Type.String(), state: Type.String() })),
});

const LIMIT_MAX = 1000;

const ListQuery = Type.Object(
  {
    state: Type.Optional(State),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,3}$' })),
    offset: Type.Optional(Type.String({ pattern: '^(?:0|[1-9][0-9]{0,8})$' })),
  },
  { additionalProperties: false },
);

const STATUSES = {
  BODY_TOO_LARGE: 413,
  FIELD_UNKNOWN: 400,
  FIELD_MISSING: 400,
  FIELD_TYPE: 400,
  FIELD_INVALID: 400,
  PERSONAL_ID_FORMAT: 422,
  IMAGE_NOT_BASE64: 422,
  DATE_INVALID: 422,
  DELIVERY_OFFICE_UNKNOWN: 422,
  ORDER_ID_REPEATED: 422,
  ORDER_ID_CONFLICT: 409,
  ORDER_ID_PERSONAL: 422,
  ORDER_UNKNOWN: 404,
} as const satisfies Room['statuses'] & Record<OrdersErrorCode, number>;

/** Orders in, and what became of them. No answer holds a citizen's data: findings are codes and sentences. */
export function orderRoom(deps: IntakeDeps): Room {
  return {
    name: 'orders',
    statuses: STATUSES,
    routes(api) {
      api.route({
        method: 'POST',
        url: '/v1/orders',
        bodyLimit: ORDER_FILE_LIMITS.bytesMax,
        config: { access: ['registry'], rawBody: true },
        schema: {
          tags: ['orders'],
          summary: 'Hand in an order file (cardmint-orders/1): all of it or none',
          description:
            'An order id seen before with the same body is the same order (`replayed`); with another body the whole file is refused. What the lint finds is read with GET afterwards.',
          response: {
            202: Type.Object({
              orders: Type.Array(Type.Object({ orderId: Type.String(), orderKey: Type.String(), replayed: Type.Boolean() })),
            }),
          },
        },
        handler: async (request, reply) => {
          const taken = await takeOrders(deps, { source: { bytes: request.body as Uint8Array }, who: personOf(request).personId });
          return reply.code(202).send({ orders: taken.map((order) => ({ ...order })) });
        },
      });
      api.route({
        method: 'GET',
        url: '/v1/orders',
        config: { access: ['registry', ...PLANT_ROLES] },
        schema: {
          tags: ['orders'],
          summary: 'Orders as they came in, with what the lint found',
          querystring: ListQuery,
          response: { 200: Type.Object({ orders: Type.Array(Order) }) },
        },
        handler: async ({ query }) => {
          const orders = await listOrders(deps, {
            limit: Math.min(Number(query.limit ?? 100), LIMIT_MAX),
            offset: Number(query.offset ?? 0),
            ...(query.state === undefined ? {} : { state: query.state }),
          });
          return { orders: orders.map(shown) };
        },
      });
      api.route({
        method: 'GET',
        url: '/v1/orders/:id',
        config: { access: ['registry', ...PLANT_ROLES] },
        schema: {
          tags: ['orders'],
          summary: 'One order by the id its sender gave it',
          params: Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }) }, { additionalProperties: false }),
          response: { 200: Order },
        },
        handler: async ({ params }) => {
          const order = await findOrder(deps, params.id);
          if (order === null) throw new HttpError('NOT_FOUND', { where: 'id' });
          return shown(order);
        },
      });
    },
  };
}

function shown(order: OrderView): Static<typeof Order> {
  return {
    ...order,
    takenAt: order.takenAt.toISOString(),
    findings: order.findings.map((finding) => ({ ...finding })),
    cards: order.cards.map((card) => ({ ...card })),
  };
}
