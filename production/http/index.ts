/**
 * The control API's framework: one Fastify server with closed doors, problems from one table, roles on every route. It knows no
 * order, card or blank: each domain room brings its `routes.ts`, and `production/bin/api.ts` seats them.
 */
export { personOf, PLANT_ROLES, provinceScope, type Access, type Identity } from './access.ts';
export { EventStream, EventStreams, type ServerSentEvent } from './event-stream.ts';
export { healthRoom, type ReadinessCheck } from './health.ts';
export { HttpError, type HttpErrorCode } from './http-error.ts';
export { metricsRoom, type GaugeSource, type Sample } from './metrics.ts';
export { languageOf, PROBLEM_MEDIA_TYPE, type Language, type Problem } from './problem.ts';
export { createServer, type Api, type Observe, type Room, type ServerOptions } from './server.ts';
export type { ProblemStatus, StatusTable } from './statuses.ts';
export { JSON_LIMITS, JsonError, parseStrictJson, type JsonErrorCode, type JsonLimits } from './strict-json.ts';
