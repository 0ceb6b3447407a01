import { Type, type Static } from 'typebox';

import { HttpError, personOf, PLANT_ROLES } from '#production/access';
import type { Room } from '#production/http';
import type { StoreDeps } from '#production/store';

import type { BatchErrorCode } from './batch-error.ts';
import { findBatch, listBatches, type BatchView } from './batch-queries.ts';
import { createBatches, holdBatch, releaseBatch, resumeBatch } from './batches.ts';

const State = Type.Enum(['OPEN', 'RELEASED', 'HELD', 'PACKED', 'SHIPPED', 'RECEIVED', 'CANCELLED']);
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const ProvinceCode = Type.String({ pattern: '^[0-9]{2}$' });

const Batch = Type.Object({
  batchId: Type.String(),
  provinceCode: Type.String(),
  state: State,
  /** What an approval has to name. */
  contentHash: Sha256,
  createdBy: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
  releasedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  approvals: Type.Array(Type.Object({ who: Type.String(), at: Type.String({ format: 'date-time' }), contentHash: Sha256 })),
  cards: Type.Record(Type.String(), Type.Integer()),
  consignmentId: Type.Union([Type.String(), Type.Null()]),
});

const Params = Type.Object({ id: Type.String({ pattern: '^bat-[0-9a-z]{26}$' }) }, { additionalProperties: false });

const STATUSES = {
  BATCH_UNKNOWN: 404,
  BATCH_STATE: 409,
  BATCH_EMPTY: 409,
  APPROVAL_STALE: 409,
} as const satisfies Room['statuses'] & Record<BatchErrorCode, number>;

const ACTS = [
  { verb: 'hold', act: holdBatch, summary: 'Nothing of the batch begins any more; what has a blank goes on to its end' },
  { verb: 'resume', act: resumeBatch, summary: 'Back to where it was held; the cards that wait are rung again' },
] as const;

/** Batches: made by one operator, released by two. */
export function batchRoom(deps: StoreDeps): Room {
  const view = async (batchId: string): Promise<Static<typeof Batch>> => {
    const batch = await findBatch(deps, batchId);
    if (batch === null) throw new HttpError('NOT_FOUND', { where: 'id' });
    return shown(batch);
  };
  return {
    name: 'batches',
    statuses: STATUSES,
    routes(api) {
      api.route({
        method: 'POST',
        url: '/v1/batches',
        config: { access: ['operator'] },
        schema: {
          tags: ['batches'],
          summary: 'Make batches of the cards that wait: one a province, the oldest due dates first',
          body: Type.Object(
            { provinceCode: Type.Optional(ProvinceCode), cardsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })) },
            { additionalProperties: false },
          ),
          response: {
            201: Type.Object({
              batches: Type.Array(
                Type.Object({ batchId: Type.String(), provinceCode: Type.String(), cards: Type.Integer(), contentHash: Sha256 }),
              ),
            }),
          },
        },
        handler: async (request, reply) => {
          const { provinceCode, cardsMax } = request.body;
          const created = await createBatches(deps, {
            who: personOf(request).personId,
            ...(provinceCode === undefined ? {} : { provinceCode }),
            ...(cardsMax === undefined ? {} : { cardsMax }),
          });
          return reply.code(201).send({ batches: created.map((batch) => ({ ...batch })) });
        },
      });
      api.route({
        method: 'GET',
        url: '/v1/batches',
        config: { access: PLANT_ROLES },
        schema: {
          tags: ['batches'],
          summary: 'Batches in the order of making',
          querystring: Type.Object(
            { state: Type.Optional(State), provinceCode: Type.Optional(ProvinceCode) },
            { additionalProperties: false },
          ),
          response: { 200: Type.Object({ batches: Type.Array(Batch) }) },
        },
        handler: async ({ query: { state, provinceCode } }) => {
          const batches = await listBatches(deps, {
            ...(state === undefined ? {} : { state }),
            ...(provinceCode === undefined ? {} : { provinceCode }),
          });
          return { batches: batches.map(shown) };
        },
      });
      api.route({
        method: 'GET',
        url: '/v1/batches/:id',
        config: { access: PLANT_ROLES },
        schema: { tags: ['batches'], summary: 'One batch', params: Params, response: { 200: Batch } },
        handler: ({ params }) => view(params.id),
      });
      api.route({
        method: 'POST',
        url: '/v1/batches/:id/release',
        config: { access: ['operator'] },
        schema: {
          tags: ['batches'],
          summary: 'Approve this content; the second person’s approval within ten minutes releases the batch',
          params: Params,
          body: Type.Object({ contentHash: Sha256 }, { additionalProperties: false }),
          response: {
            200: Type.Object({
              batchId: Type.String(),
              state: Type.Enum(['AWAITS_SECOND_PERSON', 'RELEASED']),
              approvedBy: Type.Array(Type.String()),
            }),
          },
        },
        handler: async (request) => {
          const released = await releaseBatch(deps, {
            batchId: request.params.id,
            contentHash: request.body.contentHash,
            who: personOf(request).personId,
          });
          return { ...released, approvedBy: [...released.approvedBy] };
        },
      });
      for (const { verb, act, summary } of ACTS) {
        api.route({
          method: 'POST',
          url: `/v1/batches/:id/${verb}`,
          config: { access: ['operator'] },
          schema: { tags: ['batches'], summary, params: Params, response: { 200: Batch } },
          handler: async (request) => {
            await act(deps, { batchId: request.params.id, who: personOf(request).personId });
            return await view(request.params.id);
          },
        });
      }
    },
  };
}

function shown(batch: BatchView): Static<typeof Batch> {
  return {
    ...batch,
    createdAt: batch.createdAt.toISOString(),
    releasedAt: batch.releasedAt?.toISOString() ?? null,
    approvals: batch.approvals.map((approval) => ({ ...approval, at: approval.at.toISOString() })),
    cards: { ...batch.cards },
  };
}
