import { Type, type Static } from 'typebox';

import { HttpError, personOf, PLANT_ROLES } from '#production/access';
import type { Room } from '#production/http';
import { sweep } from '#production/outbox';
import type { LineMode, StoreDeps } from '#production/store';

import { lineStatus, setLineMode, setSeatService, type LineStatus } from './line-control.ts';

const Line = Type.Object({
  line: Type.String(),
  mode: Type.Enum(['running', 'held', 'draining']),
  reason: Type.Union([Type.String(), Type.Null()]),
  changedBy: Type.String(),
  seats: Type.Array(
    Type.Object({
      place: Type.String(),
      inService: Type.Boolean(),
      doing: Type.String(),
      cardId: Type.Union([Type.String(), Type.Null()]),
      serial: Type.Union([Type.String(), Type.Null()]),
      changedAt: Type.String({ format: 'date-time' }),
    }),
  ),
});

const ACTS = [
  { verb: 'start', mode: 'running', summary: 'Start or resume the line; after a restart this authorises it to have effects again' },
  { verb: 'hold', mode: 'held', summary: 'Hold the line: no new effect begins' },
  { verb: 'drain', mode: 'draining', summary: 'Drain the line: what was begun is finished, nothing new begins' },
] as const satisfies readonly { readonly verb: string; readonly mode: LineMode; readonly summary: string }[];

const SERVICE = [
  { verb: 'out-of-service', inService: false, summary: 'Take a seat out of service; the card in it is finished first' },
  { verb: 'into-service', inService: true, summary: 'Put a seat back into service' },
] as const;

/** The line and its seats, as an operator sees and steers them. */
export function lineRoom(deps: StoreDeps, options: { readonly line: string }): Room {
  const status = async (): Promise<Static<typeof Line>> => {
    const found = await lineStatus(deps, options.line);
    if (found === null) throw new HttpError('NOT_FOUND', { where: 'line' });
    return shown(found);
  };
  return {
    name: 'line',
    statuses: {},
    routes(api) {
      api.route({
        method: 'GET',
        url: '/v1/line',
        config: { access: PLANT_ROLES },
        schema: { tags: ['line'], summary: 'The line’s mode and what each seat is doing', response: { 200: Line } },
        handler: status,
      });
      for (const { verb, mode, summary } of ACTS) {
        api.route({
          method: 'POST',
          url: `/v1/line/${verb}`,
          config: { access: ['operator'] },
          schema: { tags: ['line'], summary, response: { 200: Line } },
          handler: async (request) => {
            await status();
            await setLineMode(deps, { line: options.line, mode, who: personOf(request).personId });
            // What rang while the line stood still was not answered: it is rung again at once.
            if (mode === 'running') await sweep(deps.db, { idleSeconds: 0 });
            return await status();
          },
        });
      }
      for (const { verb, inService, summary } of SERVICE) {
        api.route({
          method: 'POST',
          url: `/v1/seats/:place/${verb}`,
          config: { access: ['operator'] },
          schema: {
            tags: ['line'],
            summary,
            params: Type.Object({ place: Type.String({ pattern: '^[a-z0-9][a-z0-9:-]{0,31}$' }) }, { additionalProperties: false }),
            response: { 200: Line },
          },
          handler: async (request) => {
            const { place } = request.params;
            if (!(await setSeatService(deps, { place, inService, who: personOf(request).personId }))) {
              throw new HttpError('NOT_FOUND', { where: 'place' });
            }
            return await status();
          },
        });
      }
    },
  };
}

function shown(line: LineStatus): Static<typeof Line> {
  return { ...line, seats: line.seats.map((seat) => ({ ...seat, changedAt: seat.changedAt.toISOString() })) };
}
