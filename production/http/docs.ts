import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { Api } from './server.ts';

/** swagger-ui styles its own elements and shows data: images; scripts come from us alone. */
const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

/**
 * OpenAPI 3.1 from the routes' own schemas, shown at `/docs` and given as JSON at `/docs/json`. Registered before the rooms, so that it
 * sees them all.
 */
export async function addDocs(api: Api, version: string): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cardmint control API',
        version,
        description:
          'Orders in; batches, line, seats, stock, shipments and receipts. Every answer that is an error is `application/problem+json` (RFC 9457) with a stable `code`, in Vietnamese and English. No answer holds a citizen’s data.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access;
      const documented = { ...schema };
      if (access === 'public') documented['security'] = [];
      else if (access !== undefined) {
        documented['description'] = [schema.description, `Roles: ${access.join(', ')}.`].filter((text) => text !== undefined).join('\n\n');
      }
      if (route.config?.rawBody === true) documented['body'] = FILE_SCHEMA;
      if (url.startsWith('/v1/')) {
        documented['response'] = { ...(schema.response as object | undefined), '4xx': PROBLEM_SCHEMA, 503: PROBLEM_SCHEMA };
      }
      return { schema: documented, url };
    },
  });
  await api.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    scope.addHook('onSend', async (_request, reply, payload) => {
      reply.header('content-security-policy', DOCS_POLICY);
      return payload;
    });
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { docExpansion: 'list', tryItOutEnabled: true, validatorUrl: null },
    });
  });
}

/** A file that its own room parses and checks: its form is in the route's description and in `docs/`. */
const FILE_SCHEMA = { type: 'object', description: 'the file’s JSON, sent as it is' } as const;

const MESSAGE = {
  type: 'object',
  properties: { title: { type: 'string' }, hint: { type: 'string' } },
} as const;

const PROBLEM_SCHEMA = {
  description: 'RFC 9457 problem',
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'hint', 'correlationId', 'messages'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'stable; branch on this' },
    detail: { type: 'string', description: 'lengths, limits, code points; never the value' },
    field: { type: 'string', description: 'where it is wrong' },
    hint: { type: 'string', description: 'what to do' },
    correlationId: { type: 'string' },
    messages: { type: 'object', properties: { vi: MESSAGE, en: MESSAGE } },
  },
} as const;
