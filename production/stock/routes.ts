import { Type } from 'typebox';

import { personOf, PLANT_ROLES } from '#production/access';
import type { Room } from '#production/http';
import type { StoreDeps } from '#production/store';

import { receiveDelivery } from './deliveries.ts';
import { balance } from './ledger.ts';
import type { StockErrorCode } from './stock-error.ts';

const Delivered = Type.Object({ deliveryNote: Type.String(), blanks: Type.Integer(), replayed: Type.Boolean() });

const Balance = Type.Object({
  received: Type.Integer(),
  vault: Type.Integer(),
  line: Type.Integer(),
  good: Type.Integer(),
  spoiled: Type.Integer(),
  destroyed: Type.Integer(),
  balanced: Type.Boolean(),
  differences: Type.Array(Type.String()),
});

/** Half a million blanks with their chip ids. */
const NOTE_MAX_BYTES = 40 * 1024 * 1024;

const STATUSES = {
  DELIVERY_NOTE_INVALID: 422,
  DELIVERY_NOTE_CONFLICT: 409,
  SERIAL_DUPLICATE: 422,
  CHIP_ID_DUPLICATE: 422,
  SERIAL_ALREADY_RECEIVED: 409,
  CHIP_ID_ALREADY_RECEIVED: 409,
  BLANK_NOT_THERE: 409,
} as const satisfies Room['statuses'] & Record<StockErrorCode, number>;

/** Blanks in, and the books. `parse` is the API's strict JSON with limits for a file. */
export function stockRoom(deps: StoreDeps, options: { readonly parse: (bytes: Uint8Array) => unknown }): Room {
  return {
    name: 'stock',
    statuses: STATUSES,
    routes(api) {
      api.route({
        method: 'POST',
        url: '/v1/stock/deliveries',
        bodyLimit: NOTE_MAX_BYTES,
        config: { access: ['operator'], rawBody: true },
        schema: {
          tags: ['stock'],
          summary: 'Receive a delivery note of blanks into the vault: all or none',
          description: 'The same note again is answered as before, with 200 and `replayed`; the same number with other content is refused.',
          response: { 200: Delivered, 201: Delivered },
        },
        handler: async (request, reply) => {
          const delivered = await receiveDelivery(deps, {
            note: options.parse(request.body as Uint8Array),
            who: personOf(request).personId,
          });
          return reply.code(delivered.replayed ? 200 : 201).send(delivered);
        },
      });
      api.route({
        method: 'GET',
        url: '/v1/stock/balance',
        config: { access: PLANT_ROLES },
        schema: {
          tags: ['stock'],
          summary: 'received = vault + line + good + spoiled + destroyed, by count and serial by serial',
          response: { 200: Balance },
        },
        handler: async () => {
          const books = await balance(deps.db);
          return { ...books, differences: [...books.differences] };
        },
      });
    },
  };
}
