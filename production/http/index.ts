/**
 * The control API's framework: one Fastify server with closed doors, problems from one table, roles on every route. It knows no
 * order, card or blank: each domain room brings its `routes.ts`, and `production/bin/api.ts` seats them.
 */
export { JSON_LIMITS, JsonError, parseStrictJson, type JsonErrorCode, type JsonLimits } from './strict-json.ts';
