import { Type } from 'typebox';

import { personOf } from '#production/access';
import type { Room } from '#production/http';

import type { PeopleErrorCode } from './people.ts';

const STATUSES = { DUAL_CONTROL_SAME_PERSON: 409 } as const satisfies Room['statuses'] & Record<PeopleErrorCode, number>;

/** Who the bearer of a token is, so that a page can show what he may do. */
export const peopleRoom: Room = Object.freeze<Room>({
  name: 'people',
  statuses: STATUSES,
  routes(api) {
    api.route({
      method: 'GET',
      url: '/v1/people/me',
      config: { access: ['operator', 'quality', 'province', 'registry', 'auditor'] },
      schema: {
        tags: ['people'],
        summary: 'Who I am to this API',
        response: {
          200: Type.Object({
            personId: Type.String(),
            roles: Type.Array(Type.String()),
            provinceCode: Type.Union([Type.String(), Type.Null()]),
          }),
        },
      },
      handler: async (request) => {
        const { personId, roles, provinceCode } = personOf(request);
        return { personId, roles: [...roles], provinceCode };
      },
    });
  },
});
