import { Type, type Static } from '@fastify/type-provider-typebox';

import { isCodedError } from '#encoder/bytes';

import type { Room } from './server.ts';

/** What works, and still wants a person's eyes. */
export interface DependencyAlarm {
  readonly code: string;
  readonly subject: string;
}

/** Resolves when the dependency answers, with what wants looking at; rejects with a coded error that says why it does not. */
export type ReadinessCheck = () => Promise<void | readonly DependencyAlarm[]>;

/** A dependency that has not answered by then does not answer. */
const ANSWER_MS_MAX = 2000;

const Sentence = Type.Object({ vi: Type.String(), en: Type.String() });
const Verdict = Type.Object({
  ok: Type.Boolean(),
  code: Type.Optional(Type.String()),
  where: Type.Optional(Type.String()),
  what: Type.Optional(Sentence),
  todo: Type.Optional(Sentence),
  alarms: Type.Optional(Type.Array(Type.Object({ code: Type.String(), subject: Type.String() }))),
});
const Readiness = Type.Object({ ready: Type.Boolean(), dependencies: Type.Record(Type.String(), Verdict) });

/** `/livez`: this process answers. `/readyz`: so does everything that it needs, each by its name. */
export function healthRoom(checks: Readonly<Record<string, ReadinessCheck>>): Room {
  return {
    name: 'health',
    statuses: {},
    routes(api) {
      api.get(
        '/livez',
        {
          config: { access: 'public' },
          schema: { tags: ['plant'], summary: 'The API process answers', response: { 200: Type.Object({ ok: Type.Literal(true) }) } },
        },
        async () => ({ ok: true as const }),
      );
      api.get(
        '/readyz',
        {
          config: { access: 'public' },
          schema: {
            tags: ['plant'],
            summary: 'Every dependency by name, and why one is not ready',
            response: { 200: Readiness, 503: Readiness },
          },
        },
        async (_request, reply) => {
          const verdicts = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await ask(check)] as const));
          const ready = verdicts.every(([, verdict]) => verdict.ok);
          return reply.code(ready ? 200 : 503).send({ ready, dependencies: Object.fromEntries(verdicts) });
        },
      );
    },
  };
}

async function ask(check: ReadinessCheck): Promise<Static<typeof Verdict>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Static<typeof Verdict>>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, code: 'NO_ANSWER' }), ANSWER_MS_MAX);
  });
  const answer = check().then(
    (alarms) => ({ ok: true, ...(alarms === undefined || alarms.length === 0 ? {} : { alarms: [...alarms] }) }),
    (error: unknown) =>
      isCodedError(error)
        ? { ok: false, code: error.code, ...(error.where === undefined ? {} : { where: error.where }), what: error.what, todo: error.todo }
        : { ok: false, code: 'UNAVAILABLE' },
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
