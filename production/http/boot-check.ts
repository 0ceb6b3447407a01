import type { RouteOptions } from 'fastify';

const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** Whether a route takes a body: it has a schema for one, or asked for the bytes. */
export function readsBody(route: {
  readonly schema?: { readonly body?: unknown } | undefined;
  readonly config?: { readonly rawBody?: boolean } | undefined;
}): boolean {
  return route.config?.rawBody === true || route.schema?.body !== undefined;
}

/**
 * Every route of ours says who may call it, takes no field that it does not name, and answers through a schema, so that nothing
 * personal leaves by way of a spread object. What is forgotten stops the boot, not the next audit.
 * @throws Error with the list of what is missing.
 */
export function checkRoutes(routes: readonly RouteOptions[]): void {
  const faults: string[] = [];
  for (const route of routes) {
    const name = `${String(route.method)} ${route.url}`;
    const access = route.config?.access;
    if (access === undefined || access.length === 0) faults.push(`${name}: no access declared`);
    if (!route.url.startsWith('/v1/')) continue;
    if (access === 'public') faults.push(`${name}: a route under /v1 cannot be public`);
    for (const part of ['body', 'querystring', 'params'] as const) openObjects(route.schema?.[part], `${name}: ${part}`, faults);
    if (/[:*]/u.test(route.url) && route.schema?.params === undefined) faults.push(`${name}: params have no schema`);
    if (route.config?.answerIsFile !== true && !hasAnswerSchema(route.schema?.response)) faults.push(`${name}: the answer has no schema`);
    if (route.schema?.body !== undefined && !methodsOf(route).some((method) => WITH_BODY.has(method)))
      faults.push(`${name}: a body on GET`);
  }
  if (faults.length > 0) throw new Error(`the API does not start:\n  ${faults.join('\n  ')}`);
}

function methodsOf(route: RouteOptions): readonly string[] {
  return typeof route.method === 'string' ? [route.method] : route.method;
}

function hasAnswerSchema(response: unknown): boolean {
  return typeof response === 'object' && response !== null && Object.keys(response).some((status) => status.startsWith('2'));
}

/** JSON Schema allows any further property unless told otherwise. */
function openObjects(schema: unknown, where: string, faults: string[]): void {
  if (typeof schema !== 'object' || schema === null) return;
  if ('type' in schema && schema.type === 'object' && !('additionalProperties' in schema && schema.additionalProperties === false)) {
    if (!('patternProperties' in schema)) faults.push(`${where}: additionalProperties is not false`);
  }
  for (const value of Object.values(schema)) openObjects(value, where, faults);
}
