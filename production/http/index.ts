/**
 * The control API's framework: one Fastify server with closed doors, problems from one table, roles on every route. It knows no
 * order, card or blank: each domain room brings its `routes.ts`, and `production/bin/api.ts` seats them. What a route needs to say who may call it is in `production/access`.
 */
export { EventStream, EventStreams, type ServerSentEvent } from './event-stream.ts';
export { healthRoom, type ReadinessCheck } from './health.ts';
export { metricsRoom, type GaugeSource, type Sample } from './metrics.ts';
export { languageOf, PROBLEM_MEDIA_TYPE, type Language, type Problem } from './problem.ts';
export { createServer, type Api, type Observe, type Room, type ServerOptions } from './server.ts';
export type { ProblemStatus, StatusTable } from './statuses.ts';
export { JSON_LIMITS, JsonError, parseStrictJson, type JsonErrorCode, type JsonLimits } from './strict-json.ts';
