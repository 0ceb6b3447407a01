import { Type, type Static } from 'typebox';

import { HttpError, PLANT_ROLES } from '#production/access';
import type { Room } from '#production/http';
import type { StoreDeps } from '#production/store';

import type { CardErrorCode } from './card-error.ts';
import { cardTrace, listCards, type CardTrace } from './card-queries.ts';
import { CARD_STATES } from './lifecycle.ts';

const CardId = Type.String({ pattern: '^crd-[0-9a-z]{26}$' });
const BatchId = Type.String({ pattern: '^bat-[0-9a-z]{26}$' });
const State = Type.Enum([...CARD_STATES]);
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

const LIMIT_MAX = 1000;

const ListQuery = Type.Object(
  {
    state: Type.Optional(State),
    batchId: Type.Optional(BatchId),
    after: Type.Optional(CardId),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,3}$' })),
  },
  { additionalProperties: false },
);

const List = Type.Object({
  cards: Type.Array(
    Type.Object({ cardId: Type.String(), state: Type.String(), batchId: Nullable(Type.String()), orderKey: Type.String() }),
  ),
  /** `after` of the next page; null when this is the last. */
  next: Nullable(Type.String()),
});

const Trace = Type.Object({
  cardId: Type.String(),
  state: Type.String(),
  doubtedFrom: Nullable(Type.String()),
  batchId: Nullable(Type.String()),
  provinceCode: Type.String(),
  deliveryOffice: Type.String(),
  profile: Type.String(),
  dueDate: Type.String(),
  supersedes: Nullable(Type.String()),
  supersededBy: Nullable(Type.String()),
  serial: Nullable(Type.String()),
  chipId: Nullable(Type.String()),
  sodSha256: Nullable(Type.String()),
  consignmentId: Nullable(Type.String()),
  caseId: Nullable(Type.String()),
  attempts: Type.Object({ encode: Type.Integer(), print: Type.Integer(), inspect: Type.Integer() }),
  history: Type.Array(
    Type.Object({
      at: Type.String({ format: 'date-time' }),
      from: Nullable(Type.String()),
      to: Type.String(),
      who: Type.String(),
      /** Codes, hashes, counts. */
      evidence: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
    }),
  ),
});

const STATUSES = {
  CARD_UNKNOWN: 404,
  FENCE_LOST: 409,
  CARD_TRANSITION_REFUSED: 409,
  CARD_NOT_IN_DOUBT: 409,
  CARD_EVIDENCE_MISSING: 409,
  CARD_BLANK_NOT_RESERVED: 409,
  LIVE_CARD_EXISTS: 409,
  SOD_REPEATED: 409,
  JOURNAL_CONFLICT: 409,
  PRINT_ALREADY_INTENDED: 409,
  PRINT_JOB_UNKNOWN: 404,
  PRINT_OUTCOME_CONFLICT: 409,
} as const satisfies Room['statuses'] & Record<CardErrorCode, number>;

/** What may be asked about card records: which there are, and one card's whole life. No answer holds a citizen's data. */
export function cardRoom(deps: Pick<StoreDeps, 'db'>): Room {
  return {
    name: 'cards',
    statuses: STATUSES,
    routes(api) {
      api.route({
        method: 'GET',
        url: '/v1/cards',
        config: { access: PLANT_ROLES },
        schema: {
          tags: ['cards'],
          summary: 'Card records by state or batch, oldest first',
          querystring: ListQuery,
          response: { 200: List },
        },
        handler: async ({ query }) => {
          const limit = Math.min(Number(query.limit ?? 100), LIMIT_MAX);
          const { state, batchId, after } = query;
          const cards = await listCards(deps, {
            limit,
            ...(state === undefined ? {} : { state }),
            ...(batchId === undefined ? {} : { batchId }),
            ...(after === undefined ? {} : { after }),
          });
          return { cards: [...cards], next: cards.length < limit ? null : (cards.at(-1)?.cardId ?? null) };
        },
      });
      api.route({
        method: 'GET',
        url: '/v1/cards/:id',
        config: { access: PLANT_ROLES },
        schema: {
          tags: ['cards'],
          summary: 'One card’s whole life: states with times, blank, chip, attempts, what it supersedes',
          params: Type.Object({ id: CardId }, { additionalProperties: false }),
          response: { 200: Trace },
        },
        handler: async ({ params }) => {
          const trace = await cardTrace(deps, params.id);
          if (trace === null) throw new HttpError('NOT_FOUND', { where: 'id' });
          return shown(trace);
        },
      });
    },
  };
}

function shown(trace: CardTrace): Static<typeof Trace> {
  return {
    ...trace,
    attempts: { ...trace.attempts },
    history: trace.history.map((step) => ({ ...step, at: step.at.toISOString(), evidence: { ...step.evidence } })),
  };
}
